import type { TimerRow } from "../meta/timer_table.ts";

/** A timed message in memory. */
export interface NearTimer extends TimerRow {
  /**
   * `new`: in no table yet; `saving`: in a transaction under way; `saved`: in the table; `done`:
   * nothing is left to be done with it.
   */
  state: "new" | "saving" | "saved" | "done";
}

/**
 * The timed messages that come next, earliest first: all that are due up to the horizon, and those
 * behind it that no table has yet.
 */
export class NearTimers {
  #heap: NearTimer[] = [];
  /** All rows of the table up to this one are here; undefined: none is. */
  #horizon: TimerRow | undefined = undefined;
  /** Are all rows of the table here? */
  #isWhole = false;

  get size(): number {
    return this.#heap.length;
  }

  /** The last row of the table that is here. */
  get horizon(): TimerRow | undefined {
    return this.#horizon;
  }

  /** Are there rows in the table that are not here? */
  get hasMore(): boolean {
    return !this.#isWhole;
  }

  /** The earliest one, if nothing earlier can be behind the horizon. */
  first(): NearTimer | undefined {
    const first = this.#heap[0];
    return first !== undefined && this.#isNear(first) ? first : undefined;
  }

  push(timer: NearTimer): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (order(heap[parent], timer) <= 0) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = timer;
  }

  /** Takes out the earliest one. */
  pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#sink(last);
  }

  /**
   * Takes up the next rows of the table; fewer than asked for: there are no more. Some may be here
   * already: those that were being saved while they were read.
   */
  take(rows: readonly TimerRow[], asked: number): void {
    const known = new Set<number>();
    for (const timer of this.#heap) {
      if (timer.state !== "new" && !this.#isNear(timer)) known.add(timer.position);
    }
    for (const row of rows) if (!known.has(row.position)) this.push({ ...row, state: "saved" });
    this.#horizon = rows.at(-1) ?? this.#horizon;
    this.#isWhole = rows.length < asked;
  }

  /** Lets go of what the table has and what is behind the horizon, which sinks to keep `most`. */
  trim(most: number): void {
    if (this.#heap.length > most) this.#lower(most >> 1);
    if (this.#isWhole) return;
    const kept = this.#heap.filter((timer) => timer.state !== "saved" || this.#isNear(timer));
    if (kept.length < this.#heap.length) this.#heap = kept.sort(order);
  }

  /** Nothing is here, and nothing known of the table. */
  clear(): void {
    this.#heap = [];
    this.#horizon = undefined;
    this.#isWhole = false;
  }

  /** Sets the horizon to the `kept`th timer. */
  #lower(kept: number): void {
    this.#heap.sort(order);
    const { wake, kind, position, size } = this.#heap[kept];
    if (
      this.#horizon !== undefined && !this.#isWhole && order(this.#heap[kept], this.#horizon) > 0
    ) {
      return;
    }
    this.#horizon = { wake, kind, position, size };
    this.#isWhole = false;
  }

  #isNear(timer: TimerRow): boolean {
    return this.#isWhole || (this.#horizon !== undefined && order(timer, this.#horizon) <= 0);
  }

  #sink(timer: NearTimer): void {
    const heap = this.#heap;
    let at = 0;
    while (true) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && order(heap[child + 1], heap[child]) < 0) child++;
      if (order(timer, heap[child]) <= 0) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = timer;
  }
}

function order(one: TimerRow, other: TimerRow): number {
  return one.wake - other.wake || one.kind - other.kind || one.position - other.position;
}
