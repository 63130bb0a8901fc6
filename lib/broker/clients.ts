import type { Link } from "./link.ts";

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

export interface HeartbeatResult {
  /** Does the broker understand heartbeats without subscriptions? */
  readonly v2: boolean;
  /** The client should send a full heartbeat next. */
  readonly subscriptionChanged: boolean;
}

/** One client of a group, as tools see it. */
export interface Connected {
  readonly clientId: string;
  /** `ip:port`. */
  readonly address: string;
  readonly language: string;
  readonly version: number;
}

export interface ConsumerConnections {
  readonly connections: readonly Connected[];
  readonly subscriptions: readonly Subscription[];
  readonly type: string;
  readonly model: string;
  readonly fromWhere: string;
}

export interface ProducerConnections {
  readonly connections: readonly Connected[];
}

/** Who is connected: producers and consumers, by group. */
export class Clients {
  heartbeat(_heartbeat: Heartbeat, _link: Link): HeartbeatResult | Promise<HeartbeatResult> {
    throw new Error("not yet");
  }

  unregister(
    _who: {
      readonly clientId: string;
      readonly producerGroup?: string;
      readonly consumerGroup?: string;
    },
    _link: Link,
  ): void {
    throw new Error("not yet");
  }

  /** Client ids of a group, the same for everyone who asks. @throws {Refusal} `failed`: none. */
  members(_group: string): string[] {
    throw new Error("not yet");
  }

  /** @throws {Refusal} `consumer-offline` */
  consumers(_group: string): ConsumerConnections {
    throw new Error("not yet");
  }

  /** @throws {Refusal} `failed` */
  producers(_group: string): ProducerConnections {
    throw new Error("not yet");
  }
}
