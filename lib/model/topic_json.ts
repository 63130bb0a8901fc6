import { type Json, type JsonObject, jsonObject } from "./loose_json.ts";
import { makeTopic, Perm, type Topic } from "./topic.ts";
import { Bean } from "./bean.ts";

/** `TopicConfig` as Java writes it. */
export function topicToJson(topic: Topic): JsonObject {
  return jsonObject({
    attributes: topic.attributes,
    order: topic.order,
    perm: topic.perm,
    readQueueNums: topic.readQueues,
    topicFilterType: topic.filterType,
    topicName: topic.name,
    topicSysFlag: topic.sysFlag,
    writeQueueNums: topic.writeQueues,
  });
}

/**
 * Reads a `TopicConfig`; what is missing takes Java's default.
 * @throws {Refusal} `parameter-invalid` where a number is none.
 */
export function topicFromJson(json: Json | undefined, name = ""): Topic {
  const bean = new Bean(json instanceof Map ? json : new Map());
  return makeTopic(bean.text("topicName", name), 16, {
    readQueues: bean.whole("readQueueNums", 16),
    writeQueues: bean.whole("writeQueueNums", 16),
    perm: bean.whole("perm", Perm.read | Perm.write),
    filterType: filterType(bean.text("topicFilterType")),
    sysFlag: bean.whole("topicSysFlag", 0),
    order: bean.flag("order", false),
    attributes: bean.table("attributes"),
  });
}

/** `TopicFilterType` by name; SINGLE_TAG for all but MULTI_TAG. */
export function filterType(name: string): Topic["filterType"] {
  return name === "MULTI_TAG" ? "MULTI_TAG" : "SINGLE_TAG";
}
