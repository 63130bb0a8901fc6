import { getProperty, Property } from "../model/properties.ts";
import { formatReceipt, realTopic } from "../model/receipt.ts";
import type { StoredRecord } from "../model/record.ts";
import type { Request } from "../remoting/caller.ts";
import type { Command } from "../remoting/command.ts";
import { headerReader, int, long, text } from "../remoting/shape.ts";
import { refusedError } from "./client_error.ts";
import type { FilterType } from "./pull_request.ts";

/** What to pop. */
export interface PopAsk {
  readonly group: string;
  readonly topic: string;
  /** {@linkcode ANY_QUEUE}: whichever of the broker's has messages. */
  readonly queueId: number;
  readonly max: number;
  /** How long nobody else gets the messages, ms. */
  readonly invisibleMs: number;
  /** How long the broker may wait for a message to come, ms; 0: not at all. */
  readonly waitMs: number;
  /** Now, ms since 1970: a request that is older than its wait is not served. */
  readonly bornMs: number;
  /** Where a group that is new begins. */
  readonly from: "first" | "last";
  readonly filterType: FilterType;
  readonly expression: string;
}

/** What came of it. */
export interface Popped {
  /** `full`: the broker lets nobody wait any more. */
  readonly status: "found" | "nothing" | "full";
  readonly popMs: number;
  readonly invisibleMs: number;
  readonly reviveQueue: number;
  /** Messages that are left in the queues looked at. */
  readonly rest: number;
  /** Where the pop began in each queue of the topic itself. */
  readonly starts: ReadonlyMap<number, number>;
  /** Records one behind another. */
  readonly records: Uint8Array;
}

/** A popped message that is to be acknowledged. */
export interface HeldMessage {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  /** The receipt as `formatReceipt` makes it. */
  readonly receipt: string;
}

/** Any queue of a broker. */
export const ANY_QUEUE = -1;

const POP = 200_050;
const ACK = 200_051;
const STATUS: ReadonlyMap<number, Popped["status"]> = new Map([
  [0, "found"],
  [209, "full"],
  [210, "nothing"],
]);

const readFields = headerReader({
  popMs: long("popTime", 0),
  invisibleMs: long("invisibleTime", 0),
  reviveQueue: int("reviveQid", 0),
  rest: long("restNum", 0),
  starts: text("startOffsetInfo", ""),
});

/** The request that pops messages (`POP_MESSAGE`). */
export function popRequest(ask: PopAsk): Request {
  return {
    code: POP,
    header: {
      consumerGroup: ask.group,
      topic: ask.topic,
      queueId: ask.queueId,
      maxMsgNums: ask.max,
      invisibleTime: ask.invisibleMs,
      pollTime: ask.waitMs,
      bornTime: ask.bornMs,
      initMode: ask.from === "first" ? 0 : 1,
      expType: ask.filterType,
      exp: ask.expression,
      order: false,
    },
  };
}

/** @throws {ClientError} `refused` */
export function poppedOf(answer: Command): Popped {
  const status = STATUS.get(answer.code);
  if (status === undefined) throw refusedError("pop", answer);
  const { starts, ...fields } = readFields(answer);
  return { status, ...fields, starts: startsOf(starts), records: answer.body };
}

/**
 * What acknowledges a message of `popped`. One that comes again brings its receipt with it; the
 * others' is put together of the answer, as RocketMQ's clients do.
 */
export function heldOf(
  record: StoredRecord,
  popped: Popped,
  from: { readonly group: string; readonly topic: string; readonly brokerName: string },
): HeldMessage {
  const { group, topic, brokerName } = from;
  const receipt = getProperty(record.properties, Property.popReceipt);
  if (receipt !== undefined) {
    const [, , , , retry, , queueId, offset] = receipt.split(" ");
    const real = realTopic(topic, group, retry);
    return { group, topic: real, queueId: Number(queueId), offset: Number(offset), receipt };
  }
  const { queueId, offset } = record;
  const start = popped.starts.get(queueId) ?? offset;
  const place = { retry: 0, brokerName, queueId, offset } as const;
  return { group, topic, queueId, offset, receipt: formatReceipt({ ...popped, start }, place) };
}

/** The request that acknowledges one message (`ACK_MESSAGE`). */
export function ackRequest({ group, topic, queueId, offset, receipt }: HeldMessage): Request {
  const header = { consumerGroup: group, topic, queueId, extraInfo: receipt, offset };
  return { code: ACK, header };
}

/** `retry queue offset`, with `;` between: those of the topic itself, which have a zero first. */
function startsOf(text: string): Map<number, number> {
  const words = text.split(";").map((one) => one.split(" "));
  const own = words.filter(([retry]) => retry === "0");
  return new Map(own.map(([, queueId, offset]) => [Number(queueId), Number(offset)]));
}
