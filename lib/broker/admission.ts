import { parseTags } from "../model/filter.ts";
import type { Group } from "../model/group.ts";
import { Refusal } from "../model/refusal.ts";
import { Perm, type Topic } from "../model/topic.ts";
import type { Access } from "./access.ts";
import { isTagType } from "./consumer_group.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { PullAsk, PullSubscription } from "./pull.ts";
import type { BrokerSettings } from "./settings.ts";

/** What an admitted pull goes by. */
export interface Admitted {
  readonly group: Group;
  readonly topic: Topic;
  /** Hashes of the tags asked for; undefined: all messages. */
  readonly filter: ReadonlySet<number> | undefined;
}

/** What admission asks. */
export interface AdmissionParts {
  readonly access: Access;
  readonly groups: { get(name: string): Group };
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly consumers: ConsumerGroups;
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
      throw new Refusal("unsupported", "Filter classes are not supported. Filter by tags.");
    }
    const filter = ask.subscription === undefined
      ? this.#filterByHeartbeat(ask, group)
      : filterOf(ask.subscription);
    return { group, topic, filter };
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
    const topic = this.#parts.topicTable.get(ask.topic);
    if (topic === undefined) {
      throw new Refusal(
        "topic-unknown",
        `topic[${ask.topic.slice(0, 255)}] not exist, apply first please! ${HELP}`,
      );
    }
    if ((topic.perm & Perm.read) === 0) {
      forbid(Forbidden.topic, `the topic[${ask.topic}] pulling message is forbidden`);
    }
    if (ask.queueId >= 0 && ask.queueId < topic.readQueues) return topic;
    throw new Refusal(
      "parameter-invalid",
      `queueId[${ask.queueId}] is illegal, topic:[${ask.topic}] ` +
        `topicConfig.readQueueNums:[${topic.readQueues}]`,
    );
  }

  #filterByHeartbeat(ask: PullAsk, group: Group): ReadonlySet<number> | undefined {
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
    checkFilterType(subscription.type);
    if (subscription.classFilter) {
      throw new Refusal("unsupported", "Filter classes are not supported. Filter by tags.");
    }
    return subscription.filter;
  }
}

function filterOf(subscription: PullSubscription): ReadonlySet<number> | undefined {
  checkFilterType(subscription.type);
  const { codes } = parseTags(subscription.expression);
  if (codes === undefined || codes.size > 0) return codes;
  throw new Refusal(
    "subscription-invalid",
    `parse the consumer's subscription failed: ${subscription.expression.slice(0, 80)} has no tag`,
  );
}

function checkFilterType(type: string): void {
  if (isTagType(type)) return;
  throw new Refusal(
    "failed",
    `The broker does not support consumer to filter message by ${type.slice(0, 40)}`,
  );
}

function forbid(which: number, why: string): never {
  throw new Refusal("no-permission", why, which);
}
