import type { Host } from "../model/host.ts";
import type { Message } from "../model/message.ts";

/**
 * How the broker calls a client: one connection, whatever its protocol. The listener that owns the
 * connection implements it.
 *
 * What asks resolves with the client's answer or rejects with a `Refusal`: `consumer-offline` where
 * the connection is closed or closes first, `client-silent` where no answer comes in time, `busy`
 * where the client does not take what was sent or too many answers are waited for, `failed` with
 * the client's own words where it says no.
 */
export interface Link {
  /** Unique among all links since start. */
  readonly id: number;
  readonly local: Host;
  readonly remote: Host;
  readonly isClosed: boolean;
  /** False while the client does not take what was sent: then nothing unasked is sent to it. */
  readonly isWritable: boolean;
  /** Runs once when the connection closes; at once where it has. */
  onClose(run: () => void): void;
  /** Tells a consumer that the members of its group changed. */
  membersChanged(group: string): void;
  /** Asks a producer how a transaction ended. It says so, or not, in a request of its own. */
  checkTransaction(check: HalfCheck): void;
  /** Tells a consumer to go on at other offsets. */
  resetProgress(reset: ProgressReset): void;
  /** How far a consumer is in each queue of a topic that it has. Waits 5 s. */
  consumerStatus(ask: { readonly group: string; readonly topic: string }): Promise<QueueAt[]>;
  /** What a consumer tells of itself, in its own form (`ConsumerRunningInfo`). Waits 10 s. */
  runningState(ask: RunningStateAsk): Promise<Uint8Array>;
  /**
   * Lets a consumer consume one message now and gives its verdict, in its own form
   * (`ConsumeMessageDirectlyResult`). Waits 10 s.
   */
  consumeDirectly(ask: DirectAsk): Promise<Uint8Array>;
  /** Hands a reply to the client that asked. Waits 10 s. */
  deliverReply(reply: Reply): Promise<void>;
}

/** A transaction whose end is unknown. */
export interface HalfCheck {
  /** The half message's record, with its real topic and queue in place. */
  readonly record: Uint8Array;
  readonly topic: string;
  readonly brokerName: string;
  /** Where the half message is: in the log, and in its queue. */
  readonly position: number;
  readonly offset: number;
  /** Its `UNIQ_KEY`. */
  readonly messageId: string;
  readonly transactionId: string;
  /** The id by which its record can be found. */
  readonly offsetId: string;
}

/** An offset in one queue. */
export interface QueueAt {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  readonly offset: number;
}

export interface ProgressReset {
  readonly group: string;
  readonly topic: string;
  /** The time that was asked for, ms since 1970; -1: the end. */
  readonly timestamp: number;
  readonly force: boolean;
  readonly queues: readonly QueueAt[];
  /** The consumer's language by name: C++ clients read the queues in another form. */
  readonly language: string;
}

export interface RunningStateAsk {
  readonly group: string;
  readonly clientId: string;
  /** Its threads' stacks as well? */
  readonly withStacks: boolean;
}

export interface DirectAsk {
  readonly group: string;
  readonly clientId: string;
  readonly messageId: string;
  readonly brokerName: string;
  /** Empty where the asker named none. */
  readonly topic: string;
  readonly topicSysFlag: number | undefined;
  readonly groupSysFlag: number | undefined;
  readonly record: Uint8Array;
}

/** A reply to a request that a client sent as a message. */
export interface Reply {
  /** Its topic is where the broker keeps replies. */
  readonly message: Message;
  readonly producerGroup: string;
  readonly defaultTopic: string;
  readonly defaultTopicQueues: number;
  readonly unitMode: boolean;
  /** ms since 1970. */
  readonly storeTimestamp: number;
}
