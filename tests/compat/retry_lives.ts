import { Chance } from "./chance.ts";
import { killPlay, type KillsAsk, lives } from "./lives.ts";
import { pause } from "./pause.ts";
import { readFrom } from "./reader.ts";
import type { StoredRecord } from "./record.ts";
import { send } from "./requests.ts";
import { type Group, holds, plays, same } from "./scenario.ts";
import type { Target } from "./target.ts";
import { Wire } from "./wire.ts";
import type { World } from "./world.ts";

const TOPIC = "Retried";
const GROUP = "retrying";
const RETRIES = `%RETRY%${GROUP}`;
const DEAD = `%DLQ%${GROUP}`;
const TRIES_MAX = 3;
const SENDERS = 8;
/** New messages of a sender in a life of the broker. */
const SENDS_EACH = 40;
const SETTINGS = {
  flushDiskType: "SYNC_FLUSH",
  messageDelayLevel: Array<string>(18).fill("1s").join(" "),
};

/** A message after so many failures: one that the broker must have, once it said so. */
function step(id: string, times: number): string {
  return `${id} after ${times}`;
}

/** Consumers that fail at everything, by the protocol alone, and what they were promised. */
class RetryLoad {
  readonly promised = new Set<string>();
  #sent = 0;
  #next = 0;

  /** Sends, and sends back, until the connection breaks. */
  async run(port: number): Promise<void> {
    const wires = await Promise.all([...Array(SENDERS + 1)].map(() => Wire.connect(port)));
    await this.#beat(wires[0]);
    const [reader, ...senders] = wires;
    const all = [this.#failAgain(reader), ...senders.map((wire) => this.#fail(wire))];
    await Promise.allSettled(all);
    for (const wire of wires) wire.close();
  }

  async #beat(wire: Wire): Promise<void> {
    const consumer = {
      ...{ groupName: GROUP, consumeType: "CONSUME_PASSIVELY", messageModel: "CLUSTERING" },
      ...{ consumeFromWhere: "CONSUME_FROM_FIRST_OFFSET", subscriptionDataSet: [] },
    };
    const beat = { clientID: "c", producerDataSet: [], consumerDataSet: [consumer] };
    await wire.call({ code: 34, body: new TextEncoder().encode(JSON.stringify(beat)) });
  }

  /** New messages, each of which fails at once. */
  async #fail(wire: Wire): Promise<void> {
    for (let count = 0; count < SENDS_EACH; count++) {
      await pause(10);
      const body = `m${this.#sent++}`;
      const { code, fields } = await send(wire, { topic: TOPIC, queueId: 0, body });
      if (code === 0) await this.#back(wire, { body, times: 1, id: fields.msgId });
    }
  }

  /** Those that came again fail again. */
  async #failAgain(wire: Wire): Promise<void> {
    while (!wire.isClosed) {
      const records = await readFrom(wire, { topic: RETRIES, queueId: 0 }, this.#next);
      await Promise.all(records.map((record) => {
        const { body, position } = record;
        return this.#back(wire, { body, times: timesOf(record) + 1, position });
      }));
      this.#next += records.length;
      await pause(20);
    }
  }

  async #back(
    wire: Wire,
    one: { body: string; times: number; id?: string; position?: number },
  ): Promise<void> {
    const offset = one.position ?? parseInt((one.id ?? "").slice(16), 16);
    const fields = { offset, group: GROUP, delayLevel: 0, originTopic: TOPIC, unitMode: false };
    const ask = { code: 36, fields: { ...fields, maxReconsumeTimes: TRIES_MAX } };
    if ((await wire.call(ask)).code === 0) this.promised.add(step(one.body, one.times));
  }
}

function timesOf({ bytes }: StoredRecord): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(RECONSUME_TIMES_AT);
}

/** Where a record of IPv4 hosts says how often it failed. */
const RECONSUME_TIMES_AT = 72;

/** Kills our broker again and again in the middle of retries. */
export async function killRetries({ cycles, seed, say }: KillsAsk): Promise<void> {
  const chance = new Chance(seed);
  const load = new RetryLoad();
  const start = lives("retries-kill", SETTINGS);
  let target: Target | undefined;
  for (let cycle = 1; cycle <= cycles; cycle++) {
    target = await start(target);
    const running = load.run(target.brokerPort);
    await pause(1200 + chance.below(1500));
    await target.kill();
    await running;
    say(`cycle ${cycle}: ${load.promised.size} promised`);
  }
  target = await start(target);
  await pause(2500);
  const wire = await Wire.connect(target.brokerPort);
  const again = await readFrom(wire, { topic: RETRIES, queueId: 0 }, 0);
  const dead = await readFrom(wire, { topic: DEAD, queueId: 0 }, 0);
  wire.close();
  await target.kill();
  const found = new Set([...again, ...dead].map((one) => step(one.body, timesOf(one))));
  const lost = [...load.promised].filter((one) => !found.has(one));
  const twice = again.length + dead.length - found.size;
  say(`seed ${seed}: ${load.promised.size} promised, ${dead.length} dead, ${twice} twice`);
  const early = dead.filter((one) => timesOf(one) !== TRIES_MAX + 1).map(({ body }) => body);
  const late = again.filter((one) => timesOf(one) > TRIES_MAX).map(({ body }) => body);
  holds(dead.length > 0, "nothing died");
  same(`seed ${seed}: dead at another count`, [], early.slice(0, 5));
  same(`seed ${seed}: tried again after the last time`, [], late.slice(0, 5));
  holds(lost.length === 0, `seed ${seed}: lost ${lost.length}, as ${lost.slice(0, 5).join(", ")}`);
}

/** Retries through kills of the broker. */
export function retryLivesGroup(world: World): Group {
  return plays("retry-lives", new Map([["kill-nine", killPlay(world, killRetries)]]));
}
