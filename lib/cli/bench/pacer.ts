import type { Ports } from "../../server/ports.ts";

/** Timers are not exact; so close to a planned time the event loop is turned instead. */
const SPIN_MS = 2;

/**
 * Says when which request was to go out: at a fixed rate, however late the answers are (an open
 * loop), or at once. Latency counts from that time, so that a stall of the server shows in all that
 * was planned during it, not only in the few requests that it held (coordinated omission).
 */
export class Pacer {
  readonly #clock: Ports["clock"];
  readonly #gapMs: number;
  #startMs = 0;
  #taken = 0;
  #lookedMs = -Infinity;

  /** `rate`: requests a second; undefined: as fast as they can. */
  constructor(clock: Ports["clock"], rate: number | undefined) {
    this.#clock = clock;
    this.#gapMs = rate === undefined ? 0 : 1000 / rate;
  }

  start(): void {
    this.#startMs = this.#clock.monotonic();
  }

  /** The planned time of the next request, monotonic ms; undefined: it is not yet due. */
  take(nowMs: number): number | undefined {
    if (this.#gapMs === 0) return nowMs;
    const plannedMs = this.#dueMs;
    if (plannedMs > nowMs) return undefined;
    this.#taken++;
    return plannedMs;
  }

  /** Requests that were due by `nowMs` and that nobody took. */
  owed(nowMs: number): number {
    if (this.#gapMs === 0) return 0;
    return Math.max(0, Math.floor((nowMs - this.#startMs) / this.#gapMs) + 1 - this.#taken);
  }

  /** Runs `run` when the next request is due, or shortly before. */
  wait(run: () => void): void {
    const now = this.#clock.monotonic();
    const waitMs = this.#dueMs - now;
    // A clock that stands still between two turns is one that a test turns.
    const stands = now === this.#lookedMs;
    this.#lookedMs = now;
    if (waitMs > SPIN_MS && !stands) this.#clock.after(waitMs - SPIN_MS, run);
    else if (stands) this.#clock.after(Math.max(0, waitMs), run);
    else this.#clock.soon(run);
  }

  get #dueMs(): number {
    return this.#startMs + this.#taken * this.#gapMs;
  }
}
