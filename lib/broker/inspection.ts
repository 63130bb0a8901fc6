import type { ProgressOf } from "../meta/progress_rows.ts";
import type { ProgressTable } from "../meta/progress.ts";
import type { DataVersion } from "../model/data_version.ts";
import { Refusal } from "../model/refusal.ts";
import type { Topic } from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { Subscription } from "./heartbeat.ts";
import type { Queues } from "./queues.ts";

/** What one queue holds and how far a group is in it, as times: ms since 1970. */
export interface TimeSpan {
  readonly queueId: number;
  /** -1: no message. */
  readonly oldestMs: number;
  readonly newestMs: number;
  /** Store time of the last message consumed; the oldest one's where none was. */
  readonly consumedMs: number;
  /** How long the next message has been waiting; 0: there is none. */
  readonly delayMs: number;
}

/** Entries of a queue, as it keeps them. */
export interface QueueEntries {
  readonly offsetMin: number;
  readonly offsetMax: number;
  readonly entries: readonly {
    readonly position: number;
    readonly size: number;
    readonly tagsCode: number;
  }[];
}

/** What inspection looks at. */
export interface InspectionParts {
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly progressTable: Pick<
    ProgressTable,
    "get" | "topicsOf" | "ofTopic" | "groupsOf" | "rows" | "version"
  >;
  readonly consumers: ConsumerGroups;
  readonly queues: Queues;
  readonly clock: Clock;
}

/** Entries that one question shows. */
const ENTRIES_MAX = 10_000;

/** A closer look at queues and groups, for tools. */
export class Inspection {
  readonly #parts: InspectionParts;

  constructor(parts: InspectionParts) {
    this.#parts = parts;
  }

  /** By queue. @throws {Refusal} `topic-unknown` */
  timeSpans(topic: string, group: string): TimeSpan[] {
    const known = this.#parts.topicTable.get(topic);
    if (known === undefined) throw new Refusal("topic-unknown", `topic[${topic}] not exist`);
    return Array.from({ length: known.writeQueues }, (_, queueId) => {
      return this.#timeSpan({ topic, group, queueId });
    });
  }

  /** From an offset on. @throws {Refusal} `failed`: there is no such queue. */
  entries(ask: {
    readonly topic: string;
    readonly queueId: number;
    readonly from: number;
    readonly count: number;
  }): QueueEntries {
    const queue = this.#parts.queues.open(ask.topic, ask.queueId);
    if (queue === undefined) {
      throw new Refusal("failed", `${ask.queueId}@${ask.topic} is not exist!`);
    }
    const { offsetMin, offsetMax } = queue;
    const entries: { position: number; size: number; tagsCode: number }[] = [];
    const count = Math.max(0, Math.min(ask.count, ENTRIES_MAX));
    queue.scan(Math.max(offsetMin, ask.from), count, (...[, position, size, tagsCode]) => {
      return entries.push({ position, size, tagsCode }) > 0;
    });
    return { offsetMin, offsetMax, entries };
  }

  /** Topics that a group has progress in. */
  topicsOf(group: string): string[] {
    return this.#parts.progressTable.topicsOf(group);
  }

  /** What a group's clients want of a topic; undefined: nothing, or nobody is there. */
  subscription(group: string, topic: string): Subscription | undefined {
    return this.#parts.consumers.subscription(group, topic);
  }

  /**
   * By queue id: how far the slowest group is that still can be served, but `Infinity` where the
   * compared group is behind it (`queryCorrectionOffset`).
   */
  correction(ask: {
    readonly topic: string;
    readonly compareGroup: string;
    readonly without: readonly string[];
  }): Map<number, number> {
    const { progressTable, queues } = this.#parts;
    const slowest = new Map<number, number>();
    for (const group of progressTable.groupsOf(ask.topic)) {
      if (ask.without.includes(group)) continue;
      for (const [queueId, offset] of progressTable.ofTopic(group, ask.topic)) {
        if (offset < (queues.open(ask.topic, queueId)?.offsetMin ?? 0)) continue;
        slowest.set(queueId, Math.min(offset, slowest.get(queueId) ?? Infinity));
      }
    }
    for (const [queueId, offset] of progressTable.ofTopic(ask.compareGroup, ask.topic)) {
      if ((slowest.get(queueId) ?? -1) > offset) slowest.set(queueId, Infinity);
    }
    return slowest;
  }

  /** Every group's progress, for a broker that follows this one. */
  allProgress(): { readonly version: DataVersion; readonly rows: Iterable<ProgressOf> } {
    const { progressTable } = this.#parts;
    return { version: progressTable.version, rows: progressTable.rows() };
  }

  #timeSpan(one: { topic: string; group: string; queueId: number }): TimeSpan {
    const { topic, group, queueId } = one;
    const { queues, progressTable, clock } = this.#parts;
    const queue = queues.open(topic, queueId);
    const offsetMax = queue?.offsetMax ?? 0;
    const timeAt = (offset: number) => queue?.storeTimestampAt(offset) ?? -1;
    const oldestMs = offsetMax > (queue?.offsetMin ?? 0) ? timeAt(queue?.offsetMin ?? 0) : -1;
    const progress = progressTable.get(group, topic, queueId) ?? -1;
    const next = progress < offsetMax ? timeAt(Math.max(progress, queue?.offsetMin ?? 0)) : -1;
    return {
      queueId,
      oldestMs,
      newestMs: offsetMax > 0 ? timeAt(offsetMax - 1) : -1,
      consumedMs: progress > 0 ? timeAt(progress - 1) : oldestMs,
      delayMs: next < 0 ? 0 : Math.max(0, clock.now() - next),
    };
  }
}
