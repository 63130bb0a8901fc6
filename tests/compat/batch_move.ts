import { startApache } from "./apache.ts";
import { pause } from "./pause.ts";
import { startPocketmq } from "./pocketmq.ts";
import { endsOf } from "./reader.ts";
import { recordsIn } from "./record.ts";
import { ANSWER, CODE } from "./requests.ts";
import { holds } from "./scenario.ts";
import type { Target } from "./target.ts";
import { Wire } from "./wire.ts";
import type { World } from "./world.ts";

const QUEUE = { topic: "Together", queueId: 0 };
const CREATE_TOPIC = 17;
const encoder = new TextEncoder();

/** One stay of the directory at a broker, and how it ends. */
export interface Stay {
  readonly kind: Target["kind"];
  readonly end: "stop" | "kill";
}

/** A topic of type BatchCQ, created and filled by brokers in turn, in one data directory. */
export async function moveBatches(world: World, stays: readonly Stay[]): Promise<void> {
  const expected: [offset: number, word: string][] = [];
  let directory: string | undefined;
  let end = 0;
  for (const [at, { kind, end: how }] of stays.entries()) {
    const { apache } = world.installed;
    const options = { name: `batch-move-${kind}`, directory, classPath: apache };
    const target = await (kind === "apache" ? startApache(options) : startPocketmq(options));
    const wire = await Wire.connect(target.brokerPort);
    if (at === 0) await createTopic(wire);
    await check(wire, { expected, end });
    for (let round = 0; round < 20; round++) {
      const word = `<${kind} ${at} ${round}>`;
      const count = 1 + round % 4;
      const offset = await sendBatch(wire, word, count);
      holds(offset === end, `${word} is at ${offset} instead of ${end}`);
      expected.push([offset, word]);
      end += count;
    }
    await check(wire, { expected, end });
    wire.close();
    directory = target.directory;
    await target[how]();
  }
}

async function createTopic(wire: Wire): Promise<void> {
  const answer = await wire.call({
    code: CREATE_TOPIC,
    fields: {
      ...{ topic: QUEUE.topic, defaultTopic: "TBW102", readQueueNums: 1, writeQueueNums: 1 },
      ...{ perm: 6, topicFilterType: "SINGLE_TAG", topicSysFlag: 0, order: false },
      attributes: "+queue.type=BatchCQ",
    },
  });
  holds(answer.code === ANSWER.ok, `the topic was answered ${answer.code}: ${answer.remark}`);
}

/** Gives the offset of its first message. */
async function sendBatch(wire: Wire, word: string, count: number): Promise<number> {
  const parts = Array.from({ length: count }, (_, at) => part(`${word}${at}`));
  const body = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  parts.reduce((at, one) => (body.set(one, at), at + one.length), 0);
  const answer = await wire.call({
    code: CODE.sendBatch,
    fields: {
      ...{ a: "compat", b: QUEUE.topic, c: "TBW102", d: 1, e: 0, f: 0, g: Date.now(), h: 0 },
      ...{ i: `UNIQ_KEY\x01${word}\x02`, j: 0, k: false, m: true, n: "broker-a" },
    },
    body,
  });
  holds(answer.code === ANSWER.ok, `${word} was answered ${answer.code}: ${answer.remark}`);
  holds(answer.fields.batchUniqId === word, `the batch's id: ${JSON.stringify(answer.fields)}`);
  return Number(answer.fields.queueOffset);
}

function part(text: string): Uint8Array {
  const body = encoder.encode(text);
  const bytes = new Uint8Array(22 + body.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, bytes.length);
  view.setInt32(16, body.length);
  bytes.set(body, 20);
  return bytes;
}

/** Is each batch where it was, and nothing else there, by whatever offset one asks? */
async function check(
  wire: Wire,
  { expected, end }: {
    readonly expected: readonly [offset: number, word: string][];
    readonly end: number;
  },
): Promise<void> {
  if (end === 0) return;
  await readable(wire, end);
  const ends = await endsOf(wire, QUEUE);
  holds(ends.min === 0 && ends.max === end, `${JSON.stringify(ends)} instead of 0 to ${end}`);
  let next = 0;
  for (const [offset, word] of expected) {
    const [record] = await pull(wire, next);
    holds(record.offset === offset, `at ${next} lies ${record.offset} instead of ${offset}`);
    holds(record.body.includes(word), `${word} is not at ${offset}`);
    next = offset + Number(record.properties.get("INNER_NUM"));
    const [again] = await pull(wire, next - 1);
    holds(again.offset === offset, `at ${next - 1} lies ${again.offset} instead of ${offset}`);
  }
  holds(next === end, `the last batch ends at ${next} instead of ${end}`);
}

/** Apache's broker builds its queues a moment later. */
async function readable(wire: Wire, end: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await pull(wire, end - 1)).length > 0) return;
    await pause(50);
  }
  throw new Error(`offset ${end - 1} cannot be read`);
}

async function pull(wire: Wire, queueOffset: number) {
  const answer = await wire.call({
    code: CODE.pull,
    fields: {
      ...QUEUE,
      ...{ consumerGroup: "compat_reader", queueOffset, maxMsgNums: 1 },
      ...{ sysFlag: 4, commitOffset: 0, suspendTimeoutMillis: 0 },
      ...{ subscription: "*", subVersion: 1, expressionType: "TAG" },
    },
  });
  return answer.code === ANSWER.ok ? recordsIn(answer.body) : [];
}
