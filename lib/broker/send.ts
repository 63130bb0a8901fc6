import type { Host } from "../model/host.ts";
import type { Message } from "../model/message.ts";

/**
 * A message as its sender hands it over: the broker's own address comes from the asking connection.
 */
export type Incoming = Omit<Message, "storeHost">;

/** What a send asks beside its message. */
export interface SendAsk {
  readonly producerGroup: string;
  /** Topic whose settings a new topic takes (`TBW102`). */
  readonly defaultTopic: string;
  /** Queues that the sender would like a new topic to have. */
  readonly defaultTopicQueues: number;
  readonly unitMode: boolean;
  /** For messages to `%RETRY%`: how often the sender wants them tried again. */
  readonly maxReconsumeTimes?: number;
  /** The sender's version ordinal (`MQVersion`). */
  readonly version: number;
  /** This side of the sender's connection. */
  readonly local: Host;
}

/** What the sender will hear about a message that is in the log. */
export interface Placed {
  /** Offset ids, one a record, joined by `,`. */
  readonly ids: string;
  readonly queueId: number;
  /** Of the first message. */
  readonly offset: number;
  /** The message's `UNIQ_KEY`; of a batch, its own or its first message's. */
  readonly transactionId: string;
  /** Only of a batch that is stored as one record: its own `UNIQ_KEY`. */
  readonly batchUniqueId?: string;
  /** By which its sender may take it back; only of a timed message. */
  readonly recallHandle?: string;
}

/** A message in the log, and when it is as safe as the settings and its sender want. */
export interface Accepted extends Placed {
  /**
   * Many messages share one. Undefined: the sender does not wait. Rejects with a `Refusal`:
   * `flush-timeout` where it is stored but the disk does not answer in time (`syncFlushTimeout`),
   * `unavailable` where the log failed.
   */
  readonly settled: Promise<void> | undefined;
}

/** What the sender hears about a message that is stored. */
export interface SendReceipt extends Placed {
  /** `timeout`: stored, but the disk did not answer in time (`syncFlushTimeout`). */
  readonly flush: "ok" | "timeout";
}
