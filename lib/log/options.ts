import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Lines } from "../port/lines.ts";

/** Queue and key entries that may wait in memory, where no other limit is set. */
export const pendingViewBytesDefault = 64 << 20;

/** When a send may be answered: handed to the kernel, or on the disk (`flushDiskType`). */
export type FlushMode = "ASYNC_FLUSH" | "SYNC_FLUSH";

/** When old segments go (reference §3.14). Percents are of the file system that holds the log. */
export interface RetentionOptions {
  readonly hours: number;
  /** Hours of the day, `04` or `04;16`, in which expired segments are removed. */
  readonly deleteWhen: string;
  /** Above: expired segments go at any hour. */
  readonly diskMaxUsedPercent: number;
  /** Above: the oldest segments go, expired or not. */
  readonly diskForcePercent: number;
  /** Above: appends are refused. */
  readonly diskWarnPercent: number;
  readonly checkIntervalMs: number;
  /** What to add to UTC for the hour of the day; 0 where left off. */
  readonly zoneOffsetMs?: number;
}

/** All that a log needs to know. Every limit has a setting in `config.ts`. */
export interface LogOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly lines: Lines;
  /**
   * The data directory: holds `commitlog`, `consumequeue`, `index`, `checkpoint`, `abort`,
   * `lock`.
   */
  readonly directory: string;
  /** Who writes here, for the mark and for sentences. */
  readonly brokerIdentity?: string;
  readonly segmentBytes: number;
  /**
   * Does a record of this topic take as many offsets as there are messages in it
   * (`queue.type=BatchCQ`)? Asked as a queue of it is first opened; none does where left off.
   */
  readonly isBatched?: (topic: string) => boolean;
  /** Entries a queue file: 300,000 in every RocketMQ store. */
  readonly queueFileEntries: number;
  /** The same for topics of batches; as many where left off. */
  readonly batchFileEntries?: number;
  readonly indexSlots: number;
  readonly indexEntries: number;
  readonly indexEnabled: boolean;
  readonly flush: FlushMode;
  readonly flushIntervalMs: number;
  /** How long `settled` waits for the disk under SYNC_FLUSH. */
  readonly syncFlushTimeoutMs: number;
  /** Open segment and queue files at the most. */
  readonly openFilesMax: number;
  /** Memory for the newest records, from which tailing readers are served. */
  readonly tailBytes: number;
  /** Queue and key entries that may wait in memory for the disk; 64 MiB where left off. */
  readonly pendingViewBytesMax?: number;
  /** Delays of the levels 1, 2, … in ms, for the queue entries of SCHEDULE_TOPIC_XXXX. */
  readonly delayLevelsMs?: readonly number[];
  readonly retention: RetentionOptions;
  readonly processId: number;
}
