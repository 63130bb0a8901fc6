import type { Log } from "../log/log.ts";
import type { ProgressTable } from "../meta/progress.ts";
import type { TopicTable } from "../meta/topics.ts";
import type { DataVersion } from "../model/data_version.ts";
import { Refusal } from "../model/refusal.ts";
import { checkTopicName, type Topic } from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { Lines } from "../port/lines.ts";
import { changeAttributes, parseAttributeChanges, TOPIC_ATTRIBUTES } from "./attributes.ts";
import type { Counters } from "./counters.ts";
import type { Identity } from "./identity.ts";
import type { Queues } from "./queues.ts";
import type { BrokerSettings } from "./settings.ts";
import { hasSystemPrefix, systemTopicNames } from "./system_topics.ts";

/** One queue's figures. */
export interface QueueStats {
  readonly offsetMin: number;
  readonly offsetMax: number;
  /** Store time of the last message, ms since 1970; 0: none. */
  readonly lastUpdateMs: number;
}

/** What the topics work with. */
export interface TopicParts {
  readonly topicTable: TopicTable;
  readonly progressTable: Pick<ProgressTable, "removeTopic">;
  readonly log: Pick<Log, "removeTopic" | "doomed">;
  readonly queues: Queues;
  readonly counters: Counters;
  readonly identity: Identity;
  readonly settings: BrokerSettings;
  readonly clock: Clock;
  readonly lines: Lines;
}

/** The topics that this broker holds. */
export class Topics {
  readonly #parts: TopicParts;
  readonly #system: ReadonlySet<string>;
  readonly #removed: ((name: string) => void)[] = [];

  constructor(parts: TopicParts) {
    this.#parts = parts;
    this.#system = systemTopicNames(parts.identity, parts.settings);
  }

  get version(): DataVersion {
    return this.#parts.topicTable.version;
  }

