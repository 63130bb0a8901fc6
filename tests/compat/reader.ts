import { recordsIn, type StoredRecord } from "./record.ts";
import { ANSWER, CODE } from "./requests.ts";
import type { Wire } from "./wire.ts";

/** One queue of a topic. */
export interface QueueName {
  readonly topic: string;
  readonly queueId: number;
}

/** Offsets of a queue: the first one there, and the one behind the last. */
export interface Ends {
  readonly min: number;
  readonly max: number;
}

async function offsetBy(wire: Wire, code: number, queue: QueueName): Promise<number> {
  const answer = await wire.call({ code, fields: { ...queue } });
  if (answer.code !== ANSWER.ok) {
    throw new Error(
      `${queue.topic}/${queue.queueId}: ${code} gave ${answer.code} ${answer.remark}`,
    );
  }
  return Number(answer.fields.offset);
}

export async function endsOf(wire: Wire, queue: QueueName): Promise<Ends> {
  const min = await offsetBy(wire, CODE.minOffset, queue);
  return { min, max: await offsetBy(wire, CODE.maxOffset, queue) };
}

/**
 * Reads a queue from an offset to its end by pulls that do not wait; every offset must be there.
 */
export async function readFrom(
  wire: Wire,
  queue: QueueName,
  from: number,
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  let next = from;
  while (true) {
    const answer = await wire.call({
      code: CODE.pull,
      fields: {
        ...queue,
        ...{ consumerGroup: "compat_reader", queueOffset: next, maxMsgNums: 32 },
        ...{ sysFlag: 4, commitOffset: 0, suspendTimeoutMillis: 0 },
        ...{ subscription: "*", subVersion: 1, expressionType: "TAG" },
      },
    });
    if (answer.code === ANSWER.nothingNew) return records;
    if (answer.code !== ANSWER.ok) {
      const where = `${queue.topic}/${queue.queueId} at ${next}`;
      throw new Error(`a pull of ${where} was answered ${answer.code}: ${answer.remark}`);
    }
    for (const record of recordsIn(answer.body)) {
      if (record.offset !== next || record.queueId !== queue.queueId) {
        throw new Error(`at ${queue.topic}/${queue.queueId}/${next} lies offset ${record.offset}`);
      }
      records.push(record);
      next++;
    }
  }
}

/** All queues of a topic, whole. */
export async function readTopic(wire: Wire, topic: string, queues: number) {
  const all: StoredRecord[] = [];
  for (let queueId = 0; queueId < queues; queueId++) {
    const { min } = await endsOf(wire, { topic, queueId });
    all.push(...await readFrom(wire, { topic, queueId }, min));
  }
  return all;
}
