import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { Sqlite } from "../port/sqlite.ts";
import { Committer } from "./committer.ts";
import { GroupTable } from "./groups.ts";
import { KvTable } from "./kv.ts";
import { ProgressTable } from "./progress.ts";
import { DelayTable } from "./delays.ts";
import { Exports } from "./exports.ts";
import { importUpstream } from "./imports.ts";
import type { Loaded, Rows, TextRow } from "./rows.ts";
import { makeTables, prepareSchema } from "./schema.ts";
import { SettingsTable } from "./settings.ts";
import { TableVersion } from "./table_version.ts";
import { readTimerCheck } from "./timer_check.ts";
import { TimerExport } from "./timer_export.ts";
import { TimerTable } from "./timer_table.ts";
import { TopicTable } from "./topics.ts";
import { upstreamFiles, type UpstreamTables } from "./upstream_files.ts";

/** What a catalogue works with. */
export interface CatalogueParts {
  readonly sqlite: Sqlite;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly lines: Lines;
  /** The data directory: `catalogue.db` lies in it, and `config`. */
  readonly directory: string;
}

/**
 * Everything that is no message: topics, groups, progress, settings, the name server's entries. The
 * truth is one SQLite file; RocketMQ's `config/*.json` beside it are for moving in and out.
 */
export class Catalogue {
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly progress: ProgressTable;
  readonly delays: DelayTable;
  readonly timers: TimerTable;
  /** Leaves timed messages to other brokers. */
  readonly timerExport: TimerExport;
  readonly settings: SettingsTable;
  readonly kv: KvTable;
  /** Owners of locked queues, by group and queue. */
  readonly locks: KvTable;
  /** Where queues ended when a group came first, by group and topic. */
  readonly firstEnds: KvTable;
  /** How groups get their messages, by topic and group. */
  readonly requestModes: KvTable;
  /** States of queues that are popped in order, by `topic@group` and queue, as of the last stop. */
  readonly popOrders: KvTable;
  readonly #parts: CatalogueParts;
  readonly #tables = makeTables();
  readonly #committer: Committer;
  readonly #versions: readonly TableVersion[];
  readonly #exports: Exports;

  /**
   * Opens what is there, and takes over what another broker left in `config/*.json`.
   * @throws {Error} a sentence, where the catalogue cannot be used.
   */
  static async open(parts: CatalogueParts): Promise<Catalogue> {
    const catalogue = new Catalogue(parts);
    await catalogue.#load();
    return catalogue;
  }

  private constructor(parts: CatalogueParts) {
    const { sqlite, disk, clock, lines, directory } = parts;
    const tables = this.#tables;
    const committer = new Committer(sqlite);
    const of = (rows: Rows) => {
      return {
        rows,
        committer,
        version: new TableVersion(rows.shape.name, tables.versions, clock),
      };
    };
    const [topics, groups, progress] = [of(tables.topics), of(tables.groups), of(tables.progress)];
    const [delays, modes] = [of(tables.delays), of(tables.requestModes)];
    const orders = of(tables.popOrders);
    const whole = new TableVersion("progress, whole", tables.versions, clock);
    this.#parts = parts;
    this.#committer = committer;
    const versioned = [topics, groups, progress, delays, modes, orders];
    this.#versions = [...versioned.map((one) => one.version), whole];
    this.topics = new TopicTable(topics);
    this.groups = new GroupTable(groups);
    this.progress = new ProgressTable({ ...progress, clock, lines, whole });
    this.delays = new DelayTable(delays);
    this.timers = new TimerTable(sqlite, committer, () => readTimerCheck(disk, directory));
    this.timerExport = new TimerExport({ timerTable: this.timers, disk, directory });
    this.settings = new SettingsTable(tables.settings, committer);
    this.kv = new KvTable(tables.kv, committer);
    this.locks = new KvTable(tables.locks, committer);
    this.firstEnds = new KvTable(tables.firstEnds, committer);
    this.requestModes = new KvTable(tables.requestModes, committer, modes.version);
    this.popOrders = new KvTable(tables.popOrders, committer, orders.version);
    this.#exports = new Exports({
      ...{ rows: tables.exports, committer, disk, clock, lines, directory: `${directory}/config` },
      files: upstreamFiles({ ...this.#upstream }),
    });
    this.topics.onChange(() => this.#exports.changed());
    this.groups.onChange(() => this.#exports.changed());
  }

  /** Progress and exports, as rows of the tick. */
  jobs(): Job[] {
    return [this.progress.job(), this.#exports.job()];
  }

  /** Writes the progress that waits. @throws {Refusal} `unavailable` */
  flush(): Promise<void> {
    return this.progress.settled();
  }

  /** Writes progress and exports, and frees the directory's lock, also where writing failed. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#exports.finish();
      await this.#committer.idle();
      await this.#parts.sqlite.close();
    }
  }

  get #upstream(): UpstreamTables {
    const { topics, groups, progress, delays, requestModes, popOrders } = this;
    return { topics, groups, progress, delays, requestModes, popOrders };
  }

  async #load(): Promise<void> {
    const { sqlite, directory, lines } = this.#parts;
    await prepareSchema(sqlite, this.#tables, directory);
    const damaged = new Set<string>();
    for (const [rows, visit] of this.#visitors()) {
      const loaded = await rows.load(sqlite, visit);
      if (loaded.damagedCount === 0) continue;
      damaged.add(rows.shape.name);
      lines.error(sentence(`${directory}/catalogue.db`, rows.shape.name, loaded));
    }
    await importUpstream({
      ...{ rows: this.#tables.exports, committer: this.#committer, lines },
      ...{ exported: this.#exports.all, isDamaged: (table) => damaged.has(table) },
    });
  }

  #visitors(): [Rows, (row: TextRow) => boolean][] {
    const tables = this.#tables;
    const restoreVersion = (row: TextRow) =>
      this.#versions.some((version) => version.name === row.keys[0] && version.restore(row));
    return [
      [tables.versions, restoreVersion],
      [tables.topics, (row) => this.topics.restore(row)],
      [tables.groups, (row) => this.groups.restore(row)],
      [tables.progress, (row) => this.progress.restore(row)],
      [tables.delays, (row) => this.delays.restore(row)],
      [tables.settings, (row) => this.settings.restore(row)],
      [tables.kv, (row) => this.kv.restore(row)],
      [tables.locks, (row) => this.locks.restore(row)],
      [tables.firstEnds, (row) => this.firstEnds.restore(row)],
      [tables.requestModes, (row) => this.requestModes.restore(row)],
      [tables.popOrders, (row) => this.popOrders.restore(row)],
      [tables.exports, (row) => this.#exports.restore(row)],
    ];
  }
}

function sentence(path: string, table: string, { rows, damaged, damagedCount }: Loaded): string {
  const more = damagedCount > damaged.length ? ", …" : "";
  return `${damagedCount} of ${rows} rows of ${table} in ${path} are not what was written and ` +
    `were left out: ${
      damaged.join(", ")
    }${more}. Look at the disk; what is made anew replaces them.`;
}
