import type { Broker } from "../../broker/broker.ts";
import type { HeartbeatResult } from "../../broker/clients.ts";
import { Bean } from "../../model/bean.ts";
import { jsonAnswer } from "../bodies/answers.ts";
import { readHeartbeat, readSubscription } from "../bodies/heartbeat.ts";
import { type Answer, type Row, row } from "../row.ts";
import { text } from "../shape.ts";

/** Clients telling that they are there, and asking who else is. */
export function clientRows({ clients, filters }: Broker): Row[] {
  return [
    row({ code: 34, name: "HEART_BEAT", access: "open" }, {}, (_header, call) => {
      const { language, version, link } = call;
      const heartbeat = readHeartbeat(Bean.read(call.body), { language, version });
      const result = clients.heartbeat(heartbeat, link);
      return result instanceof Promise ? result.then(toAnswer) : toAnswer(result);
    }),
    row({ code: 35, name: "UNREGISTER_CLIENT", access: "open" }, {
      clientId: text("clientID"),
      producerGroup: text("producerGroup", ""),
      consumerGroup: text("consumerGroup", ""),
    }, ({ clientId, producerGroup, consumerGroup }, { link }) => {
      const who = {
        clientId,
        producerGroup: producerGroup === "" ? undefined : producerGroup,
        consumerGroup: consumerGroup === "" ? undefined : consumerGroup,
      };
      clients.unregister(who, link);
      return {};
    }),
    row({ code: 46, name: "CHECK_CLIENT_CONFIG", access: "open" }, {}, (_header, { body }) => {
      const asked = body.length === 0 ? undefined : Bean.read(body).bean("subscriptionData");
      if (asked !== undefined) filters.check(readSubscription(asked));
      return {};
    }),
    row(
      { code: 38, name: "GET_CONSUMER_LIST_BY_GROUP", access: "read" },
      { group: text("consumerGroup") },
      ({ group }) => jsonAnswer({ consumerIdList: clients.members(group) }),
    ),
  ];
}

function toAnswer({ v2, subscriptionChanged }: HeartbeatResult): Answer {
  return { header: { IS_SUPPORT_HEART_BEAT_V2: v2, IS_SUB_CHANGE: subscriptionChanged } };
}
