import type { ClientError } from "../../client/client_error.ts";
import type { Ports } from "../../server/ports.ts";
import { type BenchPlan, FINITE } from "./flags.ts";
import { progressText } from "./report.ts";
import type { Tally } from "./tally.ts";

/** A load under way, as the watch sees it. */
export interface Moving {
  readonly tally: Tally;
  /** Left out where another's end is this one's. */
  stop?(): void;
}

const TICK_MS = 1000;
const LOOK_MS = 10;
/** A reader that has a count to reach gives up after so long without a message, ms. */
const SILENCE_MS = 30_000;

/** Ends loads in time, leaves their warm-up out, and shows every second how they go. */
export class Watch {
  readonly #plan: BenchPlan;
  readonly #clock: Ports["clock"];
  readonly #show: (line: string) => void;
  #loads: readonly (readonly [string, Moving])[] = [];
  #isStopped = false;
  #isClosed = false;

  constructor(plan: BenchPlan, clock: Ports["clock"], show: (line: string) => void) {
    this.#plan = plan;
    this.#clock = clock;
    this.#show = show;
  }

  /** Watches over loads while `running` runs; the first is the one that time ends. */
  async over(
    running: Promise<void>,
    loads: readonly (readonly [string, Moving])[],
  ): Promise<void> {
    const { warmupMs, durationMs } = this.#plan;
    const [[, first]] = loads;
    this.#loads = loads;
    if (this.#isStopped) first.stop?.();
    if (warmupMs > 0) this.#clock.after(warmupMs, () => this.#restart());
    if (durationMs !== undefined) this.#clock.after(warmupMs + durationMs, () => first.stop?.());
    this.#tick(this.#clock.monotonic());
    await running;
    this.#gather();
  }

  /**
   * Waits until `isTrue`, unless nothing comes any more for as long as an answer may take, and a
   * delay with it.
   */
  async until(isTrue: () => boolean, load: Moving): Promise<void> {
    const { delayMs, timeoutMs } = this.#plan;
    let seen = load.tally.messages;
    let seenMs = this.#clock.monotonic();
    while (!isTrue() && !this.#isStopped) {
      await this.pause(LOOK_MS);
      const now = this.#clock.monotonic();
      if (load.tally.messages !== seen) [seen, seenMs] = [load.tally.messages, now];
      else if (now - seenMs >= delayMs + timeoutMs) break;
    }
    this.#gather();
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }

  /** Ends what is under way; what has not begun ends at once. */
  stop(): void {
    this.#isStopped = true;
    this.#loads[0]?.[1].stop?.();
  }

  /** Shows nothing more. */
  close(): void {
    this.#isClosed = true;
  }

  /** An error that belongs to no request. */
  fail(error: ClientError): void {
    this.#loads[0]?.[1].tally.fail(error);
  }

  #restart(): void {
    for (const [, { tally }] of this.#loads) tally.restart(this.#clock.monotonic());
  }

  #gather(): void {
    for (const [, { tally }] of this.#loads) tally.gather();
  }

  #tick(startMs: number): void {
    const before = this.#loads.map(([, { tally }]) => tally.messages);
    let silentMs = 0;
    const tick = () => {
      if (this.#isClosed) return;
      const lines = this.#loads.map(([what, { tally }], at) => {
        const messages = Math.max(0, tally.messages - before[at]);
        before[at] = tally.messages;
        silentMs = messages > 0 ? 0 : silentMs + TICK_MS;
        return [what, messages, tally] as const;
      });
      this.#show(progressText((this.#clock.monotonic() - startMs) / 1000, lines));
      this.#gather();
      const { kind, durationMs } = this.#plan;
      const isFinite = FINITE.includes(kind) && durationMs === undefined;
      if (isFinite && silentMs >= SILENCE_MS) this.stop();
      this.#clock.after(TICK_MS, tick);
    };
    this.#clock.after(TICK_MS, tick);
  }
}
