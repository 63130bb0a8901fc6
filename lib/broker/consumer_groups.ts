import { ConsumerGroup, type HeldSubscription } from "./consumer_group.ts";

/** The consumer groups that have clients connected. */
export class ConsumerGroups {
  readonly #groups = new Map<string, ConsumerGroup>();

  get(name: string): ConsumerGroup | undefined {
    return this.#groups.get(name);
  }

  /** The group, made where there is none yet. */
  open(name: string): ConsumerGroup {
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, group = new ConsumerGroup(name));
    return group;
  }

  remove(name: string): void {
    this.#groups.delete(name);
  }

  all(): Iterable<ConsumerGroup> {
    return this.#groups.values();
  }

  subscription(group: string, topic: string): HeldSubscription | undefined {
    return this.#groups.get(group)?.subscriptions.get(topic);
  }

  /** Groups with a client that subscribes to the topic. */
  consuming(topic: string): string[] {
    return [...this.#groups.values()].filter((group) => group.subscriptions.has(topic))
      .map((group) => group.name);
  }
}
