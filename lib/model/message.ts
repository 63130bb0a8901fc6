import type { Host } from "./host.ts";

/** Bits of a message's system flag (`MessageSysFlag`). */
export const SysFlag = {
  compressed: 0x1,
  multiTags: 0x2,
  transactionMask: 0xc,
  prepared: 0x4,
  commit: 0x8,
  rollback: 0xc,
  bornHostV6: 0x10,
  storeHostV6: 0x20,
  needUnwrap: 0x40,
  innerBatch: 0x80,
} as const;

/** Bytes that lie among others: a view of them is made only for who asks for one. */
export interface Span {
  readonly length: number;
  /** Copies them to `at` of the target, which has room for them. */
  copyTo(target: Uint8Array, at: number): void;
  view(): Uint8Array;
}

/** A message on its way into the log: all that its sender and the broker decide about it. */
export interface Message {
  readonly topic: string;
  readonly queueId: number;
  /** The sender's own number; the broker does not look at it. */
  readonly flag: number;
  /** {@linkcode SysFlag} bits; the two host bits are set by the log from the hosts. */
  readonly sysFlag: number;
  /** ms since 1970, by the sender's clock. */
  readonly bornTimestamp: number;
  readonly bornHost: Host;
  /** The broker's address as this sender sees it. */
  readonly storeHost: Host;
  readonly reconsumeTimes: number;
  /** Position of the half message that this one commits; else 0. */
  readonly preparedPosition: number;
  /** See `properties.ts`. */
  readonly properties: string;
  /** The unique key that the broker gives it, behind those; its sender gave it none. */
  readonly givenKey?: string;
  /** Properties that the broker adds behind those, as bytes: the same for every message. */
  readonly ownProperties?: Uint8Array;
  readonly body: Uint8Array | Span;
}

/** Bytes as a view, whichever they are. */
export function viewOf(bytes: Uint8Array | Span): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : bytes.view();
}

/** Where the log put a message. */
export interface Stored {
  /** Byte address in the commit log. */
  readonly position: number;
  /** Bytes of the record. */
  readonly size: number;
  /** Index in its queue. */
  readonly offset: number;
  /** ms since 1970, by the broker's clock; never goes back within a log. */
  readonly storeTimestamp: number;
}
