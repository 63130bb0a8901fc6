import { Refusal } from "../model/refusal.ts";
import type { FlowSettings } from "./flow_settings.ts";

/** Messages that are in the log but not yet safe, by what they wait for: when each came. */
export class Backlog {
  readonly #settings: Pick<FlowSettings, "busyAfterMs">;
  readonly #waiting: (readonly number[])[] = [];
  /** When the one came that has waited longest, monotonic ms. */
  #oldestAt = Infinity;

  constructor(settings: Pick<FlowSettings, "busyAfterMs">) {
    this.#settings = settings;
  }

  /** These wait from now on; more may be added to the list. */
  begin(starts: readonly number[], startedAt: number): void {
    this.#waiting.push(starts);
    if (startedAt < this.#oldestAt) this.#oldestAt = startedAt;
  }

  end(starts: readonly number[]): void {
    const at = this.#waiting.indexOf(starts);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#oldestAt = this.#waiting[0]?.[0] ?? Infinity;
  }

  /**
   * Refuses more where the disk makes wait too long, so that clients go elsewhere instead of
   * waiting for their own deadlines. @throws {Refusal} `busy`
   */
  check(now: number): void {
    const waitedMs = now - this.#oldestAt;
    if (waitedMs <= this.#settings.busyAfterMs) return;
    const count = this.#waiting.reduce((sum, { length }) => sum + length, 0);
    const ms = Math.round(waitedMs);
    throw new Refusal(
      "busy",
      `[PCBUSY_CLEAN_QUEUE]broker busy, start flow control for a while, period in queue: ` +
        `${ms}ms, size of queue: ${count}: so long the oldest of them waits for the disk, and ` +
        `from ${this.#settings.busyAfterMs} ms on (osPageCacheBusyTimeOutMills) no more is ` +
        `taken. Try again later or on another broker; a faster disk helps.`,
    );
  }
}
