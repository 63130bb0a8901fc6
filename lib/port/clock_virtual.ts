import { setImmediate } from "node:timers";
import { assert } from "../model/assert.ts";
import type { Clock, Timer } from "./clock.ts";
import { HeapTimer, TimerHeap } from "./timer_heap.ts";

/** After so many turns at one instant, the code under test runs in a circle. */
const turnsMax = 100_000;

/**
 * A clock that a test turns by hand. Time stands still until {@linkcode VirtualClock.advance}.
 * One turn is what an event loop's is: the timers that are due (by time, then by order of
 * making), then what was asked for with `soon`; promises settle after each single callback.
 *
 * Promises are drained by letting the real event loop go round once, which ends only when no
 * microtask is left; so the order of events does not depend on how many ticks a runtime spends on
 * an `await`, as long as the code under test waits for nothing but this clock.
 */
export class VirtualClock implements Clock {
  #monotonic = 0;
  /** Wall clock minus monotonic clock. */
  #wallAhead: number;
  readonly #timers = new TimerHeap();
  #soon: (() => void)[] = [];
  #made = 0;
  #isTurning = false;

  /** Starts at monotonic 0 and the given wall clock, ms since 1970. */
  constructor(wallMs = 1_767_225_600_000) {
    this.#wallAhead = wallMs;
  }

  now(): number {
    return Math.floor(this.#wallAhead + this.#monotonic);
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(delayMs: number, run: () => void): Timer {
    assert(!Number.isNaN(delayMs), "a timer's delay is a number");
    const timer = new HeapTimer(this.#monotonic + Math.max(0, delayMs), this.#made++, run);
    if (delayMs !== Infinity) this.#timers.push(timer);
    return timer;
  }

  soon(run: () => void): void {
    this.#soon.push(run);
  }

  /** Timers that are neither fired nor cancelled. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Sets the wall clock alone; no timer moves. */
  setWall(ms: number): void {
    this.#wallAhead = ms - this.#monotonic;
  }

  /** Steps the wall clock alone, back where negative. */
  stepWall(byMs: number): void {
    this.#wallAhead += byMs;
  }

  /** Lets `ms` go by: runs all that falls due, in order, each at its own time. */
  async advance(ms: number): Promise<void> {
    assert(ms >= 0, `time goes forward, not by ${ms}`);
    const end = this.#monotonic + ms;
    await this.#runUntil(end);
    this.#monotonic = end;
  }

  /** Runs what can run without time going by: settled promises, `soon`, timers already due. */
  settle(): Promise<void> {
    return this.advance(0);
  }

  /**
   * Lets time go by until no timer is left, or until the next one is further than `mostMs` away
   * from the start. Returns the milliseconds that went by.
   */
  async runUntilIdle(mostMs = Infinity): Promise<number> {
    const start = this.#monotonic;
    await this.#runUntil(start + mostMs);
    return this.#monotonic - start;
  }

  async #runUntil(end: number): Promise<void> {
    assert(!this.#isTurning, "the virtual clock is already being turned");
    this.#isTurning = true;
    try {
      await this.#turns(end);
    } finally {
      this.#isTurning = false;
    }
  }

  async #turns(end: number): Promise<void> {
    await drained();
    let turns = 0;
    while (true) {
      const isBusy = await this.#turn();
      assert(
        ++turns < turnsMax,
        `${turnsMax} turns without time going by: a callback runs in circles`,
      );
      if (isBusy) continue;
      const next = this.#timers.first();
      if (next === undefined || next.due > end) return;
      this.#monotonic = next.due;
      turns = 0;
    }
  }

  /** One turn of the event loop; false where there was nothing to run. */
  async #turn(): Promise<boolean> {
    const made = this.#made;
    let isBusy = false;
    let timer = this.#timers.take(this.#monotonic, made);
    while (timer !== undefined) {
      timer.run?.();
      await drained();
      isBusy = true;
      timer = this.#timers.take(this.#monotonic, made);
    }
    const asked = this.#soon;
    this.#soon = [];
    for (const run of asked) {
      run();
      await drained();
    }
    return isBusy || asked.length > 0;
  }
}

/** Resolves when no microtask is left. */
function drained(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
