import type { Broker } from "../../broker/broker.ts";
import { textAnswer } from "../bodies/answers.ts";
import { formatQueueOffsets } from "../bodies/queue_offsets.ts";
import { type Row, row } from "../row.ts";
import { flag, text } from "../shape.ts";

/** Questions of tools that are passed on to consumers. */
export function interviewRows({ interviews }: Broker): Row[] {
  return [
    row({ code: 223, name: "INVOKE_BROKER_TO_GET_CONSUMER_STATUS", access: "read" }, {
      topic: text("topic"),
      group: text("group"),
      clientId: text("clientAddr", ""),
    }, async ({ topic, group, clientId }) => {
      const asked = clientId.trim() === "" ? undefined : clientId;
      const table = await interviews.status({ topic, group, clientId: asked });
      const rows = [...table].map(([id, queues]) => {
        return `${JSON.stringify(id)}:${formatQueueOffsets(queues)}`;
      });
      return textAnswer(`{"consumerTable":{${rows.join(",")}},"messageQueueTable":{}}`);
    }),
    row({ code: 307, name: "GET_CONSUMER_RUNNING_INFO", access: "read" }, {
      group: text("consumerGroup"),
      clientId: text("clientId"),
      withStacks: flag("jstackEnable", false),
    }, async (ask) => ({ body: await interviews.runningState(ask) })),
    row({ code: 309, name: "CONSUME_MESSAGE_DIRECTLY", access: "consume" }, {
      group: text("consumerGroup"),
      clientId: text("clientId", ""),
      offsetId: text("msgId", ""),
      topic: text("topic", ""),
    }, async (order) => ({ body: await interviews.consumeDirectly(order) })),
  ];
}
