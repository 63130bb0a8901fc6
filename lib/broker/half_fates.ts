import type { Log } from "../log/log.ts";
import { getProperty, Property } from "../model/properties.ts";
import { decodeRecord, type StoredRecord } from "../model/record.ts";
import { SCHEDULE_TOPIC } from "../model/topic.ts";
import { HALF_TOPIC, homeOf, isSameSending, PARKED_TOPIC } from "./half.ts";

/** What became of a half, as far as the log behind it tells. */
export interface Fate {
  /** Its newest copy among the halves. */
  readonly copy: StoredRecord | undefined;
  readonly isCommitted: boolean;
  readonly isParked: boolean;
}

/** Copies of one half that are looked at; there is one a check. */
const COPIES_MAX = 64;
const TIMER_TOPIC = "rmq_sys_wheel_timer";

/**
 * Finds out, by the key index, what became of a half. That is needed where memory does not know:
 * for halves from before the start, whose end or copy may have been stored just before a crash, and
 * for a client that ends the first record of a half which was copied since.
 */
export class HalfFates {
  readonly #log: Pick<Log, "keys" | "recordAt">;
  readonly #topics: { has(name: string): boolean };

  constructor(log: Pick<Log, "keys" | "recordAt">, topics: { has(name: string): boolean }) {
    this.#log = log;
    this.#topics = topics;
  }

  of(half: StoredRecord): Fate {
    const copies = this.#later(HALF_TOPIC, half);
    return {
      copy: copies.at(-1),
      isCommitted: this.#isCommitted(half),
      isParked: this.#later(PARKED_TOPIC, half).length > 0,
    };
  }

  /** A committed message with a delay waits in another topic first. */
  #isCommitted(half: StoredRecord): boolean {
    const { topic } = homeOf(half);
    if (this.#later(topic, half).length > 0) return true;
    const isDelayed = getProperty(half.properties, Property.delayLevel) !== undefined;
    if (isDelayed && this.#later(SCHEDULE_TOPIC, half).length > 0) return true;
    const isTimed = half.properties.includes("TIMER_DEL");
    return isTimed && this.#later(TIMER_TOPIC, half).length > 0;
  }

  /** Records of the same sending behind it, oldest first. */
  #later(topic: string, half: StoredRecord): StoredRecord[] {
    const key = getProperty(half.properties, Property.uniqueKey);
    if (key === undefined || !this.#topics.has(topic)) return [];
    const times = { beginMs: half.storeTimestamp, endMs: Number.MAX_SAFE_INTEGER };
    const { positions } = this.#log.keys.find({ topic, key, max: COPIES_MAX, ...times });
    const found: StoredRecord[] = [];
    for (const position of positions.filter((one) => one > half.position).sort(ascending)) {
      const bytes = this.#log.recordAt(position);
      if (bytes === undefined) continue;
      const record = decodeRecord(bytes);
      if (record.topic === topic && isSameSending(record, half)) found.push(record);
    }
    return found;
  }
}

function ascending(one: number, other: number): number {
  return one - other;
}
