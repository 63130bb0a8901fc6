import type { Group } from "../model/group.ts";
import { groupToJson } from "../model/group_json.ts";
import {
  formatJson,
  type Json,
  type JsonObject,
  jsonObject,
  parseLooseJson,
} from "../model/loose_json.ts";
import type { Topic } from "../model/topic.ts";
import { topicFromJson, topicToJson } from "../model/topic_json.ts";
import { readGroup } from "./groups.ts";
import type { KvEntry } from "./kv.ts";
import { prettyJson, prettyLines } from "./pretty_json.ts";
import type { ProgressOf } from "./progress_rows.ts";
import { setOffset } from "./queue_offsets.ts";

/** What a directory of queues can be named after; a table with another name was not a broker's. */
const NAME_MAX = 255;
const BETWEEN = "@";

/** One entry of `topics.json`. */
export function topicEntry(topic: Topic): string {
  return `${JSON.stringify(topic.name)}:${prettyJson(topicToJson(topic), "\t\t")}`;
}

/** One entry of `subscriptionGroup.json`. */
export function groupEntry(group: Group): string {
  return `${JSON.stringify(group.name)}:${prettyJson(groupToJson(group), "\t\t")}`;
}

/** One entry of the offsets in `consumerOffset.json`: queue ids go without quotes. */
export function progressEntry({ group, topic, offsets }: ProgressOf): string {
  const lines: string[] = [];
  for (let at = 0; at < offsets.length; at += 2) lines.push(`${offsets[at]}:${offsets[at + 1]}`);
  return `${JSON.stringify(topic + BETWEEN + group)}:${prettyLines(lines, "{}", "\t\t")}`;
}

/** One entry of the topics by group in `consumerOffset.json`, which only readers of it look at. */
export function groupTopicsEntry(group: string, topics: readonly string[]): string {
  const lines = topics.map((topic) => JSON.stringify(topic));
  return `${JSON.stringify(group)}:${prettyLines(lines, "[]", "\t\t")}`;
}

/** @throws {Refusal} where a number is none */
export function readTopics(table: Json | undefined): Topic[] {
  return entriesOf(table).map(([name, held]) => topicFromJson(held, name)).filter(isNamed);
}

/** @throws {Refusal} where a number is none */
export function readGroups(table: Json | undefined): Group[] {
  return entriesOf(table).map(([name, held]) => readGroup(held, name)).filter(isNamed);
}

/** Entries without `topic@group` and numbers are passed over, as upstream does. */
export function readProgress(table: Json | undefined): ProgressOf[] {
  return entriesOf(table).flatMap(([key, queues]) => {
    const at = key.indexOf(BETWEEN);
    const [topic, group] = [key.slice(0, Math.max(0, at)), key.slice(at + 1)];
    const offsets: number[] = [];
    for (const [queueId, offset] of readNumbers(queues)) setOffset(offsets, queueId, offset);
    return isName(topic) && isName(group) && offsets.length > 0 ? [{ topic, group, offsets }] : [];
  });
}

/** `messageRequestModeMap`, by topic and group; the table has `POP 3` for a mode. */
export function modesToJson(entries: Iterable<KvEntry>): JsonObject {
  const topics = new Map<string, Map<string, Json>>();
  for (const [topic, consumerGroup, value] of entries) {
    const [mode, shared] = value.split(" ");
    const groups = topics.get(topic) ?? new Map<string, Json>();
    const popShareQueueNum = Number(shared);
    groups.set(consumerGroup, jsonObject({ consumerGroup, mode, popShareQueueNum, topic }));
    topics.set(topic, groups);
  }
  return topics;
}

/** What has no mode that we know is passed over. */
export function readModes(table: Json | undefined): KvEntry[] {
  const topics = entriesOf(table).filter(([topic]) => isName(topic));
  return topics.flatMap(([topic, groups]) =>
    entriesOf(groups).flatMap(([group, held]) => {
      const mode = isName(group) ? readMode(held) : undefined;
      return mode === undefined ? [] : [[topic, group, mode] as const];
    })
  );
}

function readMode(held: Json): string | undefined {
  const fields = new Map(entriesOf(held));
  const mode = fields.get("mode");
  const shared = Number(fields.get("popShareQueueNum") ?? 0);
  const isSound = (mode === "POP" || mode === "PULL") && Number.isInteger(shared);
  return isSound ? `${mode} ${shared}` : undefined;
}

/** The ordered queues of one place in `consumerOrderInfo.json`: `topic@group`. */
export function ordersEntry([place, entries]: readonly [string, readonly KvEntry[]]): string {
  const lines = entries.map(([_place, queue, text]) => {
    const fields = entriesOf(parseLooseJson(text)).map(([name, held]) => {
      const value = Array.isArray(held) ? formatJson(held) : prettyJson(held, "\t\t\t\t");
      return `${JSON.stringify(name)}:${value}`;
    });
    return `${queue}:${prettyLines(fields, "{}", "\t\t\t")}`;
  });
  return `${JSON.stringify(place)}:${prettyLines(lines, "{}", "\t\t")}`;
}

/** What stands at no place, or is no object, is passed over. */
export function readOrders(table: Json | undefined): KvEntry[] {
  const places = entriesOf(table).filter(([place]) => place.split(BETWEEN).every(isName));
  return places.flatMap(([place, queues]) =>
    entriesOf(queues).flatMap(([queue, held]) => {
      const isSound = /^\d{1,9}$/.test(queue) && held instanceof Map;
      return isSound ? [[place, queue, formatJson(held)] as const] : [];
    })
  );
}

/** Numbers by number; what is none is passed over, and what is below 0. */
export function readNumbers(table: Json | undefined): Map<number, number> {
  const numbers = new Map<number, number>();
  for (const [key, held] of entriesOf(table)) {
    const [name, value] = [Number(key), Number(held)];
    const isSound = Number.isSafeInteger(name) && Number.isSafeInteger(value);
    if (isSound && name >= 0 && value >= 0) numbers.set(name, value);
  }
  return numbers;
}

function entriesOf(json: Json | undefined): [string, Json][] {
  return json instanceof Map ? [...json] : [];
}

function isNamed({ name }: { readonly name: string }): boolean {
  return isName(name);
}

function isName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && name.length <= NAME_MAX &&
    !/[/\0]/.test(name);
}
