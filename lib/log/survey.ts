import type { RecordTarget } from "../model/record.ts";
import type { OwnRanges } from "./own_ranges.ts";
import { Scanner } from "./scanner.ts";
import type { Segments } from "./segment.ts";

/** Hears of a record: where its bytes are (good for this call alone), its position, its size. */
export type SurveyVisitor = (source: RecordTarget, position: number, size: number) => void;

/** Goes through the sound records between two positions, a part at a time. */
export class Survey {
  readonly #segments: Segments;
  readonly #scanner: Scanner;
  readonly #to: number;
  #position: number;

  /**
   * `to` must be where a record ends that the kernel has; without `from` it begins with the first
   * record that this broker is known to have written.
   */
  constructor(
    log: { readonly segments: Segments; readonly own: OwnRanges },
    range: { readonly from?: number; readonly to: number },
  ) {
    this.#segments = log.segments;
    this.#scanner = new Scanner(log.segments, log.own);
    this.#to = range.to;
    const from = range.from ?? log.own.list[0]?.from ?? range.to;
    this.#position = Math.max(from, log.segments.first?.start ?? 0);
  }

  /** Where the next part begins. */
  get from(): number {
    return this.#position;
  }

  /** Visits the records of the next `bytes` bytes or a little more; false once all are through. */
  next(bytes: number, visit: SurveyVisitor): boolean {
    const until = this.#position + bytes;
    while (this.#position < until) {
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
}
