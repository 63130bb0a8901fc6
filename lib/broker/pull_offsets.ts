/**
 * Where each group's last pull of a queue ended, for tools (`pullOffset` of consumer progress). In
 * memory only; it holds queues of known topics and groups and forgets them when those go.
 */
export class PullOffsets {
  readonly #groups = new Map<string, Map<string, Map<number, number>>>();
  readonly #max: () => number;
  #size = 0;

  /** Queues beyond `max` are not noted: these are figures for tools, no more. */
  constructor(max: () => number) {
    this.#max = max;
  }

  note(queue: { group: string; topic: string; queueId: number }, offset: number): void {
    let topics = this.#groups.get(queue.group);
    let queues = topics?.get(queue.topic);
    if (queues?.has(queue.queueId) !== true) {
      if (this.#size >= this.#max()) return;
      this.#size++;
    }
    if (topics === undefined) this.#groups.set(queue.group, topics = new Map());
    if (queues === undefined) topics.set(queue.topic, queues = new Map());
    queues.set(queue.queueId, offset);
  }

  /** -1 where nothing was pulled. */
  of(group: string, topic: string, queueId: number): number {
    return this.#groups.get(group)?.get(topic)?.get(queueId) ?? -1;
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
