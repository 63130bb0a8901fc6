import type { Queue } from "../log/log.ts";
import type { Queues } from "./queues.ts";

/** Where queues begin and end. A queue that does not exist is an empty one, as upstream. */
export class Offsets {
  readonly #queues: Queues;

  constructor(queues: Queues) {
    this.#queues = queues;
  }

  /** Exclusive: where the next message goes. */
  max(topic: string, queueId: number): number {
    return this.#queues.open(topic, queueId)?.offsetMax ?? 0;
  }

  min(topic: string, queueId: number): number {
    return this.#queues.open(topic, queueId)?.offsetMin ?? 0;
  }

  /** `lower`: first offset stored at `timestamp` or later; `upper`: last one at or before. */
  byTime(
    queue: { readonly topic: string; readonly queueId: number },
    timestamp: number,
    boundary: "lower" | "upper",
  ): number {
    const open = this.#queues.open(queue.topic, queue.queueId);
    return open === undefined ? 0 : open.offsetByTime(timestamp, boundary);
  }

  /** ms since 1970; -1 where there is no message. */
  earliestStoreTime(topic: string, queueId: number): number {
    const queue = this.#queues.open(topic, queueId);
    return queue === undefined || isEmpty(queue) ? -1 : queue.storeTimestampAt(queue.offsetMin);
  }
}

function isEmpty(queue: Queue): boolean {
  return queue.offsetMin >= queue.offsetMax;
}
