import type { ProgressTable } from "../meta/progress.ts";
import { Refusal } from "../model/refusal.ts";
import type { FirstEnds } from "./first_ends.ts";
import type { Memory } from "./memory.ts";
import type { Queues } from "./queues.ts";
import type { Resets } from "./resets.ts";
import type { BrokerSettings } from "./settings.ts";

/** One queue of a group. */
export interface ProgressKey {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
}

/** What progress works with. */
export interface ProgressParts {
  readonly progressTable: Pick<ProgressTable, "get" | "set" | "settled" | "size">;
  readonly groups: { has(name: string): boolean };
  readonly topicTable: { has(name: string): boolean };
  readonly queues: Queues;
  readonly memory: Memory;
  readonly firstEnds: FirstEnds;
  readonly resets: Resets;
  readonly settings: Pick<BrokerSettings, "progressMax">;
}

/** How far groups have consumed. */
export class Progress {
  readonly #parts: ProgressParts;

  constructor(parts: ProgressParts) {
    this.#parts = parts;
  }

  /**
   * The offset that the group has committed. A group that has none is told 0 where the queue's very
   * first message is there and still in memory, so that it misses nothing of a young queue, or else
   * where the queue ended when the group came first, if it starts at the end.
   * @throws {Refusal} `not-found`: the client starts where its own settings say.
   */
  of(ask: ProgressKey & { readonly zeroIfNotFound: boolean }): number {
    const { progressTable, queues, memory } = this.#parts;
    const offset = progressTable.get(ask.group, ask.topic, ask.queueId);
    if (offset !== undefined && offset >= 0) return offset;
    if (!ask.zeroIfNotFound) {
      throw new Refusal(
        "not-found",
        "Not found, do not set to zero, maybe this group boot first",
      );
    }
    const queue = queues.open(ask.topic, ask.queueId);
    let isYoung = false;
    if (queue !== undefined && queue.offsetMin <= 0 && queue.offsetMax > 0) {
      queue.scan(0, 1, (_offset, position) => isYoung = memory.holds(position));
    }
    if (isYoung) return 0;
    const firstEnd = this.#parts.firstEnds.of(ask);
    if (firstEnd !== undefined) return firstEnd;
    throw new Refusal(
      "not-found",
      "Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first",
    );
  }

  /**
   * Notes it in memory; it is on disk a second later. False: a tool has just set another offset,
   * which holds until the group's next pull has heard of it. @throws {Refusal} `group-unknown`, …
   */
  commit(commit: ProgressKey & { readonly offset: number }): boolean {
    const { group, topic, queueId, offset } = commit;
    if (!this.#parts.groups.has(group)) {
      throw new Refusal("group-unknown", `Group ${group} not exist!`);
    }
    if (!this.#parts.topicTable.has(topic)) {
      throw new Refusal("topic-unknown", `Topic ${topic} not exist!`);
    }
    if (this.#parts.queues.open(topic, queueId) === undefined) {
      throw new Refusal("parameter-invalid", `The topic ${topic} has no queue ${queueId}.`);
    }
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new Refusal(
        "parameter-invalid",
        `The group ${group} cannot be at offset ${offset}: it is 0 or more.`,
      );
    }
    const { resets, progressTable } = this.#parts;
    if (resets.size > 0 && resets.of(commit) !== undefined) return false;
    this.#checkRoom(commit);
    progressTable.set(group, topic, queueId, offset);
    return true;
  }

  /** The same, and resolves when it is on disk. */
  async commitDurably(commit: ProgressKey & { readonly offset: number }): Promise<boolean> {
    const isTaken = this.commit(commit);
    await this.#parts.progressTable.settled();
    return isTaken;
  }

  #checkRoom({ group, topic, queueId }: ProgressKey): void {
    const { progressTable, settings } = this.#parts;
    if (progressTable.get(group, topic, queueId) !== undefined) return;
    if (progressTable.size < settings.progressMax) return;
    throw new Refusal(
      "busy",
      `Cannot keep the progress of ${group} in ${topic}: that of ${progressTable.size} queues is ` +
        `kept, and progressMax is ${settings.progressMax}. Delete groups or raise progressMax.`,
    );
  }
}
