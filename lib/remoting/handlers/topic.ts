import type { Broker } from "../../broker/broker.ts";
import { Bean } from "../../model/bean.ts";
import { jsonObject } from "../../model/loose_json.ts";
import { Refusal } from "../../model/refusal.ts";
import { makeTopic, type Topic } from "../../model/topic.ts";
import { jsonAnswer, textAnswer } from "../bodies/answers.ts";
import { versionToJson } from "../../model/version_json.ts";
import { formatQueueTable } from "../bodies/queue_table.ts";
import { filterType, topicFromJson, topicToJson } from "../../model/topic_json.ts";
import { type Row, row } from "../row.ts";
import { flag, type Header, int, text } from "../shape.ts";
import { page } from "./page.ts";

const topicShape = {
  name: text("topic"),
  readQueues: int("readQueueNums", 8),
  writeQueues: int("writeQueueNums", 8),
  perm: int("perm", 6),
  filterType: text("topicFilterType", "SINGLE_TAG"),
  sysFlag: int("topicSysFlag", 0),
  order: flag("order", false),
  attributes: text("attributes", ""),
};
const one = { topic: text("topic") };

/** Topics: made, changed, removed and shown. */
export function topicRows(broker: Broker): Row[] {
  return [...changes(broker), ...questions(broker)];
}

function changes({ topics }: Broker): Row[] {
  return [
    row(
      { code: 17, name: "UPDATE_AND_CREATE_TOPIC", access: "change" },
      topicShape,
      async (header) => {
        await topics.create(toTopic(header), header.attributes);
        return {};
      },
    ),
    row(
      { code: 18, name: "UPDATE_AND_CREATE_TOPIC_LIST", access: "change" },
      {},
      async (_header, { body }) => {
        const list = topicsFromBody(body);
        await Promise.all(list.map(({ topic, changes }) => topics.create(topic, changes)));
        return {};
      },
    ),
    row(
      { code: 215, name: "DELETE_TOPIC_IN_BROKER", access: "change" },
      one,
      async ({ topic }) => {
        await topics.remove(topic);
        return {};
      },
    ),
  ];
}

function questions({ topics, identity }: Broker): Row[] {
  return [
    row({ code: 21, name: "GET_ALL_TOPIC_CONFIG", access: "read" }, {
      from: int("topicSeq", 0),
      version: text("dataVersion", ""),
      most: int("maxTopicNum", 0),
    }, (asked) => {
      const all = page(topics.all(), asked, topics.version);
      const table = new Map(all.items.map((topic) => [topic.name, topicToJson(topic)]));
      const body = jsonAnswer({
        dataVersion: versionToJson(topics.version),
        mappingDataVersion: versionToJson({ stateVersion: 0, timestamp: 0, counter: 0 }),
        topicConfigTable: table,
        topicQueueMappingDetailMap: jsonObject({}),
        topicQueueMappingInfoMap: jsonObject({}),
      });
      return { ...body, header: { totalTopicNum: all.total } };
    }),
    row(
      { code: 351, name: "GET_TOPIC_CONFIG", access: "read" },
      one,
      ({ topic }) => jsonAnswer(Object.fromEntries(topicToJson(topics.get(topic)))),
    ),
    row(
      { code: 305, name: "GET_SYSTEM_TOPIC_LIST_FROM_BROKER", access: "read" },
      {},
      () => jsonAnswer({ topicList: topics.systemNames() }),
    ),
    row({ code: 202, name: "GET_TOPIC_STATS_INFO", access: "read" }, one, ({ topic }) => {
      const entries = [...topics.stats(topic)].map(([queueId, stats]) => {
        const { lastUpdateMs, offsetMax, offsetMin } = stats;
        const values = {
          lastUpdateTimestamp: lastUpdateMs,
          maxOffset: offsetMax,
          minOffset: offsetMin,
        };
        return { topic, queueId, values };
      });
      const rate = { topicPutTps: topics.putTps(topic) };
      return textAnswer(formatQueueTable(identity.brokerName, entries, rate));
    }),
  ];
}

/** Each with its attributes as changes, `+key=value,-key`. */
function topicsFromBody(body: Uint8Array): { topic: Topic; changes: string }[] {
  return Bean.read(body).objects("topicConfigList").map((json) => {
    const { attributes, ...topic } = topicFromJson(json);
    const changes = [...attributes].map(([key, value]) => value === "" ? key : `${key}=${value}`);
    return { topic: { ...topic, attributes: new Map() }, changes: changes.join(",") };
  });
}

function toTopic(header: Header<typeof topicShape>) {
  const { name, readQueues, writeQueues, perm, sysFlag, order } = header;
  const kind = filterType(header.filterType);
  if (kind !== header.filterType) {
    const came = JSON.stringify(header.filterType.slice(0, 40));
    const wrong = `The header field topicFilterType is ${came}; expected SINGLE_TAG or MULTI_TAG.`;
    throw new Refusal("request-illegal", wrong);
  }
  return makeTopic(name, writeQueues, { readQueues, perm, filterType: kind, sysFlag, order });
}
