import { Client } from "../lib/client/client.ts";
import { RealClock } from "../lib/port/clock_real.ts";
import { RealTcp } from "../lib/port/tcp_real.ts";
import { Caller } from "../lib/remoting/caller.ts";
import { sendMany } from "./send_many.ts";

/** Queues that one topic may have. */
export const TOPIC_QUEUES_MAX = 65_536;
/** What lets it have them. */
export const MANY_QUEUES: readonly string[] = [`topicQueuesMax=${TOPIC_QUEUES_MAX}`];

const UPDATE_TOPIC = 17;
const TIMEOUT_MS = 60_000;
const OPEN = 256;

const real = { tcp: new RealTcp(), clock: new RealClock() };

/** Makes a topic, or changes it, to so many queues. */
export async function makeTopic(port: number, topic: string, queues: number): Promise<void> {
  const caller = await Caller.connect({ ...real, host: "127.0.0.1", port, timeoutMs: TIMEOUT_MS });
  const header = {
    ...{ topic, defaultTopic: "TBW102", readQueueNums: queues, writeQueueNums: queues, perm: 6 },
    ...{ topicFilterType: "SINGLE_TAG", topicSysFlag: 0, order: false },
  };
  const answer = await caller.call({ code: UPDATE_TOPIC, header, timeoutMs: TIMEOUT_MS });
  caller.close();
  if (answer.code !== 0) throw new Error(`No topic ${topic} of ${queues}: ${answer.remark}`);
}

/**
 * Makes so many queues with a message in each: of the topic as far as it may have them, the rest
 * in others beside it.
 */
export async function makeQueues(port: number, topic: string, queues: number): Promise<void> {
  for (let made = 0; made < queues; made += TOPIC_QUEUES_MAX) {
    const name = made === 0 ? topic : `${topic}${made}`;
    const count = Math.min(TOPIC_QUEUES_MAX, queues - made);
    await makeTopic(port, name, count);
    await touch(port, name, count);
  }
}

/** Sends a message to each queue. */
async function touch(port: number, topic: string, queues: number): Promise<void> {
  const client = new Client({ ...real, nameServers: [], timeoutMs: TIMEOUT_MS });
  const broker = await client.broker(`127.0.0.1:${port}`);
  const body = new Uint8Array(16);
  const message = (queueId: number) => ({ queueId, body });
  await sendMany(broker, { count: queues, open: OPEN, topic, message });
  await client.close();
}
