/** What a consumer of a group wants of one topic (`SubscriptionData`). */
export interface Subscription {
  readonly topic: string;
  readonly expression: string;
  /** `TAG` or `SQL92`. */
  readonly type: string;
  /** ms since 1970 at the client; grows with every change. */
  readonly version: number;
  readonly tags: readonly string[];
  readonly codes: readonly number[];
  readonly classFilter: boolean;
  readonly filterSource?: string;
}

/** One consumer group of a heartbeat. */
export interface HeartbeatConsumer {
  readonly group: string;
  /** `CONSUME_PASSIVELY`, `CONSUME_ACTIVELY`, `CONSUME_POP`. */
  readonly type: string;
  /** `CLUSTERING`, `BROADCASTING`. */
  readonly model: string;
  /** `CONSUME_FROM_LAST_OFFSET`, …. */
  readonly fromWhere: string;
  readonly unitMode: boolean;
  readonly subscriptions: readonly Subscription[];
}

/** What a client tells about itself every 30 seconds. */
export interface Heartbeat {
  readonly clientId: string;
  readonly language: string;
  readonly version: number;
  readonly producers: readonly string[];
  readonly consumers: readonly HeartbeatConsumer[];
  /** Hash of all that the heartbeat says; 0: a client that does not know of it. */
  readonly fingerprint: number;
  /** The subscriptions are left out; those of the last full heartbeat hold. */
  readonly withoutSubscriptions: boolean;
}
