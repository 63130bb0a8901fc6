import type { Chance } from "./chance.ts";
import { Ledger } from "./ledger.ts";
import type { Kind, Load } from "./lives.ts";
import { pause } from "./pause.ts";
import { ProgressLedger } from "./progress_ledger.ts";
import { endsOf, readFrom } from "./reader.ts";
import { ANSWER, CODE, createGroup, sendWell } from "./requests.ts";
import type { Wire } from "./wire.ts";

const TOPIC = "Ledger";
const QUEUES = 4;
const OPEN_EACH = 8;
const COMMITTED = { group: "ledger_group", topic: TOPIC, queueId: 0 };
/** How far back an ordinary look reads; every tenth reads everything. */
const BACK = 300;
const WHOLE_EVERY = 10;

/** Sends as fast as may be, and looks whether all is as it was acknowledged. */
class SendLoad implements Load {
  readonly #chance: Chance;
  readonly #ledger = new Ledger(QUEUES);
  readonly #progress = new ProgressLedger();
  #count = 0;
  #looks = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get acknowledged(): number {
    return this.#ledger.acknowledged;
  }

  get violations(): string[] {
    return [...this.#ledger.violations, ...this.#progress.violations];
  }

  join([wire]: readonly Wire[]): Promise<void> {
    return createGroup(wire, COMMITTED.group);
  }

  work(wires: readonly Wire[]) {
    const open = Array.from({ length: OPEN_EACH }, () => wires).flat();
    return [...open.map((wire) => this.#send(wire)), this.#commit(wires[0])];
  }

  look(wire: Wire): Promise<void> {
    return this.judge(wire, ++this.#looks % WHOLE_EVERY === 0);
  }

  async judge(wire: Wire, isWhole = true): Promise<void> {
    for (let queueId = 0; queueId < QUEUES; queueId++) {
      const queue = { topic: TOPIC, queueId };
      const { min, max } = await endsOf(wire, queue);
      const from = isWhole ? 0 : Math.max(0, this.#ledger.endOf(queueId) - BACK);
      const records = max > from ? await readFrom(wire, queue, from) : [];
      this.#ledger.found(queueId, Math.min(from, max), records);
      if (min !== 0 || (from + records.length !== max && max > from)) {
        const ends = `${min} to ${max}, but ${records.length} are there from ${from}`;
        this.#ledger.violations.push(`queue ${queueId} says it is from ${ends}`);
      }
    }
    this.#ledger.settle();
    await this.#progress.judge(wire, COMMITTED);
    for (let i = 0; i < 5; i++) await this.#lookUp(wire);
  }

  /** Sends one by one until the connection breaks; nothing is sent twice. */
  async #send(wire: Wire): Promise<void> {
    while (true) {
      const id = `m${++this.#count}`;
      const body = `${id} ${"x".repeat(this.#chance.below(2000))}`;
      const properties = { UNIQ_KEY: id, KEYS: `key-${id}`, TAGS: "TagA" };
      const sending = { topic: TOPIC, queueId: this.#chance.below(QUEUES), body, properties };
      this.#ledger.sent(id);
      const { queueId, offset } = await sendWell(wire, sending);
      this.#ledger.acknowledge(id, queueId, offset);
    }
  }

  async #commit(wire: Wire): Promise<void> {
    while (true) {
      await pause(20);
      const offset = this.#ledger.endOf(COMMITTED.queueId);
      if (offset > 0) await this.#progress.commit(wire, COMMITTED, offset);
    }
  }

  /** The index has grown back: a message is found by its key. */
  async #lookUp(wire: Wire): Promise<void> {
    const example = this.#ledger.example(this.#chance.below(1_000_000));
    if (example === undefined) return;
    const key = `key-${example}`;
    const range = { beginTimestamp: 0, endTimestamp: Date.now() + 60_000 };
    const fields = { topic: TOPIC, key, maxNum: 32, ...range };
    const { code, body } = await wire.call({ code: CODE.queryByKey, fields });
    if (code !== ANSWER.ok || !new TextDecoder().decode(body).includes(`\x01${key}\x02`)) {
      this.#ledger.violations.push(`${key} is not found by its key: code ${code}`);
    }
  }
}

/** Kills amid acknowledged sends. */
export const SENDS: Kind = {
  name: "sends",
  settings: { flushDiskType: "SYNC_FLUSH" },
  wires: 8,
  each: 2000,
  mostMs: 40,
  load: (chance) => new SendLoad(chance),
};
