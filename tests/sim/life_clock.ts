import type { Clock, Timer } from "../../lib/port/clock.ts";

/** The clock of one process: stops for it when it dies, while the world's goes on. */
export class LifeClock implements Clock {
  readonly #clock: Clock;
  #isDead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Nothing that was planned happens any more. */
  kill(): void {
    this.#isDead = true;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#clock.after(delayMs, () => this.#isDead || run());
  }

  soon(run: () => void): void {
    this.#clock.soon(() => this.#isDead || run());
  }
}
