import type { Clock } from "../port/clock.ts";
import type { Refusal } from "../model/refusal.ts";
import { Waits } from "./waits.ts";

/** What the flusher moves to the disk. */
export interface Flushed {
  /**
   * Hands all that was appended to the kernel and returns the position that the kernel then has.
   */
  handOver(): number;
  /** Makes durable what the kernel has. */
  sync(): Promise<void>;
  /** All below `position` is durable now. */
  onDurable(position: number): void;
  /** A sync failed: the log is over. */
  onFailure(error: unknown): void;
}

/** A group gathers for so long at the most. */
const gatherMsMax = 1;

/**
 * Group commit: one sync at a time, and while it runs the next batch gathers, and goes on doing so
 * as long as each turn of the event loop brings more: those who were answered by one sync send
 * again at once, and two small syncs cost more than a large one. A failed sync is never tried
 * again, for kernels mark the pages clean that they could not write.
 */
export class Flusher {
  readonly #flushed: Flushed;
  readonly #settling: Waits;
  readonly #hardening: Waits;
  readonly #clock: Clock;
  readonly #isSyncFlush: boolean;
  #durable: number;
  #isSyncing = false;
  #isGathering = false;
  #isOver = false;

  constructor(
    flushed: Flushed,
    clock: Clock,
    options: { isSyncFlush: boolean; timeoutMs: number; position: number },
  ) {
    this.#flushed = flushed;
    this.#clock = clock;
    this.#isSyncFlush = options.isSyncFlush;
    this.#durable = options.position;
    const timeoutMs = options.isSyncFlush ? options.timeoutMs : Infinity;
    this.#settling = new Waits(clock, timeoutMs, options.position);
    this.#hardening = new Waits(clock, Infinity, options.position);
  }

  /** All below it is on the disk. */
  get durablePosition(): number {
    return this.#durable;
  }

  /** Resolves once `end` is what an answer may stand on: written, or synced under SYNC_FLUSH. */
  settled(end: number): Promise<void> {
    return this.#settling.wait(end);
  }

  /** Resolves once all below `end` is on the disk, under either mode. */
  durable(end: number): Promise<void> {
    const promise = this.#hardening.wait(end);
    if (end > this.#durable) this.flush();
    return promise;
  }

  /** The kernel has all below `position`. */
  written(position: number): void {
    if (!this.#isSyncFlush) this.#settling.reach(position);
    if (this.#isAnyoneWaiting()) this.#gather(position);
  }

  /** Starts a sync where there is something to sync and none is running. */
  flush(): void {
    if (this.#isSyncing || this.#isOver) return;
    this.#isSyncing = true;
    void this.#syncOnce();
  }

  /** Ends all waiting with this refusal. */
  fail(refusal: Refusal): void {
    this.#isOver = true;
    this.#settling.fail(refusal);
    this.#hardening.fail(refusal);
  }

  async #syncOnce(): Promise<void> {
    const position = this.#flushed.handOver();
    if (!this.#isOver && position > this.#durable) {
      this.#settling.close();
      this.#hardening.close();
      try {
        await this.#flushed.sync();
      } catch (error) {
        this.#isSyncing = false;
        this.#flushed.onFailure(error);
        return;
      }
    }
    this.#isSyncing = false;
    if (!this.#isOver) this.#reach(position);
  }

  #reach(position: number): void {
    if (position <= this.#durable) return;
    this.#durable = position;
    this.#flushed.onDurable(position);
    if (this.#isOver) return;
    if (this.#isSyncFlush) this.#settling.reach(position);
    this.#hardening.reach(position);
    if (this.#isAnyoneWaiting()) this.#gather(this.#flushed.handOver());
  }

  /** Syncs as soon as a turn brings nothing more behind `position`. */
  #gather(position: number): void {
    if (this.#isGathering || this.#isSyncing || this.#isOver) return;
    this.#isGathering = true;
    const endMs = this.#clock.monotonic() + gatherMsMax;
    let gathered = position;
    const look = () => {
      const now = this.#flushed.handOver();
      const goesOn = now > gathered && this.#clock.monotonic() < endMs;
      gathered = now;
      if (goesOn) return this.#clock.soon(look);
      this.#isGathering = false;
      this.flush();
    };
    this.#clock.soon(look);
  }

  #isAnyoneWaiting(): boolean {
    return this.#hardening.pending || (this.#isSyncFlush && this.#settling.pending);
  }
}
