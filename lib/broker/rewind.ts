import type { ProgressTable } from "../meta/progress.ts";
import type { Group } from "../model/group.ts";
import { Refusal } from "../model/refusal.ts";
import type { Topic } from "../model/topic.ts";
import type { Lines } from "../port/lines.ts";
import type { Member } from "./consumer_group.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { Identity } from "./identity.ts";
import type { QueueAt } from "./link.ts";
import type { Progress, ProgressKey } from "./progress.ts";
import type { Queues } from "./queues.ts";
import type { Resets } from "./resets.ts";
import type { BrokerSettings } from "./settings.ts";
import type { Waiters } from "./waiters.ts";

/** Where a group is to go on. */
export interface RewindAsk {
  readonly group: string;
  readonly topic: string;
  /** Below 0: all queues of the topic. */
  readonly queueId: number;
  /** For one queue; undefined: by time. */
  readonly offset: number | undefined;
  /** ms since 1970; below 0: the end. */
  readonly timestamp: number;
  /** Forward as well? Only clients are asked to heed it. */
  readonly force: boolean;
}

/** Whose progress becomes whose. */
export interface CloneAsk {
  readonly from: string;
  readonly to: string;
  /** Undefined: every topic that the group has progress in. */
  readonly topic: string | undefined;
  /** Topics too that the group's clients do not subscribe to? */
  readonly offline: boolean;
}

/** What changes of progress work with. */
export interface RewindParts {
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly groups: { has(name: string): boolean; get(name: string): Group };
  readonly consumers: ConsumerGroups;
  readonly queues: Queues;
  readonly progress: Progress;
  readonly progressTable: Pick<ProgressTable, "get" | "topicsOf" | "ofTopic" | "settled">;
  readonly resets: Resets;
  readonly waiters: Waiters;
  readonly identity: Pick<Identity, "brokerName">;
  readonly settings: BrokerSettings;
  readonly lines: Lines;
}

/** `MQVersion` V3_0_7_SNAPSHOT: older clients cannot be told. */
const TOLD_VERSION = 28;

/** Tools change how far groups are: by time, by offset, or to where another group is. */
export class Rewind {
  readonly #parts: RewindParts;
  readonly #listeners: ((queue: ProgressKey) => void)[] = [];

  constructor(parts: RewindParts) {
    this.#parts = parts;
    this.onReset(({ topic, queueId }) => parts.waiters.rouse(topic, queueId));
  }

