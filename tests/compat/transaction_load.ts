import { Chance } from "./chance.ts";
import { pause, until } from "./pause.ts";
import { endsOf, readFrom } from "./reader.ts";
import { recordsIn } from "./record.ts";
import { ANSWER, CODE } from "./requests.ts";
import { Wire } from "./wire.ts";

const TOPIC = "Transacted";
const GROUP = "transacting";
const QUEUES = 4;
const WIRES = 6;
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
export class TransactionLoad {
  readonly #chance: Chance;
  readonly #saysTwice: boolean;
  readonly #plans = new Map<string, Plan>();
  /** Halves whose sends were answered. */
  readonly #acknowledged = new Set<string>();
  #wires: Wire[] = [];
  #checks = 0;

  constructor(seed: number, saysTwice: boolean) {
    this.#chance = new Chance(seed);
    this.#saysTwice = saysTwice;
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  get checks(): number {
    return this.#checks;
  }

  /** Connects, and says that it is a producer of its group. */
  async join(port: number): Promise<void> {
    this.#wires = await Promise.all(Array.from({ length: WIRES }, () => Wire.connect(port)));
    for (const [at, wire] of this.#wires.entries()) {
      wire.asked = ({ code, fields, body }) => {
        if (code === 39) this.#asked(wire, fields, recordsIn(body)[0].body);
      };
      const group = { groupName: GROUP };
      const beat = { clientID: `c${at}`, producerDataSet: [group], consumerDataSet: [] };
      const json = JSON.stringify({ ...beat, heartbeatFingerprint: 0, withoutSub: false });
      await wire.call({ code: 34, body: encoder.encode(json) });
    }
  }

  leave(): void {
    for (const wire of this.#wires) wire.close();
  }

  /** Begins transactions until there are so many halves, or the connections break. */
  async begin(wanted: number): Promise<void> {
    const senders = this.#wires.flatMap((wire) => [1, 2, 3, 4].map(() => this.#send(wire, wanted)));
    await Promise.all(senders);
  }

  /** Waits until every commit is there, and a while longer; gives what is wrong. */
  async verdict(port: number): Promise<string[]> {
    const wanted = [...this.#acknowledged].filter((id) => this.#isCommitted(id));
    let found: string[] = [];
    const lost = () => wanted.filter((id) => !found.includes(id));
    await until(60_000, async () => {
      found = await read(port);
      if (lost().length === 0) return true;
      await pause(300);
      return undefined;
    }, () => `${lost().length} commits are lost, such as ${lost()[0]}`);
    await pause(3000);
    found = await read(port);
    const twice = found.filter((id, at) => found.indexOf(id) !== at);
    const wrong = found.filter((id) => !this.#isCommitted(id));
    return [
      ...twice.map((id) => `${id} was committed twice (${JSON.stringify(this.#plans.get(id))})`),
      ...wrong.map((id) => `${id} was rolled back, and is there`),
    ];
  }

  #isCommitted(id: string): boolean {
    return this.#plans.get(id)?.outcome === "commit";
  }

  async #send(wire: Wire, wanted: number): Promise<void> {
    while (this.#acknowledged.size < wanted && !wire.isClosed) {
      const id = `t${this.#plans.size}`;
      const says = (["at once", "at once", "never", "twice"] as const)[this.#chance.below(4)];
      const plan: Plan = {
        outcome: this.#chance.below(3) === 0 ? "rollback" : "commit",
        says: says === "twice" && !this.#saysTwice ? "at once" : says,
      };
      this.#plans.set(id, plan);
      const properties = `TRAN_MSG\x01true\x02PGROUP\x01${GROUP}\x02UNIQ_KEY\x01${id}\x02`;
      const answer = await wire.call({
        code: CODE.sendV2,
        fields: {
          ...{ a: GROUP, b: TOPIC, c: "TBW102", d: QUEUES, e: this.#chance.below(QUEUES), f: 4 },
          ...{ g: Date.now(), h: 0, i: properties, j: 0, k: false, m: false, n: "broker-a" },
        },
        body: encoder.encode(id),
      }).catch(() => undefined);
      if (answer === undefined) return;
      if (answer.code !== ANSWER.ok) {
        throw new Error(`a half was answered ${answer.code}: ${answer.remark}`);
      }
      this.#acknowledged.add(id);
      const place = {
        tranStateTableOffset: answer.fields.queueOffset,
        commitLogOffset: String(Number(`0x${answer.fields.msgId.slice(16)}`)),
      };
      if (plan.says !== "never") await this.#end(wire, id, { ...place });
      if (plan.says === "twice") await this.#end(wire, id, { ...place });
    }
  }

  #asked(wire: Wire, fields: Readonly<Record<string, string>>, id: string): void {
    this.#checks++;
    if (this.#chance.below(3) === 0) return;
    const { tranStateTableOffset, commitLogOffset } = fields;
    this.#end(wire, id, { tranStateTableOffset, commitLogOffset, fromTransactionCheck: "true" });
  }

  async #end(wire: Wire, id: string, place: Record<string, string>): Promise<void> {
    const commitOrRollback = END[this.#plans.get(id)?.outcome ?? "rollback"];
    const fields = { topic: TOPIC, producerGroup: GROUP, commitOrRollback, msgId: id, ...place };
    await wire.call({ code: 37, fields: { fromTransactionCheck: false, ...fields } })
      .catch(() => undefined);
  }
}

/** The bodies of the whole topic. */
async function read(port: number): Promise<string[]> {
  const wire = await Wire.connect(port);
  const found: string[] = [];
  for (let queueId = 0; queueId < QUEUES; queueId++) {
    const queue = { topic: TOPIC, queueId };
    const { min, max } = await endsOf(wire, queue);
    if (max > min) found.push(...(await readFrom(wire, queue, min)).map(({ body }) => body));
  }
  wire.close();
  return found;
}
