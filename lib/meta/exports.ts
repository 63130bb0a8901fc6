import { type DataVersion, sameVersion } from "../model/data_version.ts";
import type { Clock } from "../port/clock.ts";
import type { Disk, DiskFile } from "../port/disk.ts";
import { makeDurableDirectory } from "../port/durable_directory.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { Sqlite } from "../port/sqlite.ts";
import type { GroupTable } from "./groups.ts";
import type { ProgressTable } from "./progress.ts";
import type { TopicTable } from "./topics.ts";
import {
  formatGroups,
  formatNoDelays,
  formatTopics,
  OFFSETS_BETWEEN,
  OFFSETS_END,
  offsetsEntry,
  offsetsStart,
} from "./upstream_json.ts";
import { type Versions, versionWrite } from "./versions.ts";

/**
 * Prefixes of the names under which the versions of exports are kept: the last one, the one begun.
 */
export const EXPORTED = "exported ";
export const EXPORTING = "exporting ";

interface ExportParts {
  readonly sqlite: Sqlite;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly lines: Lines;
  /** RocketMQ's `config` directory. */
  readonly directory: string;
  readonly versions: Versions;
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly progress: ProgressTable;
}

interface Source {
  readonly name: string;
  version(): DataVersion;
  /** The text in pieces, so that a large table does not hold up the event loop. */
  pieces(version: DataVersion): Iterable<string>;
  /** Monotonic ms before which it is not written again. */
  notBefore: number;
}

/** RocketMQ writes its offsets every 5 s; a large table is left in peace for longer. */
const PROGRESS_EVERY_MS = 5_000;
/** An export that took long is repeated after so many times as long. */
const REST_FACTOR = 20;
const LOOK_EVERY_MS = 1_000;
const PIECE_CHARACTERS = 256 * 1024;

const utf8 = new TextEncoder();

/**
 * Keeps `config/*.json` as RocketMQ's broker would, so that it can take over the directory: topics
 * and groups within a second of a change, offsets every 5 seconds while they move, all at the stop.
 * The version is noted in the catalogue before the file is written, so that at the next start our
 * own file is told from another broker's even where a power cut came between.
 */
export class Exports {
  readonly #parts: ExportParts;
  readonly #sources: readonly Source[];
  #running: Promise<void> | undefined;

  constructor(parts: ExportParts) {
    this.#parts = parts;
    const { topics, groups, progress } = parts;
    this.#sources = [
      {
        name: "topics.json",
        version: () => topics.version,
        pieces: (version) => [formatTopics(version, topics.all())],
        notBefore: 0,
      },
      {
        name: "subscriptionGroup.json",
        version: () => groups.version,
        pieces: (version) => [formatGroups(version, groups.all())],
        notBefore: 0,
      },
      {
        name: "consumerOffset.json",
        version: () => progress.version,
        pieces: (version) => offsetPieces(version, progress),
        notBefore: 0,
      },
    ];
  }

  job(): Job {
    return {
      name: "exports",
      run: (now) => {
        if (this.#running === undefined && this.#due(now).length > 0) void this.#begin(now);
        return now + LOOK_EVERY_MS;
      },
    };
  }

  /** Writes what is not up to date, all of it. */
  async finish(): Promise<void> {
    await this.#running;
    await this.#begin(Infinity);
    await this.#writeNoDelays();
  }

  #due(now: number): Source[] {
    return this.#sources.filter((source) =>
      now >= source.notBefore &&
      !sameVersion(source.version(), this.#parts.versions.get(EXPORTED + source.name))
    );
  }

  #begin(now: number): Promise<void> {
    this.#running = this.#writeDue(now).finally(() => this.#running = undefined);
    return this.#running;
  }

  async #writeDue(now: number): Promise<void> {
    const { clock, lines, directory } = this.#parts;
    for (const source of this.#due(now)) {
      const began = clock.monotonic();
      try {
        await this.#write(source);
      } catch (fault) {
        lines.warn(
          `Cannot export ${directory}/${source.name}: ${String(fault)}. It is tried again.`,
        );
      }
      const took = clock.monotonic() - began;
      const rest = source.name === "consumerOffset.json" ? PROGRESS_EVERY_MS : LOOK_EVERY_MS;
      source.notBefore = clock.monotonic() + Math.max(rest, REST_FACTOR * took);
    }
  }

  async #write(source: Source): Promise<void> {
    const { sqlite, disk, versions, directory } = this.#parts;
    const { name } = source;
    const version = source.version();
    const path = `${directory}/${name}`;
    await sqlite.commit([versionWrite(EXPORTING + name, version)]);
    makeDurableDirectory(disk, directory);
    const file = disk.open(`${path}.tmp`, "create");
    try {
      file.truncate(0);
      await this.#writePieces(file, source.pieces(version));
      await file.sync();
    } finally {
      file.close();
    }
    if (disk.exists(path)) disk.rename(path, `${path}.bak`);
    disk.rename(`${path}.tmp`, path);
    disk.syncDirectory(directory);
    await sqlite.commit([versionWrite(EXPORTED + name, version)]);
    versions.set(EXPORTED + name, version);
  }

  async #writePieces(file: DiskFile, pieces: Iterable<string>): Promise<void> {
    let at = 0;
    let gathered = "";
    for (const piece of pieces) {
      gathered += piece;
      if (gathered.length < PIECE_CHARACTERS) continue;
      at += put(file, gathered, at);
      gathered = "";
      await new Promise<void>((resolve) => this.#parts.clock.soon(resolve));
    }
    put(file, gathered, at);
  }

  /** Apache's broker wants the file; without delayed messages nothing stands in it. */
  async #writeNoDelays(): Promise<void> {
    const { disk, directory, clock } = this.#parts;
    const path = `${directory}/delayOffset.json`;
    if (disk.exists(path) || !disk.exists(directory)) return;
    const file = disk.open(path, "create");
    const version = { stateVersion: 0, timestamp: clock.now(), counter: 0 };
    put(file, formatNoDelays(version), 0);
    await file.sync();
    file.close();
    disk.syncDirectory(directory);
  }
}

function put(file: DiskFile, text: string, at: number): number {
  const bytes = utf8.encode(text);
  file.write(bytes, at);
  return bytes.length;
}

function* offsetPieces(version: DataVersion, progress: ProgressTable): Iterable<string> {
  yield offsetsStart(version);
  let between = "";
  for (const [group, topics] of progress.tables()) {
    for (const [topic, queues] of topics) {
      yield between + offsetsEntry(group, topic, queues);
      between = OFFSETS_BETWEEN;
    }
  }
  yield OFFSETS_END;
}
