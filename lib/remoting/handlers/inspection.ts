import type { Broker } from "../../broker/broker.ts";
import { isTagType } from "../../broker/filters.ts";
import type { Subscription } from "../../broker/heartbeat.ts";
import { formatJson, jsonObject } from "../../model/loose_json.ts";
import { versionToJson } from "../../model/version_json.ts";
import { jsonAnswer, textAnswer } from "../bodies/answers.ts";
import { subscriptionToJson } from "../bodies/heartbeat.ts";
import { type Row, row } from "../row.ts";
import { int, long, text } from "../shape.ts";

/** What fastjson writes for `Long.MAX_VALUE`. */
const LONG_MAX = "9223372036854775807";

/** A closer look at queues and groups. */
export function inspectionRows(broker: Broker): Row[] {
  return [...ofQueues(broker), ...ofGroups(broker), correction(broker), allProgress(broker)];
}

function ofQueues({ inspection, identity }: Broker): Row[] {
  return [
    row({ code: 303, name: "QUERY_CONSUME_TIME_SPAN", access: "read" }, {
      topic: text("topic"),
      group: text("group"),
    }, ({ topic, group }) => {
      const spans = inspection.timeSpans(topic, group).map((span) =>
        jsonObject({
          consumeTimeStamp: span.consumedMs,
          delayTime: span.delayMs,
          maxTimeStamp: span.newestMs,
          messageQueue: jsonObject({
            brokerName: identity.brokerName,
            queueId: span.queueId,
            topic,
          }),
          minTimeStamp: span.oldestMs,
        })
      );
      return jsonAnswer({ consumeTimeSpanSet: spans });
    }),
    row({ code: 321, name: "QUERY_CONSUME_QUEUE", access: "read" }, {
      topic: text("topic"),
      queueId: int("queueId"),
      from: long("index"),
      count: int("count"),
      group: text("consumerGroup", ""),
    }, ({ group, ...ask }) => {
      const { offsetMin, offsetMax, entries } = inspection.entries(ask);
      const subscription = group === "" ? undefined : inspection.subscription(group, ask.topic);
      return jsonAnswer({
        filterData: group === "" ? undefined : filterOf(group, ask.topic, subscription),
        maxQueueIndex: offsetMax,
        minQueueIndex: offsetMin,
        queueData: entries.map(({ position, size, tagsCode }) =>
          jsonObject({ eval: false, physicOffset: position, physicSize: size, tagsCode })
        ),
        subscriptionData: subscription && subscriptionToJson(subscription),
      });
    }),
  ];
}

/**
 * A group's filter as text, in the form of `ConsumerFilterData`; `null` for one by tags. Upstream
 * tries entries by it (`eval`) only where they carry bit maps (`enableCalcFilterBitMap`, off); ours
 * never do.
 */
function filterOf(group: string, topic: string, subscription: Subscription | undefined): string {
  if (subscription === undefined) return `${group}@${topic} is not online!`;
  const { type: expressionType, expression, version } = subscription;
  if (isTagType(expressionType)) return "null";
  const born = { bornTime: version, clientVersion: version };
  const life = { dead: false, deadTime: 0, howLongAfterDeath: -1 };
  const said = { consumerGroup: group, expression, expressionType, topic };
  const fields = Object.entries({ ...born, ...life, ...said }).sort();
  const pairs = fields.map(([name, value]) => `\t${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{\n${pairs.join(",\n")}\n}`;
}

function ofGroups({ inspection, identity }: Broker): Row[] {
  const group = text("group");
  return [
    row(
      { code: 343, name: "QUERY_TOPICS_BY_CONSUMER", access: "read" },
      { group },
      ({ group }, { local }) => {
        const brokerAddr = identity.address.textFor(local);
        return jsonAnswer({ brokerAddr, topicList: inspection.topicsOf(group) });
      },
    ),
    row(
      { code: 345, name: "QUERY_SUBSCRIPTION_BY_CONSUMER", access: "read" },
      { group, topic: text("topic", "") },
      ({ group, topic }) => {
        const subscription = inspection.subscription(group, topic);
        const shown = subscription && subscriptionToJson(subscription);
        return jsonAnswer({ group, subscriptionData: shown, topic });
      },
    ),
  ];
}

function correction({ inspection }: Broker): Row {
  return row(
    { code: 308, name: "QUERY_CORRECTION_OFFSET", access: "read" },
    { topic: text("topic"), compareGroup: text("compareGroup"), without: text("filterGroups", "") },
    ({ without, ...ask }) => {
      const offsets = inspection.correction({ ...ask, without: without.split(",") });
      const pairs = [...offsets].map(([queueId, offset]) => {
        return `${queueId}:${offset === Infinity ? LONG_MAX : offset}`;
      });
      return textAnswer(`{"correctionOffsets":{${pairs.join(",")}}}`);
    },
  );
}

/** A broker that follows this one asks. */
function allProgress({ inspection }: Broker): Row {
  return row({ code: 43, name: "GET_ALL_CONSUMER_OFFSET", access: "read" }, {}, () => {
    const { version, rows } = inspection.allProgress();
    const entries: string[] = [];
    for (const { topic, group, offsets } of rows) {
      const pairs: string[] = [];
      for (let at = 0; at < offsets.length; at += 2) {
        pairs.push(`${offsets[at]}:${offsets[at + 1]}`);
      }
      entries.push(`${JSON.stringify(`${topic}@${group}`)}:{${pairs.join(",")}}`);
    }
    const versionText = formatJson(versionToJson(version));
    return textAnswer(`{"dataVersion":${versionText},"offsetTable":{${entries.join(",")}}}`);
  });
}
