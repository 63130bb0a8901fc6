import { parseTags } from "../model/filter.ts";
import type { Difference } from "./difference.ts";
import { isTagType } from "./filters.ts";
import type { HeartbeatConsumer, Subscription } from "./heartbeat.ts";
import type { Link } from "./link.ts";

/** One client in a group: a connection, and who speaks over it. */
export interface Member {
  readonly link: Link;
  clientId: string;
  language: string;
  version: number;
  /** Last heartbeat, monotonic ms. */
  seenAt: number;
  /** What it subscribes to, in words; undefined: it has not said. */
  wants?: string;
}

/** A subscription with what a pull needs of it. */
export interface HeldSubscription extends Subscription {
  /** Hashes of the tags asked for; undefined: all messages, or a filter of another type. */
  readonly filter: ReadonlySet<number> | undefined;
}

/** A consumer group with clients connected (`ConsumerGroupInfo`). It lives while it has members. */
export class ConsumerGroup {
  readonly name: string;
  /** By the id of the link. */
  readonly members = new Map<number, Member>();
  readonly subscriptions = new Map<string, HeldSubscription>();
  type = "";
  model = "";
  fromWhere = "";
  /** Of the last heartbeat; undefined: there was none. */
  fingerprint: number | undefined;
  /** Two members that want different things, as it was told. */
  difference: Difference | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get isBroadcast(): boolean {
    return this.model === "BROADCASTING";
  }

  /** Client ids, each once, sorted: the same for everyone who asks. */
  clientIds(): string[] {
    return [...new Set([...this.members.values()].map((member) => member.clientId))].sort();
  }

  /** Takes over what a heartbeat says of the group itself. */
  describe(consumer: HeartbeatConsumer): void {
    this.type = consumer.type;
    this.model = consumer.model;
    this.fromWhere = consumer.fromWhere;
  }

  /**
   * Takes over a full heartbeat's subscriptions: new and newer ones come in, topics not named go.
   * Says whether topics came or went (`updateSubscription`), and to `onNew` which are taken over.
   */
  subscribe(
    subscriptions: readonly Subscription[],
    onNew: (subscription: Subscription) => void = () => {},
  ): boolean {
    let changed = false;
    const topics = new Set<string>();
    for (const subscription of subscriptions) {
      topics.add(subscription.topic);
      const old = this.subscriptions.get(subscription.topic);
      if (old === undefined) changed = true;
      if (old === undefined || subscription.version > old.version) {
        this.subscriptions.set(subscription.topic, hold(subscription));
        onNew(subscription);
      }
    }
    for (const topic of this.subscriptions.keys()) {
      if (!topics.has(topic) && this.subscriptions.delete(topic)) changed = true;
    }
    return changed;
  }
}

function hold(subscription: Subscription): HeldSubscription {
  if (!isTagType(subscription.type)) return { ...subscription, filter: undefined };
  const own = parseTags(subscription.expression).codes;
  const filter = own === undefined ? undefined : new Set([...subscription.codes, ...own]);
  return { ...subscription, filter };
}
