/** One queue of a group. */
interface GroupQueue {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
}

/**
 * Offsets that tools have set for queues of groups, until the group's next pull has heard of them;
 * what it commits before that is not taken (`resetOffsetTable`). In memory only, and no more than
 * there is progress: the offset stands in the group's progress as well.
 */
export class Resets {
  readonly #groups = new Map<string, Map<string, Map<number, number>>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  assign({ group, topic, queueId }: GroupQueue, offset: number): void {
    let topics = this.#groups.get(group);
    if (topics === undefined) this.#groups.set(group, topics = new Map());
    let queues = topics.get(topic);
    if (queues === undefined) topics.set(topic, queues = new Map());
    if (!queues.has(queueId)) this.#size++;
    queues.set(queueId, offset);
  }

  /** Undefined where no reset waits. */
  of({ group, topic, queueId }: GroupQueue): number | undefined {
    return this.#groups.get(group)?.get(topic)?.get(queueId);
  }

  /** The same, and forgets it. */
  take({ group, topic, queueId }: GroupQueue): number | undefined {
    const topics = this.#groups.get(group);
    const queues = topics?.get(topic);
    const offset = queues?.get(queueId);
    if (topics === undefined || queues === undefined || offset === undefined) return undefined;
    queues.delete(queueId);
    if (queues.size === 0) topics.delete(topic);
    if (topics.size === 0) this.#groups.delete(group);
    this.#size--;
    return offset;
  }

  forgetGroup(group: string): void {
    for (const queues of this.#groups.get(group)?.values() ?? []) this.#size -= queues.size;
    this.#groups.delete(group);
  }

  forgetTopic(topic: string): void {
    for (const [group, topics] of this.#groups) {
      this.#size -= topics.get(topic)?.size ?? 0;
      if (topics.delete(topic) && topics.size === 0) this.#groups.delete(group);
    }
  }
}
