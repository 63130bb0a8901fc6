import { pause } from "./pause.ts";
import { ACK, type Fields, heldIn, POP, type PoppedMessage } from "./popped.ts";
import { ANSWER, CODE, createGroup, send } from "./requests.ts";
import { same } from "./scenario.ts";
import { Wire } from "./wire.ts";
import { withTried, type World } from "./world.ts";

const TOPIC = "Renamed";
const GROUP = "renamed";
/** Upstream looks at what was popped every few seconds. */
const LIMIT_MS = 60_000;

/**
 * What nobody acknowledges comes back through the retry topic of the old name, or, once
 * enableRetryTopicV2 was switched on, of the new one; what lies in the old one is found as well.
 */
export function popRenamed(world: World): Promise<void> {
  return withTried(world, [{ name: "pop-renamed" }], async ([{ brokerPort }]) => {
    const wire = await Wire.connect(brokerPort);
    await createGroup(wire, GROUP);
    await pause(1000);
    same("send", ANSWER.ok, (await send(wire, { topic: TOPIC, queueId: 0, body: "old" })).code);
    const [first] = await popOne(wire, "old");
    same("of its own topic", TOPIC, first.topic);
    await untilStored(wire, `%RETRY%${GROUP}_${TOPIC}`);
    const body = new TextEncoder().encode("enableRetryTopicV2=true\n");
    const { code } = await wire.call({ code: CODE.updateBrokerConfig, body });
    same("switched on", ANSWER.ok, code);
    same("send", ANSWER.ok, (await send(wire, { topic: TOPIC, queueId: 0, body: "new" })).code);
    await popOne(wire, "new", "0");
    await untilStored(wire, `%RETRY%${GROUP}+${TOPIC}`);
    const found = [...await popOne(wire, "old"), ...await popOne(wire, "new")];
    const topics = [`%RETRY%${GROUP}_${TOPIC}`, `%RETRY%${GROUP}+${TOPIC}`];
    same("where they came back", topics, found.map(({ topic }) => topic));
    wire.close();
  });
}

/** Pops until this one comes, for a second; what else comes is acknowledged only after it. */
async function popOne(wire: Wire, body: string, queueId = "-1"): Promise<{ topic: string }[]> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const fields = {
      ...{ consumerGroup: GROUP, topic: TOPIC, queueId, initMode: 0, order: false },
      ...{ maxMsgNums: 1, invisibleTime: 1000, exp: "*", expType: "TAG" },
      ...{ pollTime: 500, bornTime: Date.now() },
    };
    const answer = await wire.call({ code: POP, fields });
    if (answer.code !== ANSWER.ok) continue;
    const mine = heldIn(answer, TOPIC, GROUP).find((one) => one.body === body);
    if (mine === undefined) continue;
    if (isBack(mine.ack)) await acknowledge(wire, mine);
    return [{ topic: String(mine.ack.topic) }];
  }
  throw new Error(`${body} did not come in ${LIMIT_MS} ms`);
}

function isBack(ack: Fields): boolean {
  return String(ack.topic).startsWith("%RETRY%");
}

async function acknowledge(wire: Wire, { ack, body }: PoppedMessage): Promise<void> {
  const { code, remark } = await wire.call({ code: ACK, fields: ack });
  same(`acknowledgement of ${body} (${remark})`, ANSWER.ok, code);
}

/** Waits for a first record in the topic. */
async function untilStored(wire: Wire, topic: string): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const answer = await wire.call({ code: CODE.maxOffset, fields: { topic, queueId: 0 } });
    if (answer.code === ANSWER.ok && Number(answer.fields.offset) > 0) return;
    await pause(200);
  }
  throw new Error(`nothing came to ${topic} in ${LIMIT_MS} ms`);
}
