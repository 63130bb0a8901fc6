import type { QueueAt } from "../../broker/link.ts";
import { Bean } from "../../model/bean.ts";
import { formatJson, type Json, jsonObject, parseLooseJson } from "../../model/loose_json.ts";
import { Refusal } from "../../model/refusal.ts";

/** `Map<MessageQueue, Long>` as fastjson writes it: queues as keys. */
export function formatQueueOffsets(queues: readonly QueueAt[]): string {
  const pairs = queues.map(({ topic, brokerName, queueId, offset }) => {
    return `${formatJson(jsonObject({ brokerName, queueId, topic }))}:${offset}`;
  });
  return `{${pairs.join(",")}}`;
}

/** The same as C++ clients read it: a list. */
export function queueOffsetList(queues: readonly QueueAt[]): Json {
  return queues.map(({ topic, brokerName, queueId, offset }) =>
    jsonObject({ brokerName, offset, queueId, topic })
  );
}

/**
 * Reads the table of that name in a body. Entries that make no sense are passed over.
 * @throws {Refusal} `failed` where the body is no JSON.
 */
export function readQueueOffsets(body: Uint8Array, name: string): QueueAt[] {
  try {
    return [...Bean.read(body).wholeTable(name)].flatMap(([key, offset]) => {
      const queue = queueOf(key);
      return queue === undefined ? [] : [{ ...queue, offset }];
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal("failed", `The client answered what does not read. ${error.message}`);
  }
}

function queueOf(key: string): Omit<QueueAt, "offset"> | undefined {
  if (!key.startsWith("{")) return undefined;
  const json = parseLooseJson(key);
  if (!(json instanceof Map)) return undefined;
  const bean = new Bean(json);
  const queue = { topic: bean.text("topic"), brokerName: bean.text("brokerName") };
  return { ...queue, queueId: bean.whole("queueId", 0) };
}