  /** Hears of queues in which a group goes on elsewhere: who waits there may have something now. */
  onReset(listener: (queue: ProgressKey) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Sends a group elsewhere and says where, by queue. The broker does it by itself where
   * `useServerSideResetOffset` is on: a consumer that pulls hears of it at once. Else the group's
   * clients are told, which do it themselves. @throws {Refusal} with what stands in the way.
   */
  async reset(ask: RewindAsk): Promise<QueueAt[]> {
    const topic = this.#parts.topicTable.get(ask.topic);
    if (topic === undefined) {
      throw new Refusal("topic-unknown", `Topic ${ask.topic} does not exist`);
    }
    if (!this.#parts.settings.serverSideReset) return this.#tellClients(ask, topic);
    if (!this.#parts.groups.has(ask.group)) {
      throw new Refusal("group-unknown", `Group ${ask.group} does not exist`);
    }
    const queues = ask.queueId >= 0 ? [this.#one(ask)] : this.#all(ask, topic.readQueues);
    for (const { queueId, offset } of queues) this.#assign({ ...ask, queueId, offset });
    await this.#parts.progressTable.settled();
    this.#tell(ask, queues);
    return queues;
  }

  /**
   * Gives a group the progress of another one and says of how many queues.
   * @throws {Refusal} `group-unknown`, `busy`
   */
  async clone(ask: CloneAsk): Promise<number> {
    const { progressTable, topicTable, progress, queues, groups, lines } = this.#parts;
    groups.get(ask.to);
    let count = 0;
    for (const topic of ask.topic === undefined ? progressTable.topicsOf(ask.from) : [ask.topic]) {
      if (topicTable.get(topic) === undefined || !this.#isCloned(ask, topic)) continue;
      for (const [queueId, offset] of progressTable.ofTopic(ask.from, topic)) {
        if (queues.open(topic, queueId) === undefined) continue;
        progress.commit({ group: ask.to, topic, queueId, offset });
        count++;
      }
    }
    await progressTable.settled();
    lines.info(`The group ${ask.to} has the progress of ${ask.from} now, in ${count} queues.`);
    return count;
  }

  #isCloned({ from, offline }: CloneAsk, topic: string): boolean {
    const subscribed = this.#parts.consumers.get(from)?.subscriptions;
    return offline || subscribed === undefined || subscribed.size === 0 || subscribed.has(topic);
  }

  #one(ask: RewindAsk): QueueAt {
    const queue = this.#parts.queues.open(ask.topic, ask.queueId);
    if (queue === undefined) {
      throw new Refusal("failed", `The topic ${ask.topic} has no queue ${ask.queueId}.`);
    }
    const { offset } = ask;
    if (offset === undefined) return this.#at(ask, ask.queueId);
    const { offsetMin, offsetMax } = queue;
    if (offset < offsetMin || offset > offsetMax + 1) {
      throw new Refusal(
        "failed",
        `Target offset ${offset} not in consume queue range [${offsetMin}-${offsetMax}]`,
      );
    }
    return this.#place(ask.topic, ask.queueId, offset);
  }

  #all(ask: RewindAsk, count: number): QueueAt[] {
    return Array.from({ length: count }, (_, queueId) => this.#at(ask, queueId));
  }

  /** By time. */
  #at({ topic, timestamp }: RewindAsk, queueId: number): QueueAt {
    const queue = this.#parts.queues.open(topic, queueId);
    if (queue === undefined) return this.#place(topic, queueId, 0);
    const offset = timestamp < 0 ? queue.offsetMax : queue.offsetByTime(timestamp, "lower");
    return this.#place(topic, queueId, offset);
  }

  #place(topic: string, queueId: number, offset: number): QueueAt {
    return { topic, brokerName: this.#parts.identity.brokerName, queueId, offset };
  }

  #assign(to: { group: string; topic: string; queueId: number; offset: number }): void {
    const { resets, progress } = this.#parts;
    resets.take(to);
    progress.commit(to);
    resets.assign(to, to.offset);
    for (const listener of this.#listeners) listener(to);
  }

  #tellClients(ask: RewindAsk, topic: Topic): QueueAt[] {
    const { group, timestamp, force } = ask;
    const queues = this.#all(ask, topic.writeQueues).map((queue) => this.#heeding(ask, queue));
    const members = [...this.#parts.consumers.get(group)?.members.values() ?? []];
    if (members.length === 0) {
      throw new Refusal(
        "consumer-offline",
        `Consumer not online, so can not reset offset, Group: ${group} Topic: ${ask.topic} ` +
          `Timestamp: ${timestamp}`,
      );
    }
    checkVersions(members);
    for (const { link, language } of members) {
      link.resetProgress({ group, topic: ask.topic, timestamp, force, queues, language });
    }
    this.#tell(ask, queues);
    return queues;
  }

  /** Without force, nobody goes forward. */
  #heeding({ group, force }: RewindAsk, queue: QueueAt): QueueAt {
    const now = this.#parts.progressTable.get(group, queue.topic, queue.queueId);
    if (now === undefined) {
      throw new Refusal(
        "failed",
        `THe consumer group <${group}> not exist: it has no progress in ${queue.topic} queue ` +
          `${queue.queueId}.`,
      );
    }
    return force || queue.offset < now ? queue : { ...queue, offset: now };
  }

  #tell({ group, topic, timestamp }: RewindAsk, queues: readonly QueueAt[]): void {
    const places = queues.map(({ queueId, offset }) => `${queueId}: ${offset}`);
    const shown = places.slice(0, 16).join(", ") + (places.length > 16 ? ", …" : "");
    this.#parts.lines.info(
      `The group ${group} goes on elsewhere in ${topic} (${timestamp}), by queue: ${shown}.`,
    );
  }
}

function checkVersions(members: readonly Member[]): void {
  const old = members.find((member) => member.version < TOLD_VERSION);
  if (old === undefined) return;
  throw new Refusal(
    "failed",
    `the client does not support this feature. version=${old.version} of ${old.clientId}; ` +
      `${TOLD_VERSION} (V3_0_7) is the least.`,
  );
}
