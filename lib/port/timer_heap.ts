import type { Timer } from "./clock.ts";

/** A timer of the virtual clock: fires once, in order of time, then of making. */
export class HeapTimer implements Timer {
  constructor(readonly due: number, readonly order: number, public run: (() => void) | undefined) {}

  /** Leaves it in the heap, where it is passed over. */
  cancel(): void {
    this.run = undefined;
  }

  isBefore(other: HeapTimer): boolean {
    return this.due < other.due || (this.due === other.due && this.order < other.order);
  }
}

/**
 * Timers, earliest first. Cancelled ones are dropped when they come up, or when they are the
 * most.
 */
export class TimerHeap {
  #timers: HeapTimer[] = [];
  #sweepAt = 128;

  push(timer: HeapTimer): void {
    if (this.#timers.length >= this.#sweepAt) this.#sweep();
    this.#timers.push(timer);
    this.#rise(this.#timers.length - 1);
  }

  /** The earliest live timer, left in place. */
  first(): HeapTimer | undefined {
    while (this.#timers.length > 0 && this.#timers[0].run === undefined) this.#removeFirst();
    return this.#timers[0];
  }

  /** Takes out the earliest live timer if it is due by `now` and was made before `order`. */
  take(now: number, order: number): HeapTimer | undefined {
    const first = this.first();
    if (first === undefined || first.due > now || first.order >= order) return undefined;
    this.#removeFirst();
    return first;
  }

  /** How many are pending. */
  get size(): number {
    return this.#timers.reduce((count, timer) => timer.run === undefined ? count : count + 1, 0);
  }

  #removeFirst(): void {
    const last = this.#timers.pop();
    if (last === undefined || this.#timers.length === 0) return;
    this.#timers[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    const timers = this.#timers;
    const timer = timers[from];
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!timer.isBefore(timers[parent])) break;
      timers[at] = timers[parent];
      at = parent;
    }
    timers[at] = timer;
  }

  #sink(from: number): void {
    const timers = this.#timers;
    const timer = timers[from];
    let at = from;
    while (2 * at + 1 < timers.length) {
      let child = 2 * at + 1;
      if (child + 1 < timers.length && timers[child + 1].isBefore(timers[child])) child++;
      if (!timers[child].isBefore(timer)) break;
      timers[at] = timers[child];
      at = child;
    }
    timers[at] = timer;
  }

  #sweep(): void {
    this.#timers = this.#timers.filter((timer) => timer.run !== undefined);
    this.#timers.sort((a, b) => a.isBefore(b) ? -1 : 1);
    this.#sweepAt = Math.max(128, 2 * this.#timers.length);
  }
}
