import type { RecordTarget } from "../model/record.ts";
import type { OwnRanges } from "./own_ranges.ts";
import { Scanner } from "./scanner.ts";
import type { Segments } from "./segment.ts";

/** Hears of a record: where its bytes are (good for this call alone), its position, its size. */
export type SurveyVisitor = (source: RecordTarget, position: number, size: number) => void;

/**
 * Goes through what this broker itself wrote between two positions, a part at a time; damage and
 * what others wrote are passed over.
 */
export class Survey {
  readonly #segments: Segments;
  readonly #own: OwnRanges;
  readonly #scanner: Scanner;
  readonly #to: number;
  #position: number;

  /** `to` must be where a record ends that the kernel has. */
  constructor(
    log: { readonly segments: Segments; readonly own: OwnRanges },
    range: { readonly from: number; readonly to: number },
  ) {
    this.#segments = log.segments;
    this.#own = log.own;
    this.#scanner = new Scanner(log.segments, log.own);
    this.#to = range.to;
    this.#position = Math.max(range.from, log.segments.first?.start ?? 0);
  }

  /** Visits the records of the next `bytes` bytes or a little more; false once all are through. */
  next(bytes: number, visit: SurveyVisitor): boolean {
    const until = this.#position + bytes;
    while (this.#position < until) {
      this.#position = this.#ownFrom(this.#position);
      if (this.#position >= this.#to) return false;
      this.#step(visit);
    }
    return true;
  }

  #step(visit: SurveyVisitor): void {
    const position = this.#position;
    const segment = this.#segments.find(position);
    if (segment === undefined) {
      this.#position = Math.max(position + 1, this.#segments.first?.start ?? this.#to);
      return;
    }
    const found = this.#scanner.inspect(position);
    if (found.kind === "record") {
      visit(this.#scanner.source(position), position, found.size);
      this.#position += found.size;
    } else if (found.kind === "damaged") {
      this.#position = this.#scanner.nextSound(position, found.size);
    } else {
      this.#position = segment.end;
    }
  }

  /** The first position from here on that this broker wrote; the end where there is none. */
  #ownFrom(position: number): number {
    const range = this.#own.list.find(({ to }) => position < to);
    return range === undefined ? this.#to : Math.max(position, range.from);
  }
}
