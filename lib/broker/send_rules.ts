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
  if (scan.refused !== undefined) throw new Refusal("message-illegal", NOT_YET[scan.refused]);
}

const NOT_YET = {
  delay: "This broker cannot delay messages yet, so a message with a delay level (DELAY) was not " +
    "stored. Send it without one.",
  timer: "This broker cannot delay messages yet, so a message with a delivery time (TIMER_…) was " +
    "not stored. Send it without one.",
  transaction: "This broker has no transactions yet, so a transactional message was not stored. " +
    "Send an ordinary one.",
  batch: "This broker has no topics of type BatchCQ, so a message that is a batch in one record " +
    "was not stored. Send an ordinary batch.",
} as const;
