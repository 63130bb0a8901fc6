import type { Broker } from "../../broker/broker.ts";
import { jsonObject } from "../../model/loose_json.ts";
import { Bean } from "../../model/bean.ts";
import { jsonAnswer, textAnswer } from "../bodies/answers.ts";
import { consumersToJson, producersToJson } from "../bodies/connections.ts";
import { versionToJson } from "../../model/version_json.ts";
import { groupFromBean, groupToJson } from "../../model/group_json.ts";
import { formatConsumeStats } from "../bodies/consume_stats.ts";
import { type Answer, type Row, row } from "../row.ts";
import { flag, int, text } from "../shape.ts";
import { page } from "./page.ts";

/** Consumer groups: made, changed, removed and shown. */
export function groupRows(broker: Broker): Row[] {
  return [...changes(broker), ...tables(broker), ...connections(broker), ...figures(broker)];
}

function changes({ groups }: Broker): Row[] {
  return [
    row(
      { code: 200, name: "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", access: "change" },
      {},
      async (_header, { body }) => {
        await groups.put(groupFromBean(Bean.read(body)));
        return {};
      },
    ),
    row(
      { code: 225, name: "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST", access: "change" },
      {},
      async (_header, { body }) => {
        const list = Bean.read(body).beans("groupConfigList").map(groupFromBean);
        await Promise.all(list.map((group) => groups.put(group)));
        return {};
      },
    ),
    row(
      { code: 207, name: "DELETE_SUBSCRIPTIONGROUP", access: "change" },
      {
        name: text("groupName"),
        cleanOffset: flag("cleanOffset", false),
        // As tools of 4.9 say it.
        removeOffset: flag("removeOffset", false),
      },
      async ({ name, cleanOffset, removeOffset }) => {
        await groups.remove(name, { cleanProgress: cleanOffset || removeOffset });
        return {};
      },
    ),
  ];
}

function tables({ groups }: Broker): Row[] {
  return [
    row({ code: 201, name: "GET_ALL_SUBSCRIPTIONGROUP_CONFIG", access: "read" }, {
      from: int("groupSeq", 0),
      version: text("dataVersion", ""),
      most: int("maxGroupNum", 0),
    }, (asked) => {
      const all = page(groups.all(), asked, groups.version);
      const body = jsonAnswer({
        dataVersion: versionToJson(groups.version),
        forbiddenTable: jsonObject({}),
        subscriptionGroupTable: new Map(all.items.map((one) => [one.name, groupToJson(one)])),
      });
      return { ...body, header: { totalGroupNum: all.total } };
    }),
    row(
      { code: 352, name: "GET_SUBSCRIPTIONGROUP_CONFIG", access: "read" },
      { group: text("group") },
      ({ group }) => jsonAnswer(Object.fromEntries(groupToJson(groups.get(group)))),
    ),
  ];
}

function connections({ clients }: Broker): Row[] {
  return [
    row(
      { code: 203, name: "GET_CONSUMER_CONNECTION_LIST", access: "read" },
      { group: text("consumerGroup") },
      ({ group }) => jsonAnswer(Object.fromEntries(consumersToJson(clients.consumers(group)))),
    ),
    row(
      { code: 204, name: "GET_PRODUCER_CONNECTION_LIST", access: "read" },
      { group: text("producerGroup") },
      ({ group }) => jsonAnswer(Object.fromEntries(producersToJson(clients.producers(group)))),
    ),
  ];
}

function figures(broker: Broker): Row[] {
  return [
    row({ code: 208, name: "GET_CONSUME_STATS", access: "read" }, {
      group: text("consumerGroup"),
      topic: text("topic", ""),
      topicList: text("topicList", ""),
    }, ({ group, topic, topicList }) => {
      const named = [topic, ...topicList.split(";")].filter((name) => name !== "");
      return consumeStats(broker, group, named.length === 0 ? undefined : named);
    }),
    row(
      { code: 300, name: "QUERY_TOPIC_CONSUME_BY_WHO", access: "read" },
      { topic: text("topic") },
      ({ topic }) => jsonAnswer({ groupList: broker.groups.consuming(topic) }),
    ),
  ];
}

function consumeStats(broker: Broker, group: string, topics?: readonly string[]): Answer {
  const stats = broker.groups.consumeStats(group, topics);
  return textAnswer(formatConsumeStats(broker.identity.brokerName, stats));
}
