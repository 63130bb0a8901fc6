import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { Clock, Timer } from "./clock.ts";

/**
 * The longest delay that the runtimes take; a longer one fires at once there, so it is cut up
 * here.
 */
const delayMaxMs = 2 ** 31 - 1;

/** The machine's own clock. */
export class RealClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(delayMs: number, run: () => void): Timer {
    return new RealTimer(performance.now() + delayMs, run);
  }

  soon(run: () => void): void {
    setImmediate(run);
  }
}

class RealTimer implements Timer {
  readonly #due: number;
  readonly #run: () => void;
  #timeout: ReturnType<typeof setTimeout> | undefined;

  constructor(due: number, run: () => void) {
    this.#due = due;
    this.#run = run;
    this.#arm(due - performance.now());
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  #arm(waitMs: number): void {
    const delayMs = Math.min(Math.max(0, Math.ceil(waitMs)), delayMaxMs);
    this.#timeout = setTimeout(() => this.#wake(), delayMs);
  }

  /**
   * The runtimes fire up to a millisecond early by the monotonic clock, and long waits come in
   * parts.
   */
  #wake(): void {
    const waitMs = this.#due - performance.now();
    if (waitMs > 0) this.#arm(waitMs);
    else this.#run();
  }
}
