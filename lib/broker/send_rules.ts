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

/** @throws {Refusal} `message-illegal` for what this broker cannot do yet. */
export function checkFlags(sysFlag: number, wish: Wish | undefined): void {
  const transaction = sysFlag & SysFlag.transactionMask;
  const isOdd = transaction === SysFlag.prepared && wish !== "transaction";
  if (isOdd || transaction === SysFlag.rollback) throw new Refusal("message-illegal", NO_HALF);
  if ((sysFlag & INNER_BATCH) !== 0) throw new Refusal("message-illegal", NOT_YET.batch);
}

/** @throws {Refusal} `message-illegal` for what this broker cannot do yet. */
export function checkScan(scan: Scan): void {
  if (scan.isInnerBatch) throw new Refusal("message-illegal", NOT_YET.batch);
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

const NO_WHOLE = "A delay, a delivery time or a transaction is a property of each message of a " +
  "batch, not of the batch, which was not stored. Set it on the messages.";

const NO_PART =
  "A message of a batch cannot begin a transaction, so the batch was not stored. Send " +
  "it by a transaction producer, one by one.";

const NO_HALF =
  "By its system flag the message is a part of a transaction, but it has no property " +
  "TRAN_MSG=true, so nobody would ever get it, and it was not stored. Send it by a transaction " +
  "producer, one by one.";

const NOT_YET = {
  batch: "This broker has no topics of type BatchCQ, so a message that is a batch in one record " +
    "was not stored. Send an ordinary batch.",
} as const;
