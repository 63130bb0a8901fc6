import { RETRY_PREFIX } from "./topic.ts";

/** The revive queue that a receipt of orderly consumption names: there is none. */
export const ORDER_QUEUE = 999;

/** Where a popped message lay: in its own topic, in the group's retry topic of old or new name. */
export type RetryFlag = 0 | 1 | 2;

/** Of a receipt's number. */
const DIGITS_MAX = 15;

/** What proves that a client popped a message (`ExtraInfoUtil`, property `POP_CK`). */
export interface Receipt {
  /** Where the pop that gave it out began in the queue. */
  readonly start: number;
  /** ms since 1970. */
  readonly popMs: number;
  readonly invisibleMs: number;
  /** The queue of the revive topic that knows of it, or {@linkcode ORDER_QUEUE}. */
  readonly reviveQueue: number;
}

/** What a receipt says of its message. */
export interface ReceiptPlace {
  readonly retry: RetryFlag;
  readonly brokerName: string;
  readonly queueId: number;
  readonly offset: number;
}

/** The receipt as clients carry it: eight words. */
export function formatReceipt(receipt: Receipt, place: ReceiptPlace): string {
  const { start, popMs, invisibleMs, reviveQueue } = receipt;
  const { retry, brokerName, queueId, offset } = place;
  return `${start} ${popMs} ${invisibleMs} ${reviveQueue} ${retry} ${brokerName} ${queueId} ` +
    `${offset}`;
}

/** Reads what an acknowledgement needs of it; undefined where the text is no receipt. */
export function parseReceipt(text: string): Receipt | undefined {
  const words = [0, 0, 0, 0];
  let at = 0;
  for (let word = 0; word < words.length; word++) {
    const end = text.indexOf(" ", at);
    if (end <= at || end - at > DIGITS_MAX) return undefined;
    let value = 0;
    for (; at < end; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) return undefined;
      value = 10 * value + digit;
    }
    words[word] = value;
    at = end + 1;
  }
  if (!text.includes(" ", at)) return undefined;
  const [start, popMs, invisibleMs, reviveQueue] = words;
  return { start, popMs, invisibleMs, reviveQueue };
}

/** The topic in which a group finds again what it popped and did not acknowledge. */
export function popRetryTopic(topic: string, group: string, isNew: boolean): string {
  return `${RETRY_PREFIX}${group}${isNew ? "+" : "_"}${topic}`;
}

/** The topic that a retry flag means; one of another form means the topic itself, as upstream. */
export function realTopic(topic: string, group: string, retry: string): string {
  if (retry === "1") return popRetryTopic(topic, group, false);
  return retry === "2" ? popRetryTopic(topic, group, true) : topic;
}