  /**
   * Makes or changes a topic; `attributeChanges` is `+key=value,-key`, attributes not named stay.
   * @throws {Refusal} `parameter-invalid` for the name or a number, `failed` for an attribute.
   */
  async create(topic: Topic, attributeChanges: string): Promise<void> {
    checkTopicName(topic.name);
    this.#checkNotSystem(topic.name);
    this.#checkNumbers(topic);
    const current = this.#parts.topicTable.get(topic.name);
    const changes = parseAttributeChanges(attributeChanges);
    this.#checkReal(changes);
    const attributes = changeAttributes(TOPIC_ATTRIBUTES, current?.attributes, changes);
    const made = { ...topic, attributes };
    if (current !== undefined && isSame(current, made)) return;
    await this.#parts.topicTable.put([made]);
    this.#parts.lines.info(
      `${current ? "Changed" : "Created"} the topic ${topic.name}: ${topic.readQueues} queues to ` +
        `read, ${topic.writeQueues} to write, permission ${topic.perm}.`,
    );
  }

  /** Notes that a name server has order configurations for these (`updateOrderTopicConfig`). */
  markOrdered(names: readonly string[]): void {
    const { topicTable, lines } = this.#parts;
    const topics = names.flatMap((name) => topicTable.get(name) ?? [])
      .filter((topic) => !topic.order);
    if (topics.length === 0) return;
    topicTable.put(topics.map((topic) => ({ ...topic, order: true }))).then(
      () => lines.info(`Ordered now, as a name server has it: ${namesOf(topics)}.`),
      (fault) => lines.error(`Cannot note that ${namesOf(topics)} are ordered: ${fault}`),
    );
  }

  /** Removes a topic, its groups' progress and its queues; nothing happens where there is none. */
  async remove(name: string): Promise<void> {
    if (name.trim() === "") throw new Refusal("parameter-invalid", "The specified topic is blank.");
    this.#checkNotSystem(name);
    const { topicTable, progressTable, log, counters, lines } = this.#parts;
    if (!topicTable.has(name)) return;
    log.doomed.announce(name);
    try {
      await topicTable.remove(name);
    } catch (fault) {
      log.doomed.withdraw(name);
      throw fault;
    }
    // Before anything else happens: a topic of that name made anew must not lose what it is sent.
    log.removeTopic(name);
    await progressTable.removeTopic(name);
    counters.topicPuts.forget(name);
    for (const listener of this.#removed) listener(name);
    lines.info(`Deleted the topic ${name}.`);
  }

  /** Hears of every topic that was removed. */
  onRemove(listener: (name: string) => void): void {
    this.#removed.push(listener);
  }

  /** @throws {Refusal} `topic-unknown` */
  get(name: string): Topic {
    const topic = this.#parts.topicTable.get(name);
    if (topic !== undefined) return topic;
    throw new Refusal("topic-unknown", `No topic in this broker. topic: ${name}`);
  }

  all(): Iterable<Topic> {
    return this.#parts.topicTable.all();
  }

  get size(): number {
    return this.#parts.topicTable.size;
  }

  /** Topics that belong to the broker itself. */
  systemNames(): string[] {
    return [...this.#system];
  }

  /** Figures by queue id. @throws {Refusal} `topic-unknown` */
  stats(name: string): Map<number, QueueStats> {
    const topic = this.#parts.topicTable.get(name);
    if (topic === undefined) throw new Refusal("topic-unknown", `topic[${name}] not exist`);
    const stats = new Map<number, QueueStats>();
    for (let id = 0; id < Math.max(topic.readQueues, topic.writeQueues); id++) {
      const queue = this.#parts.queues.open(name, id);
      const offsetMin = queue?.offsetMin ?? 0;
      const offsetMax = queue?.offsetMax ?? 0;
      const stamp = offsetMax > offsetMin ? queue?.storeTimestampAt(offsetMax - 1) ?? 0 : 0;
      stats.set(id, { offsetMin, offsetMax, lastUpdateMs: Math.max(0, stamp) });
    }
    return stats;
  }

  /** Messages a second that the topic took, over the last minute. */
  putTps(name: string): number {
    return this.#parts.counters.topicPuts.perSecond(name, this.#parts.clock.monotonic());
  }

  #checkNotSystem(name: string): void {
    if (!this.#parts.settings.guardSystemTopics) return;
    if (!this.#system.has(name) && !hasSystemPrefix(name)) return;
    throw new Refusal("parameter-invalid", `The topic[${name}] is conflict with system topic.`);
  }

  #checkNumbers(topic: Topic): void {
    const most = this.#parts.settings.topicQueuesMax;
    for (const queues of [topic.readQueues, topic.writeQueues]) {
      if (queues >= 1 && queues <= most) continue;
      throw new Refusal(
        "parameter-invalid",
        `The topic ${topic.name} cannot have ${queues} queues: at least 1 and at most ${most}, ` +
          `which topicQueuesMax sets.`,
      );
    }
    if (topic.perm >= 0 && topic.perm <= 15) return;
    throw new Refusal(
      "parameter-invalid",
      `The topic ${topic.name} cannot have the permission ${topic.perm}: read 4, write 2 and ` +
        `inherit 1 add up to 7 at most, with priority 8 to 15.`,
    );
  }

  /** Attributes that would promise what this broker does not do. */
  #checkReal(changes: ReadonlyMap<string, string>): void {
    if (changes.get("+message.type") === "MIXED" && !this.#parts.settings.mixedMessageType) {
      throw new Refusal("parameter-invalid", "MIXED message type is not supported.");
    }
    if (changes.has("+reserve.time")) {
      throw new Refusal("failed", "Update topic reserveTime not supported");
    }
    if (changes.get("+cleanup.policy") !== "COMPACTION") return;
    throw new Refusal(
      "failed",
      "This broker has no topics with cleanup.policy=COMPACTION. Leave the attribute out.",
    );
  }
}

function namesOf(topics: readonly Topic[]): string {
  return topics.map(({ name }) => name).join(", ").slice(0, 500);
}

function isSame(one: Topic, other: Topic): boolean {
  return one.readQueues === other.readQueues && one.writeQueues === other.writeQueues &&
    one.perm === other.perm && one.filterType === other.filterType &&
    one.sysFlag === other.sysFlag && one.order === other.order &&
    one.attributes.size === other.attributes.size &&
    [...one.attributes].every(([key, value]) => other.attributes.get(key) === value);
}
