import type { Broker } from "../../broker/broker.ts";
import type { LockAsk, QueueName } from "../../broker/locks.ts";
import { Bean } from "../../model/bean.ts";
import { type JsonObject, jsonObject } from "../../model/loose_json.ts";
import { jsonAnswer } from "../bodies/answers.ts";
import { type Row, row } from "../row.ts";

/** Orderly consumers taking queues for themselves. */
export function lockRows({ locks }: Broker): Row[] {
  return [
    row({ code: 41, name: "LOCK_BATCH_MQ", access: "consume" }, {}, async (_header, { body }) => {
      const taken = await locks.take(readAsk(body));
      return jsonAnswer({ lockOKMQSet: taken.map(queueToJson) });
    }),
    row({ code: 42, name: "UNLOCK_BATCH_MQ", access: "consume" }, {}, async (_header, { body }) => {
      await locks.release(readAsk(body));
      return {};
    }),
  ];
}

/** `LockBatchRequestBody`. A queue without an id is no queue. */
function readAsk(body: Uint8Array): LockAsk {
  const bean = Bean.read(body);
  return {
    group: bean.text("consumerGroup"),
    clientId: bean.text("clientId"),
    queues: bean.beans("mqSet").map((queue) => ({
      topic: queue.text("topic"),
      brokerName: queue.text("brokerName"),
      queueId: queue.whole("queueId", -1),
    })),
  };
}

function queueToJson({ topic, brokerName, queueId }: QueueName): JsonObject {
  return jsonObject({ brokerName, queueId, topic });
}
