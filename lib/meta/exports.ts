import { sameVersion } from "../model/data_version.ts";
import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { Committer } from "./committer.ts";
import { ConfigFile } from "./config_file.ts";
import { type ExportRecord, NO_EXPORT, putRecord, readRecord } from "./export_record.ts";
import { prettyObject } from "./pretty_json.ts";
import type { Rows, TextRow } from "./rows.ts";
import type { UpstreamFile } from "./upstream_files.ts";

/** What exports work with. */
export interface ExportParts {
  readonly rows: Rows;
  readonly committer: Committer;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly lines: Lines;
  /** RocketMQ's `config`. */
  readonly directory: string;
  readonly files: readonly UpstreamFile[];
}

/** One file on its way through the exports. */
export interface Exported {
  readonly file: UpstreamFile;
  readonly config: ConfigFile;
  record: ExportRecord;
  /** Is the file on the disk the newest that we know? */
  isThere: boolean;
  /** Is there a file that nobody can read? It is kept when ours takes its place. */
  isUnreadable: boolean;
  /** Monotonic ms before which it is not written again. */
  notBefore: number;
  isFailing: boolean;
}

const EVERY_MS = 1000;
/** Long enough that a start or a burst of new topics has its first messages through. */
const GATHER_MS = 200;
/** An export that took long is repeated after so many times as long. */
const REST_FACTOR = 20;

/**
 * Keeps `config/*.json` as RocketMQ's broker would, so that it can take over the directory: at
 * every change of topics and groups, with progress, at the most once a second each and a twentieth
 * of the time, and all at the stop. A file's signature is noted in the catalogue before the file
 * takes its place, so that at the next start our own is told from another broker's, whatever a
 * crash cut short.
 */
export class Exports {
  readonly all: readonly Exported[];
  readonly #parts: ExportParts;
  #running: Promise<void> | undefined;
  #isAwaited = false;
  #isClosed = false;

  constructor(parts: ExportParts) {
    this.#parts = parts;
    this.all = parts.files.map((file) => ({
      file,
      config: new ConfigFile(parts.disk, parts.directory, file.name),
      record: NO_EXPORT,
      isThere: false,
      isUnreadable: false,
      notBefore: 0,
      isFailing: false,
    }));
  }

  /** Takes a stored record at the start; false where it makes no sense. */
  restore(row: TextRow): boolean {
    const record = readRecord(row);
    const found = this.all.find(({ file }) => file.name === row.keys[0]);
    if (record !== undefined && found !== undefined) found.record = record;
    return record !== undefined;
  }

  /** Something has changed: exports it soon, with what else changes until then. */
  changed(): void {
    if (this.#isClosed || this.#isAwaited) return;
    this.#isAwaited = true;
    this.#parts.clock.after(GATHER_MS, () => {
      this.#isAwaited = false;
      this.#look(this.#parts.clock.monotonic());
    });
  }

  job(): Job {
    return {
      name: "exports",
      run: (now) => {
        this.#look(now);
        return now + EVERY_MS;
      },
    };
  }

  /** Writes what is not up to date, all of it, and no more after that. */
  async finish(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    await this.#writeDue(Infinity);
  }

  #look(now: number): void {
    if (this.#running !== undefined || this.#isClosed || this.#due(now).length === 0) return;
    this.#running = this.#writeDue(now).finally(() => this.#running = undefined);
  }

  #due(now: number): Exported[] {
    return this.all.filter(({ file, record, isThere, notBefore }) =>
      now >= notBefore && file.isWanted() &&
      !(isThere && sameVersion(file.version(), record.version))
    );
  }

  async #writeDue(now: number): Promise<void> {
    const { clock, lines } = this.#parts;
    for (const one of this.#due(now)) {
      const began = clock.monotonic();
      try {
        await this.#write(one, now === Infinity);
        one.isFailing = false;
      } catch (fault) {
        const why = fault instanceof Error ? fault.message : String(fault);
        if (!one.isFailing) lines.warn(`${one.config.path} is not up to date: ${why}`);
        one.isFailing = true;
      }
      const ended = clock.monotonic();
      one.notBefore = ended + Math.max(EVERY_MS, REST_FACTOR * (ended - began));
    }
  }

  async #write(one: Exported, isLast: boolean): Promise<void> {
    const { rows, committer, clock } = this.#parts;
    const { file, config, record } = one;
    const version = file.version();
    const fields = new Map([...file.fields(), ...record.rest]);
    const pause = () => new Promise<void>((resolve) => clock.soon(resolve));
    const signature = await config.prepare(prettyObject(fields), pause);
    await file.settled();
    one.record = { known: [...record.known, signature], version, rest: record.rest };
    await committer.commit([putRecord(rows, file.name, one.record)]);
    one.isThere = false;
    config.replace(one.isUnreadable ? ".unreadable" : ".bak");
    one.isUnreadable = false;
    one.isThere = true;
    if (!isLast && record.known.length + 1 < file.syncEvery) return;
    config.sync();
    // The file and its `.bak`; what was before cannot come back.
    one.record = { ...one.record, known: one.record.known.slice(-2) };
  }
}
