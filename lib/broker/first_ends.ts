import type { KvTable } from "../meta/kv.ts";
import type { ProgressTable } from "../meta/progress.ts";
import { isGroupTopic, type Topic } from "../model/topic.ts";
import type { Lines } from "../port/lines.ts";
import type { GroupSettings } from "./group_settings.ts";
import type { HeartbeatConsumer } from "./heartbeat.ts";
import type { Queues } from "./queues.ts";

/** What the first ends work with. */
export interface FirstEndsParts {
  /** Ends by group and topic, as `offset,offset,…` from queue 0 on. */
  readonly firstEndsTable: Pick<KvTable, "get" | "put" | "remove" | "size" | "ofNamespace" | "all">;
  readonly progressTable: Pick<ProgressTable, "get">;
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly queues: Queues;
  readonly settings: Pick<GroupSettings, "keepFirstQueueEnds"> & { readonly progressMax: number };
  readonly lines: Lines;
}

/** What clients say that start at the end; for Java's, the second, deprecated one is the same. */
const AT_THE_END: ReadonlySet<string> = new Set([
  "CONSUME_FROM_LAST_OFFSET",
  "CONSUME_FROM_MAX_OFFSET",
]);

/**
 * Where the queues of its topics ended when a group showed itself for the first time. A group that
 * starts at the end (`CONSUME_FROM_LAST_OFFSET`) asks for its progress some time later, after its
 * rebalance; at the end of that moment it would miss what was sent in between. A queue that came
 * later has no end here and starts at 0.
 */
export class FirstEnds {
  readonly #parts: FirstEndsParts;
  /** Being written, by group and topic. */
  readonly #pending = new Map<string, Promise<void>>();
  #isFullTold = false;

  constructor(parts: FirstEndsParts) {
    this.#parts = parts;
  }

  /** Notes the ends for a group that is new to a topic; resolves when a restart would know them. */
  note(consumer: HeartbeatConsumer): Promise<unknown> | undefined {
    const { settings, firstEndsTable } = this.#parts;
    const { group, model, fromWhere, type, subscriptions } = consumer;
    if (!settings.keepFirstQueueEnds || model !== "CLUSTERING") return undefined;
    if (type === "CONSUME_ACTIVELY" || !AT_THE_END.has(fromWhere)) return undefined;
    const waits: Promise<void>[] = [];
    for (const { topic } of subscriptions) {
      if (isGroupTopic(topic) || firstEndsTable.get(group, topic) !== undefined) continue;
      const wait = this.#pending.get(`${topic}@${group}`) ?? this.#noteTopic(group, topic);
      if (wait !== undefined) waits.push(wait);
    }
    return waits.length === 0 ? undefined : Promise.all(waits);
  }

  /** Where the queue ended; undefined where that was not noted. */
  of(queue: {
    readonly group: string;
    readonly topic: string;
    readonly queueId: number;
  }): number | undefined {
    const { group, topic, queueId } = queue;
    if (!this.#parts.settings.keepFirstQueueEnds) return undefined;
    const text = this.#parts.firstEndsTable.get(group, topic);
    if (text === undefined) return undefined;
    const end = text === "" ? 0 : Number(text.split(",")[queueId] ?? 0);
    const open = this.#parts.queues.open(topic, queueId);
    if (open === undefined || !Number.isSafeInteger(end)) return undefined;
    return Math.min(Math.max(end, open.offsetMin), open.offsetMax);
  }

  /** The group begins anew when it comes again. */
  async forgetGroup(group: string): Promise<void> {
    const { firstEndsTable } = this.#parts;
    const topics = [...firstEndsTable.ofNamespace(group).keys()];
    await Promise.all(topics.map((topic) => firstEndsTable.remove(group, topic)));
  }

  /** A topic of that name made anew has other queues. */
  forgetTopic(topic: string): void {
    const { firstEndsTable, lines } = this.#parts;
    const groups = [...firstEndsTable.all()].filter(([, key]) => key === topic);
    for (const [group] of groups) {
      firstEndsTable.remove(group, topic).catch((fault) =>
        lines.error(`Cannot forget where ${topic} ended for the group ${group}: ${fault}`)
      );
    }
  }

  #noteTopic(group: string, topic: string): Promise<void> | undefined {
    const ends = this.#endsOf(group, topic);
    if (ends === undefined || !this.#hasRoom()) return undefined;
    const key = `${topic}@${group}`;
    const { firstEndsTable, lines } = this.#parts;
    // A heartbeat is no reason to fail: who cannot be noted starts where upstream's clients do.
    const wait = firstEndsTable.put(group, topic, ends.join(","))
      .catch((fault) => lines.error(`Cannot note where ${topic} ends for ${group}: ${fault}`))
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, wait);
    return wait;
  }

  /** undefined where the group has progress in every queue already. */
  #endsOf(group: string, topic: string): number[] | undefined {
    const { topicTable, progressTable, queues } = this.#parts;
    const count = topicTable.get(topic)?.readQueues ?? 0;
    const ids = Array.from({ length: count }, (_, id) => id);
    const isNew = ids.length === 0 ||
      ids.some((id) => progressTable.get(group, topic, id) === undefined);
    return isNew ? ids.map((id) => queues.open(topic, id)?.offsetMax ?? 0) : undefined;
  }

  #hasRoom(): boolean {
    const { firstEndsTable, settings, lines } = this.#parts;
    if (firstEndsTable.size < settings.progressMax) return true;
    if (!this.#isFullTold) {
      lines.warn(
        `The queue ends of new groups are no longer noted: ${firstEndsTable.size} are, and ` +
          `progressMax is ${settings.progressMax}. Groups that start at the end may skip what is ` +
          `sent while they start. Delete groups or raise progressMax.`,
      );
    }
    this.#isFullTold = true;
    return false;
  }
}
