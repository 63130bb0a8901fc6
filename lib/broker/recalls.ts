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
    const topic = getProperty(record.properties, Property.realTopic) ?? "";
    const named = getProperty(record.properties, Property.timerDelete) ?? "";
    const prefix = `${topic}+`;
    const key = keyOf(record, named.startsWith(prefix) ? named.slice(prefix.length) : named);
    this.#keys.set(key, (this.#keys.get(key) ?? 0) + 1);
    this.#kept.push({ key, timer });
  }

  /** Is this message taken back? Whoever takes it back names its unique key. */
  takesBack(record: StoredRecord): boolean {
    if (this.#keys.size === 0) return false;
    const uniqueKey = getProperty(record.properties, Property.uniqueKey);
    return uniqueKey !== undefined && this.#keys.has(keyOf(record, uniqueKey));
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

/** A message and what takes it back are due at one time, and of one topic. */
function keyOf({ properties }: StoredRecord, uniqueKey: string): string {
  const out = getProperty(properties, Property.timerOutMs);
  return `${out} ${getProperty(properties, Property.realTopic)} ${uniqueKey}`;
}
