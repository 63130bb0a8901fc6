import { MovedStore } from "./moved_store.ts";
import { pause } from "./pause.ts";
import { ACK, CHANGE, heldIn, POP, type PoppedMessage } from "./popped.ts";
import { ANSWER, send } from "./requests.ts";
import { same } from "./scenario.ts";
import type { Target } from "./target.ts";
import type { World } from "./world.ts";

const TOPIC = "PopMoved";
const GROUP = "pop_movers";
const BATCH_ACK = 200151;
const COUNT = 24;
/** Longer than a broker needs to open the directory on a busy machine: then it is acknowledged. */
const INVISIBLE_MS = 40_000;
/** Upstream keeps check points behind a timer, and looks at them every few seconds. */
const LATE_MS = 60_000;

type Kind = Target["kind"];

const encoder = new TextEncoder();

/** A data directory with popped messages, moved from one broker to another. */
class PopMove extends MovedStore {
  async send(): Promise<void> {
    for (let at = 0; at < COUNT; at++) {
      const message = { topic: TOPIC, queueId: at % 2, body: `m${String(at).padStart(2, "0")}` };
      same("send", ANSWER.ok, (await send(this.wire, message)).code);
    }
  }

  /** Pops until so many different ones came, or the time is over. */
  async pop(count: number, limitMs: number): Promise<Map<string, PoppedMessage>> {
    const popped = new Map<string, PoppedMessage>();
    const end = performance.now() + limitMs;
    while (popped.size < count && performance.now() < end) {
      const fields = {
        ...{ consumerGroup: GROUP, topic: TOPIC, queueId: -1, initMode: 0, order: false },
        ...{ maxMsgNums: 32, invisibleTime: INVISIBLE_MS, exp: "*", expType: "TAG" },
        ...{ pollTime: 1000, bornTime: Date.now() },
      };
      const answer = await this.wire.call({ code: POP, fields });
      if (answer.code !== ANSWER.ok) continue;
      for (const one of heldIn(answer, TOPIC, GROUP)) popped.set(one.body, one);
    }
    return popped;
  }

  async acknowledge(popped: readonly PoppedMessage[]): Promise<void> {
    for (const { body, ack } of popped) {
      const { code, remark } = await this.wire.call({ code: ACK, fields: ack });
      same(`acknowledgement of ${body} (${remark})`, ANSWER.ok, code);
    }
  }

  /** All that came from one queue by one pop, in one bit set. */
  async acknowledgeAll(popped: readonly PoppedMessage[]): Promise<void> {
    const acks = popped.map(({ ack }) => {
      const [so, pt, it, rq] = String(ack.extraInfo).split(" ").map(Number);
      const bits = new Uint8Array(8);
      const bit = Number(ack.offset) - so;
      bits[bit >> 3] = 1 << (bit & 7);
      const b = btoa(String.fromCharCode(...bits));
      return { c: GROUP, t: TOPIC, r: "0", so, q: Number(ack.queueId), rq, pt, it, b };
    });
    const body = encoder.encode(JSON.stringify({ brokerName: "broker-a", acks }));
    const { code, remark } = await this.wire.call({ code: BATCH_ACK, body });
    same(`acknowledgement in a batch (${remark})`, ANSWER.ok, code);
  }

  async change(popped: readonly PoppedMessage[], invisibleTime: number): Promise<void> {
    for (const { ack } of popped) {
      const fields = { ...ack, invisibleTime };
      same("a change", ANSWER.ok, (await this.wire.call({ code: CHANGE, fields })).code);
    }
  }
}

/**
 * What was popped and not acknowledged comes again at the broker that the directory is moved to,
 * what was acknowledged there, before or after, does not.
 */
export async function movePops(world: World, from: Kind, to: Kind): Promise<void> {
  const move = new PopMove(world, "pop-move");
  await move.open(from);
  try {
    await move.send();
    const popped = await move.pop(COUNT, LATE_MS);
    same("popped", COUNT, popped.size);
    const all = [...popped.values()].sort((one, other) => one.body < other.body ? -1 : 1);
    await move.acknowledge(all.slice(0, 4));
    await move.acknowledgeAll(all.slice(4, 8));
    await move.change(all.slice(8, 12), INVISIBLE_MS + 10_000);
    await pause(2000);
    await move.stop();
    await move.open(to);
    await move.acknowledge(all.slice(12, 16));
    const missing = [...all.slice(8, 12), ...all.slice(16)].map(({ body }) => body);
    const again = await move.pop(missing.length, INVISIBLE_MS + LATE_MS);
    const more = await move.pop(1, 10_000);
    same("not acknowledged, and there again", missing, [...again.keys(), ...more.keys()].sort());
    await move.acknowledge([...again.values()]);
  } finally {
    await move.stop();
  }
}
