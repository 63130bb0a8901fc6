import { getProperty, Property } from "../model/properties.ts";
import type { StoredRecord } from "../model/record.ts";
import type { NearTimer } from "./near_timers.ts";

/**
 * How long a recall is remembered once it is due: what an upstream broker stored is due up to a
 * second later than what takes it back.
 */
const KEPT_MS = 2000;

interface Recall {
  readonly key: string;
  readonly timer: NearTimer;
}

/** Messages that are taken back: known from when they are due, which is just before them. */
export class Recalls {
  readonly #onExpired: (timer: NearTimer) => void;
  readonly #keys = new Map<string, number>();
  #kept: Recall[] = [];

  /** `onExpired` hears of each that has done its work. */
  constructor(onExpired: (timer: NearTimer) => void) {
    this.#onExpired = onExpired;
  }

  get size(): number {
    return this.#kept.length;
  }

  /** The record of a recall is due. */
  add(timer: NearTimer, record: StoredRecord): void {
    const key = `${outOf(record)} ${getProperty(record.properties, Property.timerDelete) ?? ""}`;
    this.#keys.set(key, (this.#keys.get(key) ?? 0) + 1);
    this.#kept.push({ key, timer });
  }

  /** Is this message taken back? Keys are `topic+unique key`, or the unique key alone. */
  takesBack(record: StoredRecord): boolean {
    if (this.#keys.size === 0) return false;
    const uniqueKey = getProperty(record.properties, Property.uniqueKey);
    const topic = getProperty(record.properties, Property.realTopic);
    if (uniqueKey === undefined) return false;
    const out = outOf(record);
    return this.#keys.has(`${out} ${topic}+${uniqueKey}`) || this.#keys.has(`${out} ${uniqueKey}`);
  }

  /** Forgets those that can meet nothing more: all that is due up to `reached` was handled. */
  expire(reached: number): void {
    if (this.#kept.length === 0) return;
    const isOver = ({ timer }: Recall) => timer.wake + KEPT_MS <= reached;
    const over = this.#kept.filter(isOver);
    this.#kept = this.#kept.filter((one) => !isOver(one));
    for (const { key, timer } of over) {
      const left = (this.#keys.get(key) ?? 1) - 1;
      if (left > 0) this.#keys.set(key, left);
      else this.#keys.delete(key);
      this.#onExpired(timer);
    }
  }
}

/** A message and what takes it back bear the same time. */
function outOf(record: StoredRecord): string {
  return getProperty(record.properties, Property.timerOutMs) ?? "";
}
