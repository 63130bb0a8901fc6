import type { ProgressTable } from "../meta/progress.ts";
import type { Topic } from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { Counters } from "./counters.ts";
import type { PullOffsets } from "./pull_offsets.ts";
import type { Queues } from "./queues.ts";

/** How far a group is with one queue. */
export interface QueueConsumption {
  readonly topic: string;
  readonly queueId: number;
  readonly brokerOffset: number;
  readonly consumerOffset: number;
  /** The last pull's next offset. */
  readonly pullOffset: number;
  /** Store time of the last message consumed, ms since 1970; 0: unknown. */
  readonly lastTimestamp: number;
}

export interface ConsumeStats {
  /** Messages a second that the group pulled, over the last minute. */
  readonly tps: number;
  readonly queues: readonly QueueConsumption[];
}

/** What consumption is told from. */
export interface ConsumptionParts {
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly progressTable: Pick<ProgressTable, "get" | "topicsOf" | "groupsOf">;
  readonly pullOffsets: PullOffsets;
  readonly consumers: ConsumerGroups;
  readonly queues: Queues;
  readonly counters: Counters;
  readonly clock: Clock;
}

/** How far groups are, for tools (code 208 and 300). */
export class Consumption {
  readonly #parts: ConsumptionParts;

  constructor(parts: ConsumptionParts) {
    this.#parts = parts;
  }

  /**
   * Of these topics; else of those with progress that the group, where connected, subscribes to.
   */
  of(group: string, topics?: readonly string[]): ConsumeStats {
    const { counters, clock } = this.#parts;
    const now = clock.monotonic();
    const queues: QueueConsumption[] = [];
    let tps = 0;
    for (const name of topics ?? this.#topicsOf(group)) {
      const topic = this.#parts.topicTable.get(name);
      if (topic === undefined) continue;
      for (let id = 0; id < topic.readQueues; id++) queues.push(this.#queue(group, name, id));
      tps += counters.groupGets.perSecond(`${name}@${group}`, now);
    }
    return { tps, queues };
  }

  /** By topic, of those that {@linkcode of} tells of; of ordered ones only where asked. */
  byTopic(group: string, isOrdered: boolean): ConsumeStats[] {
    const known = this.#topicsOf(group).filter((name) => {
      const topic = this.#parts.topicTable.get(name);
      return topic !== undefined && (topic.order || !isOrdered);
    });
    return known.map((topic) => this.of(group, [topic]));
  }

  groupsOf(topic: string): string[] {
    const { consumers, progressTable } = this.#parts;
    return [...new Set([...consumers.consuming(topic), ...progressTable.groupsOf(topic)])];
  }

  #topicsOf(group: string): string[] {
    const { consumers, progressTable } = this.#parts;
    const subscribed = consumers.get(group)?.subscriptions;
    const topics = progressTable.topicsOf(group);
    if (subscribed === undefined || subscribed.size === 0) return topics;
    return topics.filter((topic) => subscribed.has(topic));
  }

  #queue(group: string, topic: string, queueId: number): QueueConsumption {
    const { progressTable, pullOffsets, queues } = this.#parts;
    const queue = queues.open(topic, queueId);
    const consumerOffset = Math.max(0, progressTable.get(group, topic, queueId) ?? 0);
    const stamp = consumerOffset > 0 ? queue?.storeTimestampAt(consumerOffset - 1) ?? 0 : 0;
    return {
      topic,
      queueId,
      brokerOffset: queue?.offsetMax ?? 0,
      consumerOffset,
      pullOffset: Math.max(consumerOffset, pullOffsets.of(group, topic, queueId)),
      lastTimestamp: Math.max(0, stamp),
    };
  }
}
