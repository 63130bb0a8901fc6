import { SysFlag } from "../model/message.ts";
import { Refusal } from "../model/refusal.ts";
import type { Topic } from "../model/topic.ts";
import type { Scan, Wish } from "./stamp.ts";

const INNER_BATCH = SysFlag.needUnwrap | SysFlag.innerBatch;

/** The system flag as it is stored: nothing is stored as prepared, for nobody would find it. */
export function flagsFor(topic: Topic, sysFlag: number): number {
  const stored = (sysFlag & SysFlag.commit) === 0 ? sysFlag & ~SysFlag.prepared : sysFlag;
  return topic.filterType === "MULTI_TAG" ? stored | SysFlag.multiTags : stored;
}

/** @throws {Refusal} `message-illegal` for flags that nobody but the broker sets. */
export function checkFlags(sysFlag: number, wish: Wish | undefined): void {
  const transaction = sysFlag & SysFlag.transactionMask;
  const isOdd = transaction === SysFlag.prepared && wish !== "transaction";
  if (isOdd || transaction === SysFlag.rollback) throw new Refusal("message-illegal", NO_HALF);
  if ((sysFlag & INNER_BATCH) !== 0) throw new Refusal("message-illegal", NO_INNER);
}

/** @throws {Refusal} `message-illegal` for properties that nobody but the broker sets. */
export function checkScan(scan: Scan): void {
  if (scan.isInnerBatch) throw new Refusal("message-illegal", NO_INNER);
}

/** The same for a message of a batch. @throws {Refusal} `message-illegal` */
export function checkPart(scan: Scan): void {
  checkScan(scan);
  if (scan.wish === "transaction") throw new Refusal("message-illegal", NO_PART);
}

/** The same for the properties of a batch as a whole. @throws {Refusal} `message-illegal` */
export function checkBatchScan(scan: Scan): void {
  checkScan(scan);
  if (scan.wish !== undefined) throw new Refusal("message-illegal", NO_WHOLE);
}

/**
 * The same for a message of a batch that is stored as one record: nothing in it takes a way of its
 * own. @throws {Refusal} `message-illegal`
 */
export function checkInnerPart(scan: Scan): void {
  checkPart(scan);
  if (scan.wish !== undefined) throw new Refusal("message-illegal", NO_LATER);
}

const NO_LATER = "A message of a batch cannot come later than the others where the topic is of " +
  "type BatchCQ, so the batch was not stored. Send what has a delay or a time one by one.";

const NO_WHOLE = "A delay, a delivery time or a transaction is a property of each message of a " +
  "batch, not of the batch, which was not stored. Set it on the messages.";

const NO_PART =
  "A message of a batch cannot begin a transaction, so the batch was not stored. Send " +
  "it by a transaction producer, one by one.";

const NO_HALF =
  "By its system flag the message is a part of a transaction, but it has no property " +
  "TRAN_MSG=true, so nobody would ever get it, and it was not stored. Send it by a transaction " +
  "producer, one by one.";

const NO_INNER =
  "The message says that it holds others (INNER_NUM, or its system flag), which is the broker's " +
  "to say, and was not stored. Send the messages as a batch (320) to a topic of type BatchCQ.";
