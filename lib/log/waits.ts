import type { Clock, Timer } from "../port/clock.ts";
import { Refusal } from "../model/refusal.ts";

/** Waiters that come within this time share one promise and one deadline. */
const sliceMs = 250;

interface Group {
  /** The furthest position that one of its waiters waits for. */
  end: number;
  readonly openedMs: number;
  isClosed: boolean;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Waiters for a position of the log to be reached, first in, first out. Those who come at about
 * the same time share one promise: a waiter costs no closure and no timer of its own.
 */
export class Waits {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #groups: Group[] = [];
  #reached: number;
  #failure: Refusal | undefined;
  #timer: Timer | undefined;

  /** `timeoutMs`: Infinity where waiters have all the time. */
  constructor(clock: Clock, timeoutMs: number, reached: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#reached = reached;
  }

  /** Resolves once `end` is reached. @throws {Refusal} `flush-timeout`, or what failed. */
  wait(end: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (end <= this.#reached) return Promise.resolve();
    const now = this.#timeoutMs === Infinity ? 0 : this.#clock.monotonic();
    let group = this.#groups.at(-1);
    if (group === undefined || group.isClosed || now - group.openedMs > sliceMs) {
      group = this.#open(now);
    }
    if (end > group.end) group.end = end;
    return group.promise;
  }

  /** Is anybody waiting? */
  get pending(): boolean {
    return this.#groups.length > 0;
  }

  /** All up to `position` is done. */
  reach(position: number): void {
    this.#reached = position;
    while (this.#groups.length > 0 && this.#groups[0].end <= position) {
      this.#groups.shift()?.resolve();
    }
  }

  /** Ends all waiting, now and later. */
  fail(refusal: Refusal): void {
    this.#failure = refusal;
    this.#timer?.cancel();
    for (const group of this.#groups.splice(0)) group.reject(refusal);
  }

  /** Later waiters get a group of their own: a sync begins, which need not cover them. */
  close(): void {
    const last = this.#groups.at(-1);
    if (last !== undefined) last.isClosed = true;
  }

  #open(now: number): Group {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const group = { end: 0, openedMs: now, isClosed: false, promise, resolve, reject };
    this.#groups.push(group);
    if (this.#timeoutMs !== Infinity && this.#timer === undefined) this.#arm(this.#timeoutMs);
    return group;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => this.#expire());
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    while (this.#groups.length > 0 && this.#groups[0].openedMs + this.#timeoutMs <= now) {
      this.#groups.shift()?.reject(
        new Refusal(
          "flush-timeout",
          `The disk did not confirm the message within ${this.#timeoutMs} ms. It is stored and ` +
            `may survive a power cut or not; send again if it must.`,
        ),
      );
    }
    const first = this.#groups[0];
    if (first !== undefined) this.#arm(first.openedMs + this.#timeoutMs - now);
  }
}
