import type { BatchQueue, PlainQueue } from "../log/log.ts";
import type { SqlFilter } from "../model/sql_filter.ts";

/** What to read of a queue. */
export interface BatchAsk {
  readonly offset: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** Hashes of the tags asked for; undefined: all messages. */
  readonly filter: ReadonlySet<number> | undefined;
  /** What the properties must be like, beside that. */
  readonly sql?: SqlFilter;
}

/** What was read. */
export interface Batch {
  readonly records: readonly Uint8Array[];
  readonly count: number;
  /** After the last entry looked at. */
  readonly nextOffset: number;
  /** Entries that matched, but whose records are gone or damaged. */
  readonly lost: number;
}

/** The queue that is read. */
export type ReadQueue =
  & { readonly kind?: "plain" }
  & Pick<PlainQueue, "scan" | "scanFor" | "topic" | "queueId">;

/** The same where a record may hold several messages. */
export type ReadUnits = Pick<BatchQueue, "kind" | "units" | "topic" | "queueId">;

/** Hears of an entry that names a record of another place. */
export type Note = (
  queue: Pick<ReadQueue, "topic" | "queueId">,
  offset: number,
  record: Uint8Array,
) => void;

/** Where a record says its queue, and its offset there. */
const QUEUE_ID_AT = 12;
const OFFSET_AT = 20;
/** The queue that the record at `from` says it is of. */
export function queueIdAt(bytes: Uint8Array, from: number): number {
  return intAt(bytes, from + QUEUE_ID_AT);
}

/** The offset that the record at `from` says it has there. */
export function offsetAt(bytes: Uint8Array, from: number): number {
  return longAt(bytes, from + OFFSET_AT);
}

function intAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

function longAt(bytes: Uint8Array, at: number): number {
  return intAt(bytes, at) * 2 ** 32 + (intAt(bytes, at + 4) >>> 0);
}
