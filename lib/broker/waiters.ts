import { Refusal } from "../model/refusal.ts";
import {
  type Parked,
  Parking,
  type ParkingParts,
  type ReachedLimit,
  type Ripe,
  Ripening,
  type Waiting,
} from "./parking.ts";

/** A parked pull. */
export interface Waiter extends Waiting {
  readonly topic: string;
  readonly queueId: number;
  /** The offset that it waits for. */
  readonly offset: number;
  /** Tags that it wants, by hash; undefined: any message. */
  readonly filter: ReadonlySet<number> | undefined;
}

/** Once ripe, it stays so: what it waits for has come, and it only waits for its link. */
type ParkedPull = Parked<Waiter, Ripe>;

/** How soon a waiter whose link was full is looked at again, ms. */
const LINK_FULL_MS = 200;

/**
 * The parked requests, by queue. They wake after the log has told of all that arrived in this turn
 * of the event loop, so that one answer brings it all.
 */
export class Waiters {
  readonly #parts: ParkingParts;
  /** Of every queue that somebody waited for: who waits comes again and again. */
  readonly #topics = new Map<string, Map<number, Set<ParkedPull>>>();
  readonly #parking: Parking<Waiter, Ripe>;
  readonly #ripening = new Ripening<ParkedPull>((ripe) => {
    for (const one of ripe) this.#endIfWritable(one);
  });

  constructor(parts: ParkingParts) {
    this.#parts = parts;
    this.#parking = new Parking(parts, (parked) => this.#leave(parked));
  }

  get size(): number {
    return this.#parking.size;
  }

  /**
   * Parks a request for `holdMs` at most. @throws {Refusal} `busy` with the limit that was reached.
   */
  add(waiter: Waiter, holdMs: number): void {
    if (this.#parking.isOver(waiter.link)) return waiter.end(false);
    const limit = this.#parking.limitOf(waiter.link);
    if (limit !== undefined) throw tooMany(limit);
    const parked = this.#parking.park(waiter, { isRipe: false }, holdMs);
    this.#queueOf(waiter.topic, waiter.queueId).add(parked);
  }

  /** A message can be read: those who wait for it or an earlier one will wake. */
  arrived(topic: string, queueId: number, entry: { offset: number; tagsCode: number }): void {
    const { offset, tagsCode } = entry;
    const parked = this.#topics.get(topic)?.get(queueId);
    if (parked === undefined) return;
    for (const one of parked) {
      const { waiter } = one;
      if (offset < waiter.offset) continue;
      if (waiter.filter === undefined || waiter.filter.has(tagsCode)) {
        this.#ripening.add(one, one.place);
      }
    }
  }

  /** Wakes all who wait for a queue: there may be something else to tell them. */
  rouse(topic: string, queueId: number): void {
    for (const one of this.#topics.get(topic)?.get(queueId) ?? []) {
      this.#ripening.add(one, one.place);
    }
  }

  /** Wakes all who wait for a topic, whose end they will then hear of. */
  topicGone(topic: string): void {
    for (const parked of this.#topics.get(topic)?.values() ?? []) {
      for (const one of parked) this.#ripening.add(one, one.place);
    }
    this.#topics.delete(topic);
  }

  /** Ends all waiting; whoever comes later ends at once. */
  stop(): void {
    this.#parking.stop();
  }

  /** A full link would only pile up what it is sent: its waiter stays until it takes data again. */
  #endIfWritable(parked: ParkedPull): void {
    if (!this.#parking.has(parked)) return;
    if (parked.waiter.link.isWritable) return this.#parking.end(parked, true);
    const again = this.#parts.clock.monotonic() + LINK_FULL_MS;
    if (again >= parked.deadline.at) return;
    this.#parts.deadlines.add(again, () => this.#endIfWritable(parked));
  }

  #leave(parked: ParkedPull): void {
    const { topic, queueId } = parked.waiter;
    this.#topics.get(topic)?.get(queueId)?.delete(parked);
  }

  #queueOf(topic: string, queueId: number): Set<ParkedPull> {
    let queues = this.#topics.get(topic);
    if (queues === undefined) this.#topics.set(topic, queues = new Map());
    let parked = queues.get(queueId);
    if (parked === undefined) queues.set(queueId, parked = new Set());
    return parked;
  }
}

function tooMany({ name, most, count }: ReachedLimit): Refusal {
  const whose = name === "pullWaitersPerLinkMax" ? " of this connection" : "";
  return new Refusal(
    "flow-control",
    `Cannot hold another pull: ${count}${whose} wait already, and ${name} is ${most}. Pull ` +
      `without waiting, or raise it.`,
  );
}
