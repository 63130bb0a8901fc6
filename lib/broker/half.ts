import type { Host } from "../model/host.ts";
import { type Message, SysFlag } from "../model/message.ts";
import { getProperty, Property, withoutProperty, withProperty } from "../model/properties.ts";
import type { StoredRecord } from "../model/record.ts";

/** Where halves wait, the records of their ends, and those that were asked about too often. */
export const HALF_TOPIC = "RMQ_SYS_TRANS_HALF_TOPIC";
export const OP_TOPIC = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
export const PARKED_TOPIC = "TRANS_CHECK_MAX_TIME_TOPIC";
/** The group whose progress in both topics says up to where all halves are seen to. */
export const TRANSACTION_GROUP = "CID_RMQ_SYS_TRANS";

/** Properties of halves (`MessageConst`, `TransactionalMessageUtil`). */
const HalfProperty = {
  id: "__transactionId__",
  checks: "TRANSACTION_CHECK_TIMES",
  immunitySeconds: "CHECK_IMMUNITY_TIME_IN_SECONDS",
  firstOffset: "TRAN_PREPARED_QUEUE_OFFSET",
} as const;
/** No half waits longer for its first check: as long as RocketMQ keeps files by default. */
const IMMUNITY_MAX_MS = 72 * 3_600_000;
const LEADING_BACK = [Property.realTopic, Property.realQueueId];

/** The message as it waits for the end of its transaction (`parseHalfMessageInner`). */
export function toHalf(message: Message): Message {
  let { properties } = message;
  const key = getProperty(properties, Property.uniqueKey);
  if (key !== undefined) properties = withProperty(properties, HalfProperty.id, key);
  properties = withProperty(properties, Property.realTopic, message.topic);
  properties = withProperty(properties, Property.realQueueId, String(message.queueId));
  const sysFlag = message.sysFlag & ~SysFlag.transactionMask;
  return { ...message, topic: HALF_TOPIC, queueId: 0, sysFlag, properties };
}

/** The message as consumers get it. It still says `TRAN_MSG`, as in 5.5.0. */
export function toCommitted(half: StoredRecord): Message {
  const { topic, queueId } = homeOf(half);
  const sysFlag = (half.sysFlag & ~SysFlag.transactionMask) | SysFlag.commit;
  const properties = LEADING_BACK.reduce(withoutProperty, half.properties);
  return { ...plain(half), topic, queueId, sysFlag, properties, preparedPosition: half.position };
}

/** The half once more, at its queue's end, one check later (`renewHalfMessageInner`). */
export function toChecked(half: StoredRecord): Message {
  const checks = String(checksOf(half) + 1);
  return { ...plain(half), properties: withProperty(half.properties, HalfProperty.checks, checks) };
}

/**
 * The same for one that nobody is to be asked about yet, which may count as a check or not
 * (`renewImmunityHalfMessageInner`).
 */
export function toPutOff(half: StoredRecord, isCheck: boolean): Message {
  const copy = isCheck ? toChecked(half) : plain(half);
  const first = getProperty(half.properties, HalfProperty.firstOffset) ?? String(half.offset);
  const properties = withProperty(copy.properties, HalfProperty.firstOffset, first);
  return { ...copy, properties };
}

/** The half where it is kept for people to look at. */
export function toParked(half: StoredRecord): Message {
  return { ...plain(half), topic: PARKED_TOPIC, queueId: 0 };
}

/** A parked half back among the others, as if nobody had ever been asked about it. */
export function toResumed(parked: StoredRecord): Message {
  const properties = withProperty(parked.properties, HalfProperty.checks, "0");
  return { ...plain(parked), topic: HALF_TOPIC, queueId: 0, properties };
}

/** The topic and queue that the message was sent to. */
export function homeOf(half: Message): { readonly topic: string; readonly queueId: number } {
  const topic = getProperty(half.properties, Property.realTopic) ?? "";
  const queueId = Number(getProperty(half.properties, Property.realQueueId));
  return { topic, queueId: Number.isInteger(queueId) && queueId >= 0 ? queueId : 0 };
}

/** How often somebody was asked about it. */
export function checksOf(half: Message): number {
  const checks = Number(getProperty(half.properties, HalfProperty.checks) ?? 0);
  return Number.isInteger(checks) ? checks : 0;
}

/** The offset of its first record, where it was put off since. */
export function firstOffsetOf(half: Message): number | undefined {
  const text = getProperty(half.properties, HalfProperty.firstOffset);
  return text === undefined ? undefined : Number(text);
}

/**
 * How long after its birth nobody is asked, ms, where the message says so itself: never less than
 * `timeoutMs`, which holds for all others (`getImmunityTime`).
 */
export function immunityOf(half: Message, timeoutMs: number): number | undefined {
  const text = getProperty(half.properties, HalfProperty.immunitySeconds);
  if (text === undefined) return undefined;
  const ms = /^[+-]?\d+$/.test(text) ? Number(text) * 1000 : 0;
  return Math.max(Math.min(ms, IMMUNITY_MAX_MS), timeoutMs);
}

/**
 * Are both of one sending, whatever became of it since? Copies keep the message's key and birth;
 * the same message sent again is born again.
 */
export function isSameSending(one: Message, other: Message): boolean {
  const key = (message: Message) => getProperty(message.properties, Property.uniqueKey);
  return one.bornTimestamp === other.bornTimestamp && key(one) === key(other) &&
    isSameHost(one.bornHost, other.bornHost);
}

function isSameHost(one: Host, other: Host): boolean {
  return one.port === other.port && one.ip.length === other.ip.length &&
    one.ip.every((byte, at) => byte === other.ip[at]);
}

/** What is a message's own in a record. */
function plain(record: StoredRecord): Message {
  const { topic, queueId, flag, sysFlag, bornTimestamp, bornHost, storeHost } = record;
  const { reconsumeTimes, preparedPosition, properties, body } = record;
  return {
    ...{ topic, queueId, flag, sysFlag, bornTimestamp, bornHost, storeHost },
    ...{ reconsumeTimes, preparedPosition, properties, body },
  };
}
