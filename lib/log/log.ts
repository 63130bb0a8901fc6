import type { Message, Stored } from "../model/message.ts";
import type { Job } from "../port/job.ts";
import type { LogOptions } from "./options.ts";

export type { FlushMode, LogOptions, RetentionOptions } from "./options.ts";

/** What opening the log found and did. */
export interface Recovery {
  readonly how: "empty" | "orderly" | "after a crash" | "after another broker";
  /** Records read. */
  readonly records: number;
  /** Bytes of a torn tail that were cut off. */
  readonly cutBytes: number;
  /** Damaged places that were stepped over. */
  readonly damaged: number;
  readonly ms: number;
  readonly sentences: readonly string[];
}

/** What a queue entry says to a visitor; false ends the scan. */
export type EntryVisitor = (
  offset: number,
  position: number,
  size: number,
  tagsCode: number,
) => boolean;

/** One queue of a topic: a view of the log, opened on demand. */
export interface Queue {
  readonly topic: string;
  readonly queueId: number;
  /** The first offset that can still be read. */
  readonly offsetMin: number;
  /** Exclusive: the offset of the next record to arrive. */
  readonly offsetMax: number;
  /** Visits at most `most` entries from `from` on. Blank ones have position 0, size 0x7fffffff. */
  scan(from: number, most: number, visit: EntryVisitor): void;
  /** -1 where unknown. */
  storeTimestampAt(offset: number): number;
  /** The bounds of reference §3.4. */
  offsetByTime(timestamp: number, boundary: "lower" | "upper"): number;
}

/** Which records a key look-up wants; times are store timestamps, both inclusive. */
export interface KeyQuery {
  readonly topic: string;
  readonly key: string;
  readonly max: number;
  readonly beginMs: number;
  readonly endMs: number;
}

/** Positions, newest first; only hashes were compared, the reader compares the key itself. */
export interface KeyHits {
  readonly positions: number[];
  readonly lastUpdateMs: number;
  readonly lastUpdatePosition: number;
}

/** The key index: a view of the log. */
export interface Keys {
  find(query: KeyQuery): KeyHits;
}

/** Hears of every record once it can be read. */
export type ArrivalListener = (
  topic: string,
  queueId: number,
  offset: number,
  tagsCode: number,
  storeTimestamp: number,
) => void;

/** Numbers for whoever asks how the log does. */
export interface LogState {
  readonly positionMin: number;
  readonly positionMax: number;
  readonly durablePosition: number;
  readonly dispatchBehindBytes: number;
  readonly flushBehindBytes: number;
  readonly pendingViewBytes: number;
  readonly diskTotalBytes: number;
  readonly diskFreeBytes: number;
  /** Used share of the disk, 0 to 1. */
  readonly diskRatio: number;
  readonly diskFull: boolean;
  /** Of the oldest record; -1 where there is none. */
  readonly earliestStoreTimestamp: number;
  readonly damagedReads: number;
}

/** Bytes in, positions out: the commit log with its views. */
export class Log {
  /** Opens and recovers. @throws {Error} with a sentence where the store cannot be opened. */
  static open(_options: LogOptions): Promise<Log> {
    return Promise.reject(new Error("The log is being written."));
  }

  get recovery(): Recovery {
    throw new Error("The log is being written.");
  }

  /** @throws {Refusal} `unavailable`, `busy`, `message-illegal` */
  append(_message: Message): Stored {
    throw new Error("The log is being written.");
  }

  /** Contiguous and in one segment. @throws {Refusal} as {@linkcode append} */
  appendBatch(_messages: readonly Message[]): Stored[] {
    throw new Error("The log is being written.");
  }

  settled(_end: number): Promise<void> {
    return Promise.resolve();
  }

  durable(_end?: number): Promise<void> {
    return Promise.resolve();
  }

  read(_position: number, _size: number): Uint8Array | undefined {
    return undefined;
  }

  recordAt(_position: number): Uint8Array | undefined {
    return undefined;
  }

  queue(_topic: string, _queueId: number): Queue {
    throw new Error("The log is being written.");
  }

  removeTopic(_topic: string): void {}

  get keys(): Keys {
    throw new Error("The log is being written.");
  }

  onArrival(_listener: ArrivalListener): void {}

  get positionMin(): number {
    return 0;
  }

  get positionMax(): number {
    return 0;
  }

  get durablePosition(): number {
    return 0;
  }

  get failure(): string | undefined {
    return undefined;
  }

  jobs(): Job[] {
    return [];
  }

  state(): LogState {
    throw new Error("The log is being written.");
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
