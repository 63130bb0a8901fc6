import type { BatchPart } from "../model/batch.ts";
import type { Message, Span } from "../model/message.ts";
import { checkPart } from "./send_rules.ts";
import { type Scan, scanProperties } from "./stamp.ts";

/** What is done with each message of a batch. */
export interface PartWays {
  /** A unique key for one that came without. */
  key(): string;
  /** The way of one that wants more than to be stored. */
  detour(own: Message, scan: Scan, key: string): Message;
}

/**
 * The messages of a batch, of which there is one at least, and the unique key of the first.
 * @throws {Refusal} `message-illegal` for properties that a part must not have
 */
export function partMessages(
  parts: readonly BatchPart<Span>[],
  common: Omit<Message, "body" | "flag" | "properties">,
  ways: PartWays,
): { readonly messages: Message[]; readonly firstKey: string } {
  let firstKey = "";
  const messages = parts.map((part, at): Message => {
    const scan = scanProperties(part.properties);
    checkPart(scan);
    const key = scan.uniqueKey ?? ways.key();
    if (at === 0) firstKey = key;
    const own: Message = {
      topic: common.topic,
      queueId: common.queueId,
      flag: part.flag,
      sysFlag: common.sysFlag,
      bornTimestamp: common.bornTimestamp,
      bornHost: common.bornHost,
      storeHost: common.storeHost,
      reconsumeTimes: common.reconsumeTimes,
      preparedPosition: common.preparedPosition,
      properties: scan.kept,
      givenKey: scan.uniqueKey === undefined ? key : undefined,
      ownProperties: common.ownProperties,
      body: part.body,
    };
    return scan.wish === undefined ? own : ways.detour(own, scan, key);
  });
  return { messages, firstKey };
}
