import { Refusal } from "./refusal.ts";

/** Permission bits (`PermName`). */
export const Perm = { priority: 8, read: 4, write: 2, inherit: 1 } as const;

/** A topic as the catalogue holds it and clients see it (`TopicConfig`). */
export interface Topic {
  readonly name: string;
  readonly readQueues: number;
  readonly writeQueues: number;
  /** {@linkcode Perm} bits. */
  readonly perm: number;
  readonly filterType: "SINGLE_TAG" | "MULTI_TAG";
  /** 1 unit, 2 unit subscription (`TopicSysFlag`). */
  readonly sysFlag: number;
  readonly order: boolean;
  readonly attributes: ReadonlyMap<string, string>;
}

/** A topic with the usual settings; `changes` say what is unusual about this one. */
export function makeTopic(name: string, queues: number, changes: Partial<Topic> = {}): Topic {
  return {
    name,
    readQueues: queues,
    writeQueues: queues,
    perm: Perm.read | Perm.write,
    filterType: "SINGLE_TAG",
    sysFlag: 0,
    order: false,
    attributes: new Map(),
    ...changes,
  };
}

/** The topic whose settings automatic creation copies. */
export const DEFAULT_TOPIC = "TBW102";
export const RETRY_PREFIX = "%RETRY%";
export const DLQ_PREFIX = "%DLQ%";
export const SCHEDULE_TOPIC = "SCHEDULE_TOPIC_XXXX";

const TOPIC_MAX = 127;
const RETRY_TOPIC_MAX = 255;
const GROUP_MAX = 120;
const NAME = /^[%|a-zA-Z0-9_-]+$/;
/** New names of retry topics of popped messages have a `+` between group and topic. */
const RETRY_NAME = /^[%|a-zA-Z0-9_+-]+$/;

/** Topics that take no message from a client (`TopicValidator`). */
const NOT_SENDABLE: ReadonlySet<string> = new Set([
  SCHEDULE_TOPIC,
  "RMQ_SYS_TRANS_HALF_TOPIC",
  "RMQ_SYS_TRANS_OP_HALF_TOPIC",
  "TRANS_CHECK_MAX_TIME_TOPIC",
  "SELF_TEST_TOPIC",
  "OFFSET_MOVED_EVENT",
  "RMQ_SYS_ROCKSDB_TRANS_HALF_TOPIC",
  "RMQ_SYS_ROCKSDB_TRANS_OP_HALF_TOPIC",
]);

/** May a client send to it? */
export function isSendable(topic: string): boolean {
  return !NOT_SENDABLE.has(topic);
}

/** Is a batch that is sent to it stored as one record (`queue.type=BatchCQ`)? */
export function isBatched(topic: Topic | undefined): boolean {
  return topic?.attributes.get("queue.type") === "BatchCQ";
}

export function retryTopic(group: string): string {
  return RETRY_PREFIX + group;
}

/** Is it a group's own topic, for retries or dead letters? */
export function isGroupTopic(topic: string): boolean {
  return topic.startsWith(RETRY_PREFIX) || topic.startsWith(DLQ_PREFIX);
}

/** @throws {Refusal} `parameter-invalid` with what is wrong with the name. */
export function checkTopicName(topic: string): void {
  const most = isGroupTopic(topic) ? RETRY_TOPIC_MAX : TOPIC_MAX;
  const wrong = nameFault(topic, most, topic.startsWith(RETRY_PREFIX) ? RETRY_NAME : NAME);
  if (wrong !== undefined) {
    throw new Refusal("parameter-invalid", `The specified topic ${wrong}`);
  }
}

/** @throws {Refusal} `parameter-invalid` with what is wrong with the name. */
export function checkGroupName(group: string): void {
  const wrong = nameFault(group, GROUP_MAX, NAME);
  if (wrong !== undefined) {
    throw new Refusal("parameter-invalid", `The specified group ${wrong}`);
  }
}

function nameFault(name: string, most: number, pattern: RegExp): string | undefined {
  if (name.trim() === "") return "is blank.";
  if (name.length > most) {
    return `is longer than topic max length ${most}: it has ${name.length} characters.`;
  }
  if (pattern.test(name)) return undefined;
  return "contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$";
}
