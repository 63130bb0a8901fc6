/**
 * Where each group's last pull of a queue ended, for tools (`pullOffset` of consumer progress). In
 * memory only; it holds queues of known topics and groups and forgets them when those go.
 */
export class PullOffsets {
  readonly #groups = new Map<string, Map<string, Map<number, number>>>();

  note(queue: { group: string; topic: string; queueId: number }, offset: number): void {
    let topics = this.#groups.get(queue.group);
    if (topics === undefined) this.#groups.set(queue.group, topics = new Map());
    let queues = topics.get(queue.topic);
    if (queues === undefined) topics.set(queue.topic, queues = new Map());
    queues.set(queue.queueId, offset);
  }

  /** -1 where nothing was pulled. */
  of(group: string, topic: string, queueId: number): number {
    return this.#groups.get(group)?.get(topic)?.get(queueId) ?? -1;
  }

  forgetGroup(group: string): void {
    this.#groups.delete(group);
  }

  forgetTopic(topic: string): void {
    for (const [group, topics] of this.#groups) {
      if (topics.delete(topic) && topics.size === 0) this.#groups.delete(group);
    }
  }
}
