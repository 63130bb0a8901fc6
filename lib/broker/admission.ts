import { parseTags } from "../model/filter.ts";
import type { Group } from "../model/group.ts";
import { Refusal } from "../model/refusal.ts";
import type { SqlFilter } from "../model/sql_filter.ts";
import { Perm, type Topic } from "../model/topic.ts";
import type { Access } from "./access.ts";
import type { HeldSubscription } from "./consumer_group.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import { type Filters, isTagType } from "./filters.ts";
import type { PullAsk } from "./pull.ts";
import type { BrokerSettings } from "./settings.ts";
import { topicOf } from "./topic_of.ts";

/** What an admitted pull goes by. */
export interface Admitted {
  readonly group: Group;
  readonly topic: Topic;
  /** Hashes of the tags asked for; undefined: messages of any tag. */
  readonly filter: ReadonlySet<number> | undefined;
  /** What the properties must be like, beside that; undefined: anything. */
  readonly sql: SqlFilter | undefined;
}

/** What admission asks. */
export interface AdmissionParts {
  readonly access: Access;
  readonly groups: { get(name: string): Group };
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly consumers: ConsumerGroups;
  readonly filters: Filters;
  readonly settings: BrokerSettings;
}

/** Which switch said no (`ForbiddenType`). */
const Forbidden = { broker: 1, group: 2, topic: 3, broadcast: 4 } as const;

const HELP = "See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.";

/** Whether a pull may be, in the order of reference §4.3 (`PullMessageProcessor`). */
export class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** @throws {Refusal} with what stands in the way. */
  admit(ask: PullAsk): Admitted {
    this.#checkBroker(ask);
    const group = this.#parts.groups.get(ask.group);
    if (!group.consumeEnable) {
      forbid(Forbidden.group, `subscription group no permission, ${ask.group}`);
    }
    const topic = this.#topicOf(ask);
    if (ask.classFilter === true) {
      throw noClasses();
    }
    if (ask.subscription === undefined) {
      const held = this.#subscriptionOf(ask, group);
      if (isTagType(held.type)) return { group, topic, filter: held.filter, sql: undefined };
      const sql = this.#heldSql(held);
      return { group, topic, filter: sql.codes, sql };
    }
    const { type, expression } = ask.subscription;
    if (isTagType(type)) return { group, topic, filter: filterOf(expression), sql: undefined };
    const sql = this.#parts.filters.of(type, expression);
    return { group, topic, filter: sql.codes, sql };
  }

  #checkBroker(ask: PullAsk): void {
    if (!this.#parts.access.isReadable) {
      forbid(Forbidden.broker, "the broker pulling message is forbidden: see brokerPermission");
    }
    if (ask.lite && !this.#parts.settings.litePull) {
      forbid(
        Forbidden.broker,
        "the broker for lite pull consumer is forbidden: litePullMessageEnable is false",
      );
    }
  }

  #topicOf(ask: PullAsk): Topic {
    const topic = topicOf(this.#parts.topicTable, ask.topic);
    if ((topic.perm & Perm.read) === 0) {
      forbid(Forbidden.topic, `the topic[${ask.topic}] pulling message is forbidden`);
    }
    if (ask.queueId >= 0 && ask.queueId < topic.readQueues) return topic;
    throw illegalQueue(topic, ask.queueId);
  }

  #subscriptionOf(ask: PullAsk, group: Group): HeldSubscription {
    const members = this.#parts.consumers.get(ask.group);
    if (members === undefined) {
      throw new Refusal(
        "subscription-unknown",
        `the consumer's group info not exist: no client of ${ask.group} is connected. ${HELP}`,
      );
    }
    if (!group.consumeBroadcastEnable && members.isBroadcast) {
      const can = `the consumer group[${ask.group}] can not consume by broadcast way`;
      forbid(Forbidden.broadcast, can);
    }
    const subscription = members.subscriptions.get(ask.topic);
    if (subscription === undefined) {
      throw new Refusal(
        "subscription-unknown",
        `the consumer's subscription not exist: no client of ${ask.group} subscribes to ` +
          `${ask.topic}. ${HELP}`,
      );
    }
    if (subscription.version < ask.subVersion) {
      throw new Refusal(
        "subscription-stale",
        `the consumer's subscription not latest: the heartbeat's is of ${subscription.version}, ` +
          `the pull's of ${ask.subVersion}`,
      );
    }
    if (subscription.classFilter) throw noClasses();
    return subscription;
  }

  /** The filter of a heartbeat, which was taken whatever it was, as upstream takes it. */
  #heldSql({ type, expression }: HeldSubscription): SqlFilter {
    try {
      return this.#parts.filters.of(type, expression);
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || refusal.kind !== "subscription-invalid") throw refusal;
      throw new Refusal(
        "filter-unknown",
        "The broker's consumer filter data is not exist!Your expression may be wrong! " +
          refusal.message,
      );
    }
  }
}

/** What a tag expression that came with a request takes. @throws {Refusal} */
export function filterOf(expression: string): ReadonlySet<number> | undefined {
  const { codes } = parseTags(expression);
  if (codes === undefined || codes.size > 0) return codes;
  throw new Refusal(
    "subscription-invalid",
    `parse the consumer's subscription failed: ${expression.slice(0, 80)} has no tag`,
  );
}

/** What is said of a queue that there is not. */
export function illegalQueue({ name, readQueues }: Topic, queueId: number): Refusal {
  return new Refusal(
    "parameter-invalid",
    `queueId[${queueId}] is illegal, topic:[${name}] topicConfig.readQueueNums:[${readQueues}]`,
  );
}

function noClasses(): Refusal {
  return new Refusal(
    "unsupported",
    "Filter classes run code in the broker and are not supported. Filter by tags or by SQL92.",
  );
}

function forbid(which: number, why: string): never {
  throw new Refusal("no-permission", why, which);
}
