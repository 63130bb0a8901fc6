import type { Chance } from "./chance.ts";
import type { Kind, Load } from "./lives.ts";
import { pause } from "./pause.ts";
import { readTopic } from "./reader.ts";
import { sendWell } from "./requests.ts";
import type { Wire } from "./wire.ts";

const TOPIC = "Later";
const QUEUES = 4;
/** The longest delay, ms. */
const MOST_MS = 5000;

/** Delayed messages, and a ledger of what must come, and when. */
class DelayLoad implements Load {
  readonly violations: string[] = [];
  readonly #chance: Chance;
  /** When each message is due at the earliest, by its text; acknowledged ones. */
  readonly #due = new Map<string, number>();
  /** Sent, but not acknowledged. */
  readonly #open = new Set<string>();
  #count = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get acknowledged(): number {
    return this.#due.size;
  }

  work(wires: readonly Wire[]) {
    return wires.map((wire) => this.#send(wire));
  }

  /** Finds what is lost, early, twice or of nobody. */
  async judge(wire: Wire): Promise<void> {
    await pause(MOST_MS + 500);
    const seen = new Set<string>();
    for (const { body, bytes } of await readTopic(wire, TOPIC, QUEUES)) {
      const due = this.#due.get(body);
      const early = (due ?? 0) - storeTimeOf(bytes);
      if (seen.has(body)) this.violations.push(`twice: ${body}`);
      if (due === undefined && !this.#open.has(body)) this.violations.push(`phantom: ${body}`);
      if (early > 0) this.violations.push(`early: ${body} by ${early} ms`);
      seen.add(body);
    }
    for (const body of this.#due.keys()) {
      if (!seen.has(body)) this.violations.push(`lost: ${body}`);
    }
  }

  async #send(wire: Wire): Promise<void> {
    while (true) {
      const body = `m${++this.#count}`;
      const now = Date.now();
      const [ms, wish] = this.#wish(now);
      this.#open.add(body);
      const queueId = this.#chance.below(QUEUES);
      await sendWell(wire, {
        topic: TOPIC,
        queueId,
        body,
        properties: { UNIQ_KEY: body, ...wish },
      });
      this.#open.delete(body);
      this.#due.set(body, now + ms);
      await pause(5);
    }
  }

  /** A delay in ms, and the properties that ask for it. */
  #wish(now: number): [number, Record<string, string>] {
    const level = 1 + this.#chance.below(2);
    const ms = 1 + this.#chance.below(MOST_MS);
    const kinds: [number, Record<string, string>][] = [
      [[1000, 5000][level - 1], { DELAY: String(level) }],
      [ms, { TIMER_DELAY_MS: String(ms) }],
      [ms, { TIMER_DELIVER_MS: String(now + ms) }],
    ];
    return kinds[this.#chance.below(kinds.length)];
  }
}

/** Of a record whose sender has an address of version 4. */
function storeTimeOf(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(56));
}

/** Kills amid delayed messages; some of what is due meanwhile comes at the start. */
export function delays(flushDiskType: "SYNC_FLUSH" | "ASYNC_FLUSH"): Kind {
  return {
    name: `delays-${flushDiskType}`,
    settings: { flushDiskType, timerMaxDelaySec: "3600" },
    wires: 16,
    each: 400,
    mostMs: 2500,
    deadMs: 1500,
    load: (chance) => new DelayLoad(chance),
  };
}
