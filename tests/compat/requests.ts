import { until } from "./pause.ts";
import { askOnce, type Wire } from "./wire.ts";

/** Codes of RocketMQ's requests and answers, as far as these tests use them. */
export const CODE = {
  pull: 11,
  queryByKey: 12,
  queryProgress: 14,
  commitProgress: 15,
  createTopic: 17,
  updateBrokerConfig: 25,
  maxOffset: 30,
  minOffset: 31,
  route: 105,
  topicsOfNameServer: 206,
  createGroup: 200,
  reset: 222,
  groupsOfTopic: 300,
  sendV2: 310,
  sendBatch: 320,
} as const;
export const ANSWER = { ok: 0, busy: 2, topicUnknown: 17, nothingNew: 19, notFound: 22 } as const;
/** A broker that is busy for longer has another trouble. */
const BUSY_MS_MAX = 30_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Does the name server know a route to this topic? */
export async function hasRoute(nameServerPort: number, topic: string): Promise<boolean> {
  const fields = { topic, acceptStandardJsonOnly: true };
  return (await askOnce(nameServerPort, { code: CODE.route, fields })).code === ANSWER.ok;
}

/** How many queues a topic has; 0 where the name server does not know it. */
export async function queuesOf(nameServerPort: number, topic: string): Promise<number> {
  const fields = { topic, acceptStandardJsonOnly: true };
  const { code, body } = await askOnce(nameServerPort, { code: CODE.route, fields });
  if (code !== ANSWER.ok) return 0;
  return JSON.parse(decoder.decode(body)).queueDatas[0].readQueueNums;
}

/** The names of all topics that a name server knows. */
export async function topicsOf(nameServerPort: number): Promise<string[]> {
  const { body } = await askOnce(nameServerPort, { code: CODE.topicsOfNameServer });
  return JSON.parse(decoder.decode(body)).topicList.toSorted();
}

/** One message to be sent. */
export interface Sending {
  readonly topic: string;
  readonly queueId: number;
  readonly body: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly sysFlag?: number;
}

/** A send as Java's client makes it (310); resolves with the answer, whatever its code. */
export function send(wire: Wire, sending: Sending) {
  const { topic, queueId, body, properties = {}, sysFlag = 0 } = sending;
  const text = Object.entries(properties).map(([key, value]) => `${key}\x01${value}\x02`).join("");
  return wire.call({
    code: CODE.sendV2,
    fields: {
      ...{ a: "compat", b: topic, c: "TBW102", d: 8, e: queueId, f: sysFlag, g: Date.now(), h: 0 },
      ...{ i: text, j: 0, k: false, l: 16, m: false, n: "broker-a" },
    },
    body: encoder.encode(body),
  });
}

/**
 * The same where only 0 will do: where the message lies. A broker whose disk is busy has not stored
 * it, and is asked again. @throws {Error} with another refusal
 */
export function sendWell(wire: Wire, sending: Sending) {
  return until(BUSY_MS_MAX, async () => {
    const { code, remark, fields } = await send(wire, sending);
    if (code === ANSWER.busy) return undefined;
    if (code !== ANSWER.ok) throw new Error(`a send was refused with ${code}: ${remark}`);
    const { queueId, queueOffset, msgId: id } = fields;
    return { queueId: Number(queueId), offset: Number(queueOffset), id };
  }, () => "the broker is still busy");
}

/** The offset that a group has committed in a queue; undefined where it has none. */
export async function progressOf(
  wire: Wire,
  consumerGroup: string,
  queue: { readonly topic: string; readonly queueId: number },
): Promise<number | undefined> {
  const fields = { consumerGroup, ...queue, setZeroIfNotFound: false };
  const answer = await wire.call({ code: CODE.queryProgress, fields });
  return answer.code === ANSWER.ok ? Number(answer.fields.offset) : undefined;
}

/** The groups that have progress in a topic. */
export async function groupsOf(wire: Wire, topic: string): Promise<string[]> {
  const { code, body } = await wire.call({ code: CODE.groupsOfTopic, fields: { topic } });
  return code === ANSWER.ok ? JSON.parse(decoder.decode(body)).groupList ?? [] : [];
}

/** Commits a group's progress, two-way. */
export async function commit(
  wire: Wire,
  consumerGroup: string,
  place: { readonly topic: string; readonly queueId: number; readonly commitOffset: number },
): Promise<void> {
  const { code, remark } = await wire.call({
    code: CODE.commitProgress,
    fields: { consumerGroup, ...place },
  });
  if (code !== ANSWER.ok) throw new Error(`a commit was answered ${code}: ${remark}`);
}

/** Creates a consumer group, as mqadmin does. */
export async function createGroup(wire: Wire, groupName: string): Promise<void> {
  const group = {
    ...{ groupName, brokerId: 0, whichBrokerWhenConsumeSlowly: 1, groupSysFlag: 0 },
    ...{ consumeEnable: true, consumeBroadcastEnable: true, consumeFromMinEnable: true },
    ...{ consumeMessageOrderly: false, notifyConsumerIdsChangedEnable: true },
    ...{ retryMaxTimes: 16, retryQueueNums: 1, consumeTimeoutMinute: 15, attributes: {} },
  };
  const body = encoder.encode(JSON.stringify(group));
  const { code, remark } = await wire.call({ code: CODE.createGroup, body });
  if (code !== ANSWER.ok) throw new Error(`the group was refused with ${code}: ${remark}`);
}
