import { type BatchPart, encodeBatch } from "../model/batch.ts";
import { DEFAULT_TOPIC } from "../model/topic.ts";
import type { Request } from "../remoting/caller.ts";
import type { Command } from "../remoting/command.ts";
import { headerReader, int, long, text } from "../remoting/shape.ts";
import { refusedError } from "./client_error.ts";

/** A message to send. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly queueId: number;
  readonly producerGroup: string;
  /** In their one form, see `model/properties.ts`. */
  readonly properties?: string;
  /** The sender's own number; no broker looks at it. */
  readonly flag?: number;
  /** Bits of `model/message.ts`'s `SysFlag`. */
  readonly sysFlag?: number;
  /** ms since 1970. */
  readonly bornTimestamp: number;
  /** Queues that the topic gets where this message makes it. */
  readonly newTopicQueues?: number;
  readonly body: Uint8Array;
}

/** Messages that go together: one answer, one queue, side by side in it. */
export interface OutgoingBatch extends Omit<OutgoingMessage, "body"> {
  readonly parts: readonly BatchPart[];
}

/** Where a message was put. */
export interface SendReceipt {
  /**
   * `stored` as the broker promises it. In the other cases it is stored too, but the disk or the
   * replica did not confirm it in time, or there is no replica.
   */
  readonly status: "stored" | "flush-timeout" | "replica-missing" | "replica-timeout";
  /** The id by which the broker finds it; of a batch several, with commas between. */
  readonly id: string;
  readonly queueId: number;
  /** Index in its queue, of a batch the first's. */
  readonly offset: number;
}

const SEND = 310;
const SEND_BATCH = 320;
const NEW_TOPIC_QUEUES = 4;
const STATUS: ReadonlyMap<number, SendReceipt["status"]> = new Map([
  [0, "stored"],
  [10, "flush-timeout"],
  [11, "replica-missing"],
  [12, "replica-timeout"],
]);

const readReceipt = headerReader({
  id: text("msgId", ""),
  queueId: int("queueId"),
  offset: long("queueOffset"),
});

/** The request that sends a message (`SEND_MESSAGE_V2`). */
export function sendRequest(message: OutgoingMessage): Request {
  return { code: SEND, header: header(message, false), body: message.body };
}

/** The request that sends messages together (`SEND_BATCH_MESSAGE`). */
export function batchRequest(batch: OutgoingBatch): Request {
  return { code: SEND_BATCH, header: header(batch, true), body: encodeBatch(batch.parts) };
}

/** Is the message stored, whatever else the code says? */
export function isStored({ code }: Command): boolean {
  return STATUS.has(code);
}

/** @throws {ClientError} `refused` */
export function receiptOf(answer: Command): SendReceipt {
  const status = STATUS.get(answer.code);
  if (status === undefined) throw refusedError("send", answer);
  return { status, ...readReceipt(answer) };
}

function header(message: Omit<OutgoingMessage, "body">, isBatch: boolean) {
  return {
    a: message.producerGroup,
    b: message.topic,
    c: DEFAULT_TOPIC,
    d: message.newTopicQueues ?? NEW_TOPIC_QUEUES,
    e: message.queueId,
    f: message.sysFlag ?? 0,
    g: message.bornTimestamp,
    h: message.flag ?? 0,
    i: message.properties ?? "",
    j: 0,
    k: false,
    m: isBatch,
  };
}
