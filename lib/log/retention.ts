import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Lines } from "../port/lines.ts";
import { reasonOf } from "./commit_log.ts";
import type { Parts } from "./opening.ts";
import type { RetentionOptions } from "./options.ts";
import { pauses } from "./pause.ts";

const hourMs = 3_600_000;
/**
 * Two looks so far apart, by the monotonic clock, must find a segment expired: a clock may jump.
 */
const confirmMs = 600_000;
/** Segments that one check removes at the most (`deleteFileBatchMax`). */
const batchMax = 10;

/** Used share of the disk. */
export interface DiskUse {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly percent: number;
}

/** What retention works with. */
export interface RetentionParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly lines: Lines;
  readonly directory: string;
  readonly options: RetentionOptions;
  readonly parts: Parts;
  /** The log is on the disk up to here: only segments wholly below it are removed. */
  readonly durable: () => number;
}

/** Removes old segments from the head, by age and by disk use, and the view files behind them. */
export class Retention {
  readonly #parts: RetentionParts;
  readonly #hours: ReadonlySet<number>;
  /** Segments up to `end` have looked expired since that monotonic time. */
  #suspect: { readonly end: number; readonly sinceMs: number } | undefined;
  /** Those up to here have looked so long enough. */
  #confirmedEnd = 0;
  #removal: Promise<void> | undefined;
  #sweep: Promise<void> | undefined;
  #isStopped = false;
  #use: DiskUse = { totalBytes: 0, freeBytes: 0, percent: 0 };
  #isBlind = false;
  #refusal: string | undefined;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
    this.#hours = new Set(parts.options.deleteWhen.split(";").map(Number));
  }

  /** Why no message is taken: the disk is too full. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Measures the disk, and with it whether messages are taken; as before where it cannot. */
  measure(): DiskUse {
    const { disk, directory, lines, options } = this.#parts;
    try {
      const { totalBytes, freeBytes } = disk.space(directory);
      const percent = totalBytes === 0 ? 0 : 100 * (totalBytes - freeBytes) / totalBytes;
      this.#judgeRoom(percent, freeBytes, options.diskWarnPercent);
      this.#use = { totalBytes, freeBytes, percent };
    } catch (error) {
      if (!this.#isBlind) lines.warn(`Cannot measure the disk: ${reasonOf(error)}.`);
      this.#isBlind = true;
    }
    return this.#use;
  }

  /** Removes what has expired: segments, at any hour, or the views' files behind them. */
  tidyUp(what: "segments" | "views"): void {
    if (what === "segments") this.check(true);
    else this.#sweep ??= this.#removeViews();
  }

  /** Removes what is due. */
  check(isAnyHour = false): void {
    const { options } = this.#parts;
    const { percent } = this.measure();
    const expired = this.#expiredSegments();
    const isForced = percent > options.diskForcePercent;
    const isTime = isAnyHour || this.#isHour() || percent > options.diskMaxUsedPercent;
    const count = isForced ? batchMax : isTime ? Math.min(expired, batchMax) : 0;
    const why = isForced ? `the disk is ${percent.toFixed(1)} % full` : "they have expired";
    if (count > 0) this.#removal ??= this.#removeSegments(count, why);
  }

  /** Ends the work in the background, and waits for it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#removal;
    await this.#sweep;
  }

  #judgeRoom(percent: number, freeBytes: number, warnPercent: number): void {
    const { lines, directory } = this.#parts;
    const isFull = percent > warnPercent;
    if (isFull === (this.#refusal !== undefined)) return;
    const share = `${percent.toFixed(1)} % full, ${Math.floor(freeBytes / 1_048_576)} MiB free`;
    if (!isFull) {
      this.#refusal = undefined;
      lines.info(`The disk of ${directory} is ${share}: messages are accepted again.`);
      return;
    }
    this.#refusal = `The broker's disk is full: the one that holds ${directory} is ${share}, and ` +
      `messages are accepted up to ${warnPercent} % (diskSpaceWarningLevelRatio). Free space or ` +
      `lower fileReservedTime; reads go on.`;
    lines.warn(this.#refusal);
  }

  /** How many of the oldest segments have expired, and were so ten minutes ago. */
  #expiredSegments(): number {
    const { clock } = this.#parts;
    const list = this.#parts.parts.segments.list;
    const count = this.#countExpired();
    const now = clock.monotonic();
    if (count === 0) {
      this.#suspect = undefined;
      this.#confirmedEnd = 0;
      return 0;
    }
    const end = list[count - 1].end;
    this.#confirmedEnd = Math.min(this.#confirmedEnd, end);
    this.#suspect ??= { end, sinceMs: now };
    if (end < this.#suspect.end) this.#suspect = { end, sinceMs: this.#suspect.sinceMs };
    if (now - this.#suspect.sinceMs >= confirmMs) {
      this.#confirmedEnd = this.#suspect.end;
      this.#suspect = { end, sinceMs: now };
    }
    return list.filter((segment) => segment.end <= this.#confirmedEnd).length;
  }

  /** A segment's newest record is older than the first one of the next. */
  #countExpired(): number {
    const { clock, options, parts } = this.#parts;
    const oldestMs = clock.now() - options.hours * hourMs;
    const list = parts.segments.list;
    let count = 0;
    while (count < list.length - 1 && count < 10 * batchMax) {
      if (list[count].end > this.#parts.durable()) break;
      const nextMs = parts.reader.storeTimestampOf(list[count + 1].start);
      if (nextMs < 0 || nextMs > oldestMs) break;
      count++;
    }
    return count;
  }

  #isHour(): boolean {
    const { clock, options } = this.#parts;
    const ms = clock.now() + (options.zoneOffsetMs ?? 0);
    return this.#hours.has(Math.floor(ms / hourMs) % 24);
  }

  async #removeSegments(count: number, why: string): Promise<void> {
    const removed = await this.#removeOldest(count);
    this.#removal = undefined;
    if (removed === 0 || this.#isStopped) return;
    const min = this.#positionMin();
    this.#parts.lines.info(
      `Removed the ${removed} oldest segments (${why}); the log begins at position ${min} now.`,
    );
    this.measure();
    this.#sweep ??= this.#removeViews();
  }

  async #removeOldest(count: number): Promise<number> {
    const { lines, parts } = this.#parts;
    let removed = 0;
    try {
      while (removed < count && !this.#isStopped) {
        const first = parts.segments.first;
        if (first === undefined || first.end > this.#parts.durable()) break;
        await parts.segments.removeOldest();
        removed++;
      }
    } catch (error) {
      lines.warn(`Cannot remove an old segment: ${reasonOf(error)}. It is tried again later.`);
    }
    parts.own.forgetBelow(this.#positionMin());
    return removed;
  }

  async #removeViews(): Promise<void> {
    const { clock, lines, parts } = this.#parts;
    const pause = pauses(clock);
    const min = this.#positionMin();
    const isToGoOn = async () => {
      await pause();
      if (this.#isStopped) throw new Error("the broker stops");
    };
    try {
      await parts.keys.removeBelow(min);
      await parts.queues.removeBelow(min, isToGoOn);
    } catch (error) {
      if (!this.#isStopped) lines.warn(`Cannot remove old queue files: ${reasonOf(error)}.`);
    }
    this.#sweep = undefined;
  }

  #positionMin(): number {
    return this.#parts.parts.segments.first?.start ?? 0;
  }
}
