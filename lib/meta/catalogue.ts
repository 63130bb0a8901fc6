import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { Sqlite } from "../port/sqlite.ts";
import { Exports } from "./exports.ts";
import { GroupTable } from "./groups.ts";
import { importUpstream } from "./imports.ts";
import { KvTable } from "./kv.ts";
import { ProgressTable } from "./progress.ts";
import { prepareTables } from "./tables.ts";
import { SettingsTable } from "./settings.ts";
import { TopicTable } from "./topics.ts";
import { Versions } from "./versions.ts";

/** What a catalogue works with. */
export interface CatalogueParts {
  /** The open database; the catalogue closes it. */
  readonly sqlite: Sqlite;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly lines: Lines;
  /** The data directory: RocketMQ's `config` lies in it. */
  readonly directory: string;
}

/** All that a broker and a name server know but the messages: one SQLite file, held in memory. */
export class Catalogue {
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly progress: ProgressTable;
  readonly settings: SettingsTable;
  readonly kv: KvTable;
  readonly #parts: CatalogueParts;
  readonly #exports: Exports;

  /**
   * Reads everything, and what another broker left in `config/*.json`.
   * @throws {Error} with a sentence where a later PocketMQ wrote it.
   */
  static async open(parts: CatalogueParts): Promise<Catalogue> {
    await prepareTables(parts.sqlite);
    const catalogue = new Catalogue(parts, await Versions.load(parts.sqlite));
    await catalogue.#load();
    return catalogue;
  }

  private constructor(parts: CatalogueParts, versions: Versions) {
    const { sqlite } = parts;
    this.#parts = parts;
    this.topics = new TopicTable({ ...parts, versions });
    this.groups = new GroupTable({ ...parts, versions });
    this.progress = new ProgressTable({ ...parts, versions });
    this.settings = new SettingsTable(sqlite);
    this.kv = new KvTable(sqlite);
    this.#exports = new Exports({ ...this.#exchange, versions, sqlite, clock: parts.clock });
    this.#versions = versions;
  }

  readonly #versions: Versions;

  jobs(): Job[] {
    return [this.progress.job(), this.#exports.job()];
  }

  /** Writes all progress. @throws {Refusal} `unavailable` */
  flush(): Promise<void> {
    return this.progress.settled();
  }

  /** Writes progress and exports, and frees the directory's lock, also where writing failed. */
  async close(): Promise<void> {
    try {
      await this.flush();
      await this.#exports.finish();
    } finally {
      await this.#parts.sqlite.close();
    }
  }

  get #exchange() {
    const { disk, lines, directory } = this.#parts;
    const { topics, groups, progress } = this;
    return { disk, lines, directory: `${directory}/config`, topics, groups, progress };
  }

  async #load(): Promise<void> {
    const { topics, groups, progress, settings, kv } = this;
    const tables = { topics, groups, progress, settings, "key-value entries": kv };
    for (const [name, table] of Object.entries(tables)) {
      await table.load();
      if (table.damaged === 0) continue;
      this.#parts.lines.error(
        `${table.damaged} ${name} in catalogue.db are not what was written and were left out.`,
      );
    }
    await importUpstream({ ...this.#exchange, versions: this.#versions });
  }
}
