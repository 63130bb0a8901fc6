import type { TopicTable } from "../meta/topics.ts";
import { Refusal } from "../model/refusal.ts";
import {
  checkTopicName,
  DEFAULT_TOPIC,
  makeTopic,
  Perm,
  RETRY_PREFIX,
  type Topic,
} from "../model/topic.ts";
import type { Lines } from "../port/lines.ts";
import type { BrokerSettings } from "./settings.ts";

/** What a send says about the topic it would like to have. */
export interface NewTopicAsk {
  readonly defaultTopic: string;
  readonly defaultTopicQueues: number;
  readonly unitMode: boolean;
}

const HELP = "See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.";
/** Bits of a topic's system flag (`TopicSysFlag`). */
const UNIT = 1;
const UNIT_SUBSCRIPTION = 2;

/**
 * Topics that come into being by themselves. Whoever asks for the same one waits for one creation.
 */
export class NewTopics {
  readonly #table: TopicTable;
  readonly #settings: BrokerSettings;
  readonly #lines: Lines;
  readonly #pending = new Map<string, Promise<Topic>>();

  constructor(parts: {
    readonly topicTable: TopicTable;
    readonly settings: BrokerSettings;
    readonly lines: Lines;
  }) {
    this.#table = parts.topicTable;
    this.#settings = parts.settings;
    this.#lines = parts.lines;
  }

  /**
   * Makes the topic of a send from its default topic, `%RETRY%` topics with one queue where that
   * fails (`createTopicInSendMessageMethod`). @throws {Refusal} `topic-unknown` with the reason.
   */
  automatic(name: string, ask: NewTopicAsk): Promise<Topic> {
    const isRetry = name.startsWith(RETRY_PREFIX);
    const sysFlag = ask.unitMode ? (isRetry ? UNIT_SUBSCRIPTION : UNIT) : 0;
    const source = this.#sourceOf(ask.defaultTopic);
    if (typeof source === "string") {
      if (isRetry) return this.ensure(makeTopic(name, 1, { sysFlag }));
      throw new Refusal(
        "topic-unknown",
        `topic[${name}] not exist, apply first please! It cannot be created by itself: ` +
          `${source} ${HELP}`,
      );
    }
    const asked = Math.min(ask.defaultTopicQueues, source.writeQueues);
    return this.ensure(makeTopic(name, Math.max(1, asked), {
      perm: source.perm & ~Perm.inherit,
      sysFlag,
      filterType: source.filterType,
    }));
  }

  has(name: string): boolean {
    return this.#table.has(name);
  }

  /** The topic of that name, made as given where there is none; resolves when it is on disk. */
  ensure(topic: Topic): Promise<Topic> {
    const there = this.#table.get(topic.name);
    if (there !== undefined) return Promise.resolve(there);
    const pending = this.#pending.get(topic.name);
    if (pending !== undefined) return pending;
    this.#check(topic.name);
    const made = this.#make(topic).finally(() => this.#pending.delete(topic.name));
    this.#pending.set(topic.name, made);
    return made;
  }

  async #make(topic: Topic): Promise<Topic> {
    await this.#table.put([topic]);
    this.#lines.info(
      `Created the topic ${topic.name} with ${topic.writeQueues} queues and permission ` +
        `${topic.perm}.`,
    );
    return this.#table.get(topic.name) ?? topic;
  }

  #check(name: string): void {
    checkTopicName(name);
    const { topicsMax } = this.#settings;
    if (this.#table.size + this.#pending.size < topicsMax) return;
    throw new Refusal(
      "topic-unknown",
      `topic[${name}] not exist, and cannot be created: there are ${this.#table.size} topics, ` +
        `and topicsMax is ${topicsMax}. Delete topics or raise topicsMax.`,
    );
  }

  /** The topic whose settings the new one gets, or why there is none. */
  #sourceOf(defaultTopic: string): Topic | string {
    if (defaultTopic === DEFAULT_TOPIC && !this.#settings.autoCreateTopic) {
      return "autoCreateTopicEnable is false.";
    }
    const source = this.#table.get(defaultTopic);
    if (source === undefined) return `the default topic[${defaultTopic}] not exist.`;
    if (source.perm & Perm.inherit) return source;
    return `the default topic[${defaultTopic}] has no perm [${source.perm}].`;
  }
}
