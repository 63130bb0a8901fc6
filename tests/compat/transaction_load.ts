import type { Chance } from "./chance.ts";
import type { Load } from "./lives.ts";
import { pause, until } from "./pause.ts";
import { readTopic } from "./reader.ts";
import { recordsIn } from "./record.ts";
import { sendWell } from "./requests.ts";
import { Cut, type Wire } from "./wire.ts";

const TOPIC = "Transacted";
const GROUP = "transacting";
const QUEUES = 4;
const END = { commit: 8, rollback: 12 } as const;
const encoder = new TextEncoder();

/** How a transaction is to end, and when its producer says so without being asked. */
interface Plan {
  readonly outcome: keyof typeof END;
  readonly says: "at once" | "twice" | "never";
}

/**
 * Transactions by the protocol alone, from a producer that may be cut off at any time, and what
 * must have come of them.
 */
export class TransactionLoad implements Load {
  readonly violations: string[] = [];
  readonly #chance: Chance;
  readonly #limits: { readonly most: number; readonly saysTwice: boolean };
  readonly #plans = new Map<string, Plan>();
  /** Halves whose sends were answered. */
  readonly #acknowledged = new Set<string>();
  #checks = 0;

  /** `most`: halves in one life of the broker; `saysTwice`: some ends are told twice. */
  constructor(chance: Chance, limits: { readonly most: number; readonly saysTwice: boolean }) {
    this.#chance = chance;
    this.#limits = limits;
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  get checks(): number {
    return this.#checks;
  }

  get told(): string {
    return `${this.#checks} checks`;
  }

  /** Says by each of the connections that it is a producer of the group. */
  async join(wires: readonly Wire[]): Promise<void> {
    for (const [at, wire] of wires.entries()) {
      wire.asked = ({ code, fields, body }) => {
        if (code === 39) this.#asked(wire, fields, recordsIn(body)[0].body);
      };
      const group = { groupName: GROUP };
      const beat = { clientID: `c${at}`, producerDataSet: [group], consumerDataSet: [] };
      const json = JSON.stringify({ ...beat, heartbeatFingerprint: 0, withoutSub: false });
      await wire.call({ code: 34, body: encoder.encode(json) });
    }
  }

  /** Begins transactions until there are enough, or the connections break. */
  work(wires: readonly Wire[]): Promise<void>[] {
    const wanted = this.acknowledged + this.#limits.most;
    return wires.map((wire) => this.#send(wire, wanted));
  }

  /** In the end waits until every commit is there, and a while longer. */
  async judge(wire: Wire): Promise<void> {
    await this.join([wire]);
    const wanted = [...this.#acknowledged].filter((id) => this.#isCommitted(id));
    let lost: string[] = [];
    await until(60_000, async () => {
      const found = new Set(await read(wire));
      lost = wanted.filter((id) => !found.has(id));
      await pause(300);
      return lost.length === 0 || undefined;
    }, () => "").catch(() => {});
    await pause(3000);
    const seen = new Set<string>();
    for (const id of await read(wire)) {
      const plan = JSON.stringify(this.#plans.get(id));
      if (seen.has(id)) this.violations.push(`${id} was committed twice (${plan})`);
      if (!this.#isCommitted(id)) this.violations.push(`${id} was not committed: ${plan}`);
      seen.add(id);
    }
    for (const id of lost) if (!seen.has(id)) this.violations.push(`the commit of ${id} is lost`);
  }

  #isCommitted(id: string): boolean {
    return this.#plans.get(id)?.outcome === "commit";
  }

  async #send(wire: Wire, wanted: number): Promise<void> {
    while (this.#acknowledged.size < wanted) {
      const id = `t${this.#plans.size}`;
      const says = (["at once", "at once", "never", "twice"] as const)[this.#chance.below(4)];
      const plan: Plan = {
        outcome: this.#chance.below(3) === 0 ? "rollback" : "commit",
        says: says === "twice" && !this.#limits.saysTwice ? "at once" : says,
      };
      this.#plans.set(id, plan);
      const properties = { TRAN_MSG: "true", PGROUP: GROUP, UNIQ_KEY: id };
      const queueId = this.#chance.below(QUEUES);
      const half = await sendWell(wire, {
        topic: TOPIC,
        queueId,
        body: id,
        properties,
        sysFlag: 4,
      });
      this.#acknowledged.add(id);
      const place = {
        tranStateTableOffset: String(half.offset),
        commitLogOffset: String(parseInt(half.id.slice(16), 16)),
      };
      if (plan.says !== "never") await this.#end(wire, id, place);
      if (plan.says === "twice") await this.#end(wire, id, place);
      await pause(20);
    }
  }

  #asked(wire: Wire, fields: Readonly<Record<string, string>>, id: string): void {
    this.#checks++;
    if (this.#chance.below(3) === 0) return;
    const { tranStateTableOffset, commitLogOffset } = fields;
    const place = { tranStateTableOffset, commitLogOffset, fromTransactionCheck: "true" };
    this.#end(wire, id, place).catch((fault) => {
      if (!(fault instanceof Cut)) this.violations.push(String(fault));
    });
  }

  async #end(wire: Wire, id: string, place: Record<string, string>): Promise<void> {
    const commitOrRollback = END[this.#plans.get(id)?.outcome ?? "rollback"];
    const fields = { topic: TOPIC, producerGroup: GROUP, commitOrRollback, msgId: id, ...place };
    await wire.call({ code: 37, fields: { fromTransactionCheck: false, ...fields } });
  }
}

async function read(wire: Wire): Promise<string[]> {
  return (await readTopic(wire, TOPIC, QUEUES)).map(({ body }) => body);
}
