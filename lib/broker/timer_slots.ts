import { getProperty, Property } from "../model/properties.ts";
import { Refusal } from "../model/refusal.ts";
import type { DelaySettings } from "./delay_settings.ts";

/** How wide a slot is, ms: upstream's precision. */
export const SLOT_MS = 1000;

/** How many timed messages wait, in all and for each second: a number a second in memory. */
export class TimerSlots {
  readonly #counts: Map<number, number>;
  #total = 0;

  /** Begins with what waits already, by second since 1970. */
  constructor(counts: ReadonlyMap<number, number> = new Map()) {
    this.#counts = new Map(counts);
    for (const count of counts.values()) this.#total += count;
  }

  get total(): number {
    return this.#total;
  }

  /** One more, or one less (`by` -1), for this time, ms since 1970. */
  count(wake: number, by: 1 | -1): void {
    const slot = Math.floor(wake / SLOT_MS);
    const left = (this.#counts.get(slot) ?? 0) + by;
    this.#total += by;
    if (left > 0) this.#counts.set(slot, left);
    else this.#counts.delete(slot);
  }

  /**
   * May one more with these properties come, where `behind` are not counted yet? Upstream's
   * `TimerMessageStore.isReject` lets chance decide from the limit of a slot to twice as many.
   * @throws {Refusal} `failed`
   */
  admit(properties: string, behind: number, settings: DelaySettings): void {
    const { timersPerSlotMax, timersMax } = settings;
    const out = Number(getProperty(properties, Property.timerOutMs));
    const here = this.#counts.get(Math.floor(out / SLOT_MS)) ?? 0;
    const all = this.#total + behind;
    if (all < timersMax && here <= timersPerSlotMax) return;
    const why = all >= timersMax
      ? `max num limit is ${timersMax} and ${all} wait. Raise timersMax`
      : `max num limit is ${timersPerSlotMax} for one second and ${here} wait for this one. ` +
        `Choose another time, raise timerCongestNumEachSlot`;
    throw new Refusal(
      "failed",
      `timer message is under flow control, ${why}, or send again when some were delivered.`,
    );
  }
}
