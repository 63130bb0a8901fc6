import { MovedStore } from "./moved_store.ts";
import { pause } from "./pause.ts";
import { ACK, heldIn, POP, type PoppedMessage } from "./popped.ts";
import { ANSWER, createGroup, send } from "./requests.ts";
import { same } from "./scenario.ts";
import type { Target } from "./target.ts";
import type { World } from "./world.ts";

const TOPIC = "OrderMoved";
const GROUP = "order_movers";
/** Longer than a broker needs to open the directory on a busy machine. */
const INVISIBLE_MS = 40_000;
const LATE_MS = 30_000;

type Kind = Target["kind"];

/**
 * An ordered queue of which two messages of four are popped and one of those is acknowledged stays
 * blocked at the broker that the directory is moved to, gives the same ones to the same attempt,
 * and begins with the open one when its time is over.
 */
export async function moveOrders(world: World, from: Kind, to: Kind): Promise<void> {
  const store = new MovedStore(world, "order-move");
  await store.open(from);
  try {
    await createGroup(store.wire, GROUP);
    for (let at = 0; at < 4; at++) {
      const sent = await send(store.wire, { topic: TOPIC, queueId: 0, body: `m${at}` });
      same("send", ANSWER.ok, sent.code);
    }
    const first = await popUntil(store, "one", LATE_MS);
    const poppedMs = Date.now();
    same("popped", ["m0", "m1"], bodiesOf(first));
    const { code, remark } = await store.wire.call({ code: ACK, fields: first[0].ack });
    same(`acknowledgement (${remark})`, ANSWER.ok, code);
    await pause(6000);
    await store.stop();
    await store.open(to);
    await pause(1000);
    same("to another attempt", [], bodiesOf(await pop(store, "two")));
    same("early enough to say so", true, Date.now() < poppedMs + INVISIBLE_MS);
    const second = await popUntil(store, "three", INVISIBLE_MS + LATE_MS);
    same("not before its time", true, Date.now() >= poppedMs + INVISIBLE_MS - 1000);
    same("when its time was over", ["m1", "m2"], bodiesOf(second));
  } finally {
    await store.stop();
  }
}

function bodiesOf(popped: readonly PoppedMessage[]): string[] {
  return popped.map(({ body }) => body);
}

async function pop({ wire }: MovedStore, attemptId: string): Promise<PoppedMessage[]> {
  const fields = {
    ...{ consumerGroup: GROUP, topic: TOPIC, queueId: 0, initMode: 0, order: true, attemptId },
    ...{ maxMsgNums: 2, invisibleTime: INVISIBLE_MS, exp: "*", expType: "TAG" },
    ...{ pollTime: 0, bornTime: Date.now() },
  };
  const answer = await wire.call({ code: POP, fields });
  return answer.code === ANSWER.ok ? heldIn(answer, TOPIC, GROUP) : [];
}

async function popUntil(store: MovedStore, attemptId: string, limitMs: number) {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    const popped = await pop(store, attemptId);
    if (popped.length > 0) return popped;
    await pause(300);
  }
  return [];
}
