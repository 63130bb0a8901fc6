import type { Topic } from "../model/topic.ts";
import type { Log, Queue } from "../log/log.ts";

/**
 * The queues that exist: those of a topic that the catalogue knows, up to its number of queues.
 * Names and ids come from peers, so nothing else is ever opened.
 */
export class Queues {
  readonly #log: Pick<Log, "queue">;
  readonly #topics: { get(name: string): Topic | undefined };

  constructor(parts: {
    readonly log: Pick<Log, "queue">;
    readonly topicTable: { get(name: string): Topic | undefined };
  }) {
    this.#log = parts.log;
    this.#topics = parts.topicTable;
  }

  open(topic: string, queueId: number): Queue | undefined {
    const known = this.#topics.get(topic);
    if (known === undefined || !Number.isInteger(queueId) || queueId < 0) return undefined;
    if (queueId >= Math.max(known.readQueues, known.writeQueues)) return undefined;
    return this.#log.queue(topic, queueId);
  }
}
