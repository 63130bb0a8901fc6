import { Bean } from "../model/bean.ts";
import type { DataVersion } from "../model/data_version.ts";
import type { Group } from "../model/group.ts";
import { groupFromBean, groupToJson } from "../model/group_json.ts";
import { formatJson, type Json, type JsonObject, jsonObject } from "../model/loose_json.ts";
import type { Topic } from "../model/topic.ts";
import { topicFromJson, topicToJson } from "../model/topic_json.ts";
import { versionToJson } from "../model/version_json.ts";
import type { Committed } from "./progress.ts";

/** RocketMQ's `config/topics.json` (`TopicConfigSerializeWrapper`). */
export function formatTopics(version: DataVersion, topics: Iterable<Topic>): string {
  return formatPretty(jsonObject({
    dataVersion: versionToJson(version),
    topicConfigTable: new Map([...topics].map((topic) => [topic.name, topicToJson(topic)])),
  }));
}

export function readTopics(json: JsonObject): Topic[] {
  return entriesOf(json.get("topicConfigTable")).map(([name, held]) => topicFromJson(held, name));
}

/** RocketMQ's `config/subscriptionGroup.json`. */
export function formatGroups(version: DataVersion, groups: Iterable<Group>): string {
  return formatPretty(jsonObject({
    dataVersion: versionToJson(version),
    forbiddenTable: new Map(),
    subscriptionGroupTable: new Map([...groups].map((group) => [group.name, groupToJson(group)])),
  }));
}

export function readGroups(json: JsonObject): Group[] {
  return entriesOf(json.get("subscriptionGroupTable"))
    .map(([name, held]) =>
      groupFromBean(new Bean(new Map([["groupName", name], ...fields(held)])))
    );
}

/** RocketMQ's `config/delayOffset.json` before any delayed message. */
export function formatNoDelays(version: DataVersion): string {
  return formatPretty(
    jsonObject({ dataVersion: versionToJson(version), offsetTable: new Map() }),
  );
}

/** `consumerOffset.json` up to its first entry, what stands between two, and the end. */
export const OFFSETS_BETWEEN = ",\n";
export const OFFSETS_END = '\n\t},\n\t"pullOffsetTable":{}\n}';

export function offsetsStart(version: DataVersion): string {
  const { counter, stateVersion, timestamp } = version;
  return `{\n\t"dataVersion":{\n\t\t"counter":${counter},\n\t\t"stateVersion":${stateVersion},\n` +
    `\t\t"timestamp":${timestamp}\n\t},\n\t"groupTopicMap":{},\n\t"offsetTable":{\n`;
}

/** One entry of `offsetTable`: `topic@group` with its queues, whose numbers go without quotes. */
export function offsetsEntry(
  group: string,
  topic: string,
  queues: ReadonlyMap<number, number>,
): string {
  const pairs = [...queues].map(([queueId, offset]) => `${queueId}:${offset}`).join(",");
  return `\t\t${JSON.stringify(`${topic}@${group}`)}:{${pairs}}`;
}

export function readOffsets(json: JsonObject): Committed[] {
  return entriesOf(json.get("offsetTable")).flatMap(([key, queues]) => {
    const at = key.indexOf("@");
    if (at < 0) return [];
    const names = { topic: key.slice(0, at), group: key.slice(at + 1) };
    return entriesOf(queues)
      .map(([queueId, offset]) => ({ ...names, queueId: Number(queueId), offset: Number(offset) }))
      .filter((one) => Number.isInteger(one.queueId) && Number.isSafeInteger(one.offset));
  });
}

function entriesOf(json: Json | undefined): [string, Json][] {
  return json instanceof Map ? [...json] : [];
}

function fields(json: Json): [string, Json][] {
  return entriesOf(json);
}

/** fastjson's pretty form: a tab a level, no space behind a colon, empty objects closed at once. */
export function formatPretty(value: Json, indent = ""): string {
  if (!(value instanceof Map)) return formatJson(value);
  const pairs: [string, Json][] = [...value];
  if (pairs.length === 0) return "{}";
  const deeper = indent + "\t";
  const lines = pairs.map(([key, held]) =>
    `${deeper}${JSON.stringify(key)}:${formatPretty(held, deeper)}`
  );
  return `{\n${lines.join(",\n")}\n${indent}}`;
}
