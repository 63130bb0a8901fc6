import { getLong, type Inspection, layoutOf, type RecordTarget } from "../model/record.ts";
import { type Act, type Found, type Place, recoveryCases } from "./recovery_cases.ts";
import type { Scanner } from "./scanner.ts";
import type { Segments } from "./segment.ts";

/** What opening the log found and did. */
export interface Recovery {
  readonly how: "empty" | "orderly" | "after a crash" | "after another broker";
  /** Records read. */
  readonly records: number;
  /** Bytes of a torn tail that were cut off. */
  readonly cutBytes: number;
  /** Damaged places that were stepped over. */
  readonly damaged: number;
  readonly ms: number;
  readonly sentences: readonly string[];
}

/** What a walk along the log takes with it. */
export interface WalkOptions {
  /** Where a record begins. */
  readonly from: number;
  /**
   * What holds for the whole walk: the mark's durable position, or who wrote last without a mark.
   */
  readonly standing: number | "after a foreign stop" | "after a foreign crash";
  /** The other broker had flushed all stored until then, ms since 1970. */
  readonly flushedMs: number;
  /** Sees a damaged record whose length is sound. */
  readonly salvage?: (source: RecordTarget, position: number, size: number) => void;
  /** Takes up a sound record. A promise is waited for. */
  readonly take: (
    source: RecordTarget,
    position: number,
    size: number,
  ) => Promise<void> | undefined;
}

/** The newest record that a walk has kept. */
export interface LastRecord {
  readonly position: number;
  readonly storeTimestamp: number;
}

const damageSentencesMax = 20;

/** Walks along the log on the disk, record by record, and decides by the table of cases. */
export class LogWalk {
  readonly #segments: Segments;
  readonly #scanner: Scanner;
  readonly #options: WalkOptions;
  readonly sentences: string[] = [];
  last: LastRecord | undefined;
  records = 0;
  damaged = 0;
  cutBytes = 0;

  constructor(segments: Segments, scanner: Scanner, options: WalkOptions) {
    this.#segments = segments;
    this.#scanner = scanner;
    this.#options = options;
  }

  /** Walks to the log's end, cuts off durably what lies behind it, and returns the end. */
  async run(): Promise<number> {
    const last = this.#segments.last;
    if (last === undefined) return this.#options.from;
    let position = this.#options.from;
    while (position < last.end) {
      const found = this.#scanner.inspect(position);
      if (found.kind === "record") {
        const taken = this.#take(position, found.size);
        if (taken !== undefined) await taken;
        position += found.size;
        continue;
      }
      const next = this.#decide(position, found);
      if (next === undefined) break;
      position = next;
    }
    return this.#endAt(position);
  }

  #take(position: number, size: number): Promise<void> | undefined {
    const source = this.#scanner.source(position);
    this.records++;
    const storeTimestamp = getLong(source.view, layoutOf(source.view, source.at).storeTimestamp);
    this.last = { position, storeTimestamp };
    return this.#options.take(source, position, size);
  }

  /** Where to go on, or undefined where the log ends. */
  #decide(position: number, inspection: Inspection): number | undefined {
    const found = foundWord(inspection);
    const { act, why } = recoveryCases[found][this.#placeOf(position)];
    const segmentEnd = this.#segments.find(position)?.end ?? position;
    if (act === "next segment") return segmentEnd;
    const size = inspection.kind === "damaged" ? inspection.size : 0;
    const detail = inspection.kind === "damaged" ? inspection.why : "zeros";
    const next = act === "end" ? position : this.#scanner.nextSound(position, size);
    if (act === "end" || !this.#isToStep(act, next)) {
      if (found === "damage") this.#noteCut(position, `${why} (${detail})`);
      return undefined;
    }
    const isLast = next === this.#segments.last?.end;
    const isWhole = next === position + size || (isLast && position + size <= this.#endFrom(0));
    if (size > 0 && isWhole) this.#salvage(position, size);
    this.#noteDamage({ from: position, to: isLast ? this.#endFrom(position) : next }, detail);
    return isLast ? undefined : next;
  }

  #salvage(position: number, size: number): void {
    this.#scanner.inspect(position);
    this.#options.salvage?.(this.#scanner.source(position), position, size);
  }

  #placeOf(position: number): Place {
    const { standing } = this.#options;
    if (typeof standing !== "number") return standing;
    return position < standing ? "below the mark" : "above the mark";
  }

  #isToStep(act: Act, next: number): boolean {
    if (act === "step over") return true;
    const storeTimestamp = this.#timestampAt(next);
    if (storeTimestamp < 0) return false;
    return act === "step over if sound" || storeTimestamp <= this.#options.flushedMs;
  }

  /** Of the first sound record from `position` on, over fillers and damaged ends, or -1. */
  #timestampAt(position: number): number {
    let at = position;
    while (this.#segments.find(at) !== undefined) {
      const found = this.#scanner.inspect(at);
      if (found.kind === "record") {
        const source = this.#scanner.source(at);
        return getLong(source.view, layoutOf(source.view, source.at).storeTimestamp);
      }
      at = this.#segments.find(at)?.end ?? Infinity;
    }
    return -1;
  }

  #noteDamage(range: { readonly from: number; readonly to: number }, why: string): void {
    const { from: start, to: end } = range;
    this.damaged++;
    if (this.damaged > damageSentencesMax) return;
    this.sentences.push(
      `The log is damaged at position ${start} (${why}): ${end - start} bytes, up to ${end}, are ` +
        `stepped over, what lies behind them is served.`,
    );
  }

  #noteCut(position: number, why: string): void {
    this.cutBytes = this.#scanner.usedBytes(position);
    this.sentences.push(
      `The log is cut at position ${position}: ${why}. Dropped: ${this.cutBytes} bytes.`,
    );
  }

  /** Never below what the mark knows to be on the disk. */
  #endFrom(position: number): number {
    const { standing } = this.#options;
    return typeof standing === "number" ? Math.max(position, standing) : position;
  }

  #endAt(position: number): number {
    const end = this.#endFrom(position);
    const segment = this.#segments.find(end);
    if (segment === undefined) return end;
    segment.cut(end);
    while ((this.#segments.last?.start ?? 0) > segment.start) this.#segments.removeNewest();
    return end;
  }
}

function foundWord(inspection: Inspection): Found {
  if (inspection.kind === "record") return "record";
  if (inspection.kind === "blank") return "filler";
  return inspection.kind === "empty" ? "nothing" : "damage";
}
