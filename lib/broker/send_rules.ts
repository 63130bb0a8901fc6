import { SysFlag } from "../model/message.ts";
import { Refusal } from "../model/refusal.ts";
import type { Topic } from "../model/topic.ts";
import type { Scan } from "./stamp.ts";

const INNER_BATCH = SysFlag.needUnwrap | SysFlag.innerBatch;

/** The system flag as it is stored. */
export function flagsFor(topic: Topic, sysFlag: number): number {
  return topic.filterType === "MULTI_TAG" ? sysFlag | SysFlag.multiTags : sysFlag;
}

/** @throws {Refusal} `message-illegal` for what this broker cannot do yet. */
export function checkFlags(sysFlag: number): void {
  const transaction = sysFlag & SysFlag.transactionMask;
  if (transaction === SysFlag.prepared || transaction === SysFlag.rollback) {
    throw new Refusal("message-illegal", NOT_YET.transaction);
  }
  if ((sysFlag & INNER_BATCH) !== 0) throw new Refusal("message-illegal", NOT_YET.batch);
}

/** @throws {Refusal} `message-illegal` for what this broker cannot do yet. */
export function checkScan(scan: Scan): void {
  if (scan.isInnerBatch) throw new Refusal("message-illegal", NOT_YET.batch);
}

/** The same for the properties of a batch as a whole. @throws {Refusal} `message-illegal` */
export function checkBatchScan(scan: Scan): void {
  checkScan(scan);
  if (scan.wish !== undefined) throw new Refusal("message-illegal", NO_WHOLE);
}

const NO_WHOLE = "A delay, a delivery time or a transaction is a property of each message of a " +
  "batch, not of the batch, which was not stored. Set it on the messages.";

const NOT_YET = {
  transaction: "This broker has no transactions yet, so a transactional message was not stored. " +
    "Send an ordinary one.",
  batch: "This broker has no topics of type BatchCQ, so a message that is a batch in one record " +
    "was not stored. Send an ordinary batch.",
} as const;
