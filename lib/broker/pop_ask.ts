import type { RetryFlag } from "../model/receipt.ts";
import type { SqlFilter } from "../model/sql_filter.ts";

/** What a pop takes. */
export interface PopFilter {
  /** Hashes of tags; undefined: any. */
  readonly tags: ReadonlySet<number> | undefined;
  /** What the properties must be like, beside that; undefined: anything. */
  readonly sql: SqlFilter | undefined;
}

/** Which queues of a topic a client asks about, and how long it waits. */
export interface PopPlace {
  readonly group: string;
  readonly topic: string;
  /** Below 0: all. */
  readonly queueId: number;
  /** How long to wait where there is nothing, ms from `bornMs` on. */
  readonly pollMs: number;
  /** When the client asked, ms since 1970 by its clock; 0: now. */
  readonly bornMs: number;
  readonly order: boolean;
  /** A client that asks again with the same one gets the same messages of an orderly queue. */
  readonly attemptId: string | undefined;
}

/** What a pop asks. */
export interface PopAsk extends PopPlace {
  readonly maxMessages: number;
  /** How long what it gets is invisible to others, ms. */
  readonly invisibleMs: number;
  /** Where a group begins that was never here. */
  readonly from: "first" | "last";
  /** Empty: everything. */
  readonly expression: string;
  readonly expressionType: string;
}

/** What a pop got of one queue. */
export interface Popped {
  readonly retry: RetryFlag;
  readonly queueId: number;
  /** Where it began to read. */
  readonly start: number;
  readonly offsets: readonly number[];
  /** How often messages were popped before, in order only. */
  readonly counts: ReadonlyMap<number, number>;
}

/** What a pop hears. */
export interface PopResult {
  readonly status: "found" | "timeout" | "full";
  /** RocketMQ's name for it (`GetMessageStatus`), or a sentence. */
  readonly reason: string;
  /** ms since 1970. */
  readonly popMs: number;
  readonly invisibleMs: number;
  readonly reviveQueue: number;
  /** Messages that are left in the queues looked at. */
  readonly rest: number;
  readonly queues: readonly Popped[];
  /** Stored bytes, in order. */
  readonly records: readonly Uint8Array[];
  /** The answer goes out once this resolves. */
  readonly after: Promise<void> | undefined;
}
