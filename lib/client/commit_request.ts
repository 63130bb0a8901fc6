import { parseOffsetId } from "../model/ids.ts";
import type { Request } from "../remoting/caller.ts";
import type { SendReceipt } from "./outgoing_message.ts";

/** A transaction to commit: its message was sent as a half. */
export interface Commit {
  readonly topic: string;
  readonly producerGroup: string;
  /** Of the half. */
  readonly receipt: SendReceipt;
}

const END_TRANSACTION = 37;
const COMMIT = 8;

/** The request that commits it (`END_TRANSACTION`). */
export function commitRequest({ topic, producerGroup, receipt }: Commit): Request {
  const header = {
    topic,
    producerGroup,
    tranStateTableOffset: receipt.offset,
    commitLogOffset: parseOffsetId(receipt.id)?.position ?? -1,
    commitOrRollback: COMMIT,
    fromTransactionCheck: false,
    msgId: receipt.id,
  };
  return { code: END_TRANSACTION, header };
}
