import type { RecordTarget } from "../model/record.ts";
import { Glance } from "./glance.ts";
import type { Keys } from "./keys.ts";
import type { Queues } from "./queues.ts";

/** Hears of every queued record once it can be read. */
export type ArrivalListener = (
  topic: string,
  queueId: number,
  offset: number,
  tagsCode: number,
  storeTimestamp: number,
) => void;

/** Leads all views along the log, record by record: the same way while running and at recovery. */
export class Views {
  readonly #glance: Glance;
  readonly #queues: Queues;
  readonly #keys: Keys;
  readonly #listeners: ArrivalListener[] = [];

  constructor(queues: Queues, keys: Keys, delayLevelsMs: readonly number[]) {
    this.#queues = queues;
    this.#keys = keys;
    this.#glance = new Glance(delayLevelsMs);
  }

  onArrival(listener: ArrivalListener): void {
    this.#listeners.push(listener);
  }

  /** Takes up a record that can be read now, and tells of it. */
  advance(source: RecordTarget, position: number, size: number): void {
    const glance = this.#glance;
    glance.look(source, position, size);
    this.#keys.put(glance);
    if (!glance.isQueued) return;
    this.#queues.put(glance);
    for (const listener of this.#listeners) {
      listener(
        glance.topic,
        glance.queueId,
        glance.offset,
        glance.tagsCode,
        glance.storeTimestamp,
      );
    }
  }

  /** Keeps the place of a damaged record, as far as its bytes still tell. */
  reserve(source: RecordTarget, position: number, size: number): void {
    const glance = this.#glance;
    if (!glance.tryLook(source, position, size) || !glance.isQueued) return;
    this.#queues.reserve(glance);
  }

  /** Takes up a record at recovery; each view knows from where on it lacks any. */
  replay(
    source: RecordTarget,
    place: { readonly position: number; readonly size: number },
    from: { readonly queues: number; readonly keys: number },
  ): void {
    const glance = this.#glance;
    glance.look(source, place.position, place.size);
    if (place.position >= from.keys) this.#keys.put(glance);
    if (place.position >= from.queues && glance.isQueued) this.#queues.put(glance);
  }
}
