import type { Log } from "../log/log.ts";
import { pauses } from "../log/pause.ts";
import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { BrokerSettings } from "./settings.ts";

/** What to look for by key. */
export interface KeyAsk {
  readonly topic: string;
  readonly key: string;
  readonly max: number;
  /** Store times, ms since 1970, inclusive. */
  readonly beginMs: number;
  readonly endMs: number;
  /** One of the message's `KEYS`, its `UNIQ_KEY`, or its tags. */
  readonly kind: "key" | "unique" | "tag";
}

export interface KeyResult {
  readonly records: readonly Uint8Array[];
  /** When and how far the index was last written. */
  readonly lastUpdateMs: number;
  readonly lastUpdatePosition: number;
}

/** Finding records by key or place. */
export class Lookup {
  readonly #log: Pick<Log, "keys" | "recordAt">;
  readonly #settings: BrokerSettings;
  readonly #clock: Clock;

  constructor(parts: {
    readonly log: Pick<Log, "keys" | "recordAt">;
    readonly settings: BrokerSettings;
    readonly clock: Clock;
  }) {
    this.#log = parts.log;
    this.#settings = parts.settings;
    this.#clock = parts.clock;
  }

  /**
   * Records whose key has this hash, oldest first; the asker compares the keys. @throws {Refusal}
   * `not-found`
   */
  async byKey(ask: KeyAsk): Promise<KeyResult> {
    const { lookupCountMax, lookupUniqueCountMax, lookupBytesMax } = this.#settings;
    const { topic, kind, beginMs, endMs } = ask;
    const max = Math.min(kind === "unique" ? lookupUniqueCountMax : ask.max, lookupCountMax);
    const key = kind === "tag" ? `T#${ask.key}` : ask.key;
    const pause = pauses(this.#clock);
    const hits = await this.#log.keys.search({ topic, key, max, beginMs, endMs }, pause);
    const records: Uint8Array[] = [];
    let bytes = 0;
    for (const position of [...hits.positions].sort((one, other) => one - other)) {
      const record = this.#log.recordAt(position);
      if (record === undefined) continue;
      bytes += record.length;
      if (bytes > lookupBytesMax && records.length > 0) break;
      records.push(record);
    }
    if (records.length === 0) {
      throw new Refusal("not-found", "can not find message, maybe time range not correct");
    }
    const { lastUpdateMs, lastUpdatePosition } = hits;
    return { records, lastUpdateMs, lastUpdatePosition };
  }

  /** The record at a position of the log. @throws {Refusal} `failed` */
  byPosition(position: number): Uint8Array {
    const record = this.#log.recordAt(position);
    if (record !== undefined) return record;
    throw new Refusal("failed", `can not find message by the offset, ${position}`);
  }
}
