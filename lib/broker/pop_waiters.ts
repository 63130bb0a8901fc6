import { popRetryTopic } from "../model/receipt.ts";
import type { Deadline } from "./deadlines.ts";
import {
  type Parked,
  Parking,
  type ParkingParts,
  type Ripe,
  Ripening,
  type Waiting,
} from "./parking.ts";

/** A parked question about queues of a group. */
export interface PopWaiter extends Waiting {
  readonly group: string;
  readonly topic: string;
  /** Below 0: all. */
  readonly queueId: number;
  /** Does one of them take what came from the others, so that they are asked in turn? */
  readonly takes: boolean;
  /** Answers if there is something now; false: it waits on. */
  tryNow(): boolean;
}

type ParkedPop = Parked<PopWaiter, Line>;

/** Those who wait for the same; ripe until they wake. */
interface Line extends Ripe {
  readonly key: string;
  readonly topics: readonly string[];
  readonly topic: string;
  readonly queueId: number;
  readonly takes: boolean;
  readonly parked: Set<ParkedPop>;
  wakeAt: Deadline | undefined;
}

/** In one line; upstream's popPollingSize. */
const LINE_MAX = 1024;

/**
 * Pops that wait. They wake in the order in which they came, as long as there is something for
 * them, after the log has told of all that arrived in this turn of the event loop.
 */
export class PopWaiters {
  readonly #parts: ParkingParts;
  readonly #lines = new Map<string, Line>();
  readonly #byTopic = new Map<string, Set<Line>>();
  readonly #parking: Parking<PopWaiter, Line>;
  readonly #ripening = new Ripening<Line>((ripe) => this.#wake(ripe));

  constructor(parts: ParkingParts) {
    this.#parts = parts;
    this.#parking = new Parking(parts, (parked) => this.#leave(parked));
  }

  get size(): number {
    return this.#parking.size;
  }

  /** How many of a group wait for a queue of a topic, -1 for all. */
  count(group: string, topic: string, queueId: number): number {
    const [pops, questions] = [true, false].map((takes) =>
      this.#lines.get(keyOf({ group, topic, queueId, takes }))?.parked.size ?? 0
    );
    return pops + questions;
  }

  /** Parks a question for `holdMs` at most; false: there are too many. */
  add(waiter: PopWaiter, holdMs: number): boolean {
    if (this.#parking.isOver(waiter.link)) {
      waiter.end(false);
      return true;
    }
    if (this.#parking.limitOf(waiter.link) !== undefined) return false;
    const line = this.#lineOf(waiter);
    if (line.parked.size >= LINE_MAX) return false;
    line.parked.add(this.#parking.park(waiter, line, holdMs));
    return true;
  }

  /** Something can be read: those who may have it will wake. */
  arrived(topic: string, queueId: number): void {
    for (const line of this.#byTopic.get(topic) ?? []) {
      const isOther = topic === line.topic && line.queueId >= 0 && line.queueId !== queueId;
      if (!isOther) this.#ripening.add(line, line);
    }
  }

  /** Those of this waiter's line look again at `at` (monotonic ms): a queue is free by then. */
  wakeAt(waiter: PopWaiter, at: number): void {
    const line = this.#lines.get(keyOf(waiter));
    if (line === undefined || (line.wakeAt !== undefined && line.wakeAt.at <= at)) return;
    if (line.wakeAt !== undefined) this.#parts.deadlines.cancel(line.wakeAt);
    line.wakeAt = this.#parts.deadlines.add(at, () => {
      line.wakeAt = undefined;
      this.#ripening.add(line, line);
    });
  }

  /** Ends all waiting; whoever comes later ends at once. */
  stop(): void {
    this.#parking.stop();
  }

  #wake(ripe: readonly Line[]): void {
    for (const line of ripe) line.isRipe = false;
    // Who only asks whether there is something hears of it before others take it.
    for (const line of ripe) if (!line.takes) this.#wakeLine(line);
    for (const line of ripe) if (line.takes) this.#wakeLine(line);
  }

  #wakeLine(line: Line): void {
    for (const parked of [...line.parked]) {
      const { waiter } = parked;
      if (!waiter.link.isWritable) continue;
      if (waiter.tryNow()) this.#parking.leave(parked);
      else if (waiter.takes) return;
    }
  }

  #leave(parked: ParkedPop): void {
    const line = parked.place;
    line.parked.delete(parked);
    if (line.parked.size > 0) return;
    if (line.wakeAt !== undefined) this.#parts.deadlines.cancel(line.wakeAt);
    this.#lines.delete(line.key);
    for (const topic of line.topics) {
      const lines = this.#byTopic.get(topic);
      lines?.delete(line);
      if (lines?.size === 0) this.#byTopic.delete(topic);
    }
  }

  #lineOf(waiter: PopWaiter): Line {
    const key = keyOf(waiter);
    const there = this.#lines.get(key);
    if (there !== undefined) return there;
    const { topic, group, queueId, takes } = waiter;
    const topics = [topic, popRetryTopic(topic, group, false), popRetryTopic(topic, group, true)];
    const line: Line = {
      ...{ key, topic, topics, queueId, takes },
      parked: new Set(),
      isRipe: false,
      wakeAt: undefined,
    };
    this.#lines.set(key, line);
    for (const name of topics) {
      const lines = this.#byTopic.get(name);
      if (lines === undefined) this.#byTopic.set(name, new Set([line]));
      else lines.add(line);
    }
    return line;
  }
}

function keyOf(
  { group, topic, queueId, takes }: Pick<PopWaiter, "group" | "topic" | "queueId" | "takes">,
): string {
  return `${topic}@${Math.max(-1, queueId)}@${group}@${takes}`;
}
