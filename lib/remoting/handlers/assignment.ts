import type { Broker } from "../../broker/broker.ts";
import { Bean } from "../../model/bean.ts";
import { jsonObject } from "../../model/loose_json.ts";
import { Refusal } from "../../model/refusal.ts";
import { jsonAnswer } from "../bodies/answers.ts";
import { type Row, row } from "../row.ts";

/** How groups get their messages, and who works on which queue. */
export function assignmentRows({ requestModes }: Broker): Row[] {
  return [
    row({ code: 400, name: "QUERY_ASSIGNMENT", access: "consume" }, {}, (_header, call) => {
      const bean = readBody(call.body);
      const { mode, queues } = requestModes.assign({
        topic: required(bean, "topic"),
        group: required(bean, "consumerGroup"),
        clientId: bean.text("clientId"),
        strategy: bean.text("strategyName"),
        isBroadcast: bean.text("messageModel") === "BROADCASTING",
      });
      const assignments = queues?.map(({ topic, brokerName, queueId }) =>
        jsonObject({ messageQueue: jsonObject({ brokerName, queueId, topic }), mode })
      );
      return jsonAnswer(assignments === undefined ? {} : { messageQueueAssignments: assignments });
    }),
    row(
      { code: 401, name: "SET_MESSAGE_REQUEST_MODE", access: "change" },
      {},
      async (_header, call) => {
        const bean = readBody(call.body);
        const mode = bean.text("mode", "PULL");
        if (mode !== "PULL" && mode !== "POP") {
          const shown = JSON.stringify(mode.slice(0, 80));
          throw new Refusal("failed", `The body's field mode is ${shown}; expected PULL or POP.`);
        }
        const shareQueues = bean.whole("popShareQueueNum", 0);
        const group = required(bean, "consumerGroup");
        await requestModes.set(required(bean, "topic"), group, { mode, shareQueues });
        return {};
      },
    ),
  ];
}

/** Upstream has only one code for a body that does not read. */
function readBody(body: Uint8Array): Bean {
  try {
    return Bean.read(body);
  } catch (fault) {
    if (fault instanceof Refusal) throw new Refusal("failed", fault.message);
    throw fault;
  }
}

function required(bean: Bean, name: string): string {
  const value = bean.text(name);
  if (value !== "") return value;
  throw new Refusal("failed", `The body's field ${name} is missing or empty.`);
}
