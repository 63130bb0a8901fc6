import { popRetryTopic } from "../model/receipt.ts";
import type { Clock } from "../port/clock.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { Link } from "./link.ts";
import type { BrokerSettings } from "./settings.ts";

/** A parked question about queues of a group. */
export interface PopWaiter {
  readonly group: string;
  readonly topic: string;
  /** Below 0: all. */
  readonly queueId: number;
  /** Does one of them take what came from the others, so that they are asked in turn? */
  readonly takes: boolean;
  readonly link: Link;
  /** Answers if there is something now; false: it waits on. */
  tryNow(): boolean;
  /** The time is over. `answer` false: nobody is there to hear of it. */
  end(answer: boolean): void;
}

interface Parked {
  readonly waiter: PopWaiter;
  readonly line: Line;
  readonly deadline: Deadline;
}

/** Those who wait for the same. */
interface Line {
  readonly key: string;
  readonly topics: readonly string[];
  readonly topic: string;
  readonly queueId: number;
  readonly takes: boolean;
  readonly parked: Set<Parked>;
  isRipe: boolean;
  wakeAt: Deadline | undefined;
}

/** In one line; upstream's popPollingSize. */
const LINE_MAX = 1024;

/**
 * Pops that wait. They wake in the order in which they came, as long as there is something for
 * them, after the log has told of all that arrived in this turn of the event loop.
 */
export class PopWaiters {
  readonly #settings: BrokerSettings;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #lines = new Map<string, Line>();
  readonly #byTopic = new Map<string, Set<Line>>();
  readonly #links = new Map<number, Set<Parked>>();
  #ripe: Line[] = [];
  #count = 0;
  #stopped = false;

  constructor(
    parts: {
      readonly settings: BrokerSettings;
      readonly clock: Clock;
      readonly deadlines: Deadlines;
    },
  ) {
    this.#settings = parts.settings;
    this.#clock = parts.clock;
    this.#deadlines = parts.deadlines;
  }

  get size(): number {
    return this.#count;
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
    if (this.#stopped || waiter.link.isClosed) {
      waiter.end(false);
      return true;
    }
    const ofLink = this.#linkOf(waiter.link);
    const { pullWaitersMax, pullWaitersPerLinkMax } = this.#settings;
    if (this.#count >= pullWaitersMax || ofLink.size >= pullWaitersPerLinkMax) return false;
    const line = this.#lineOf(waiter);
    if (line.parked.size >= LINE_MAX) return false;
    const at = this.#clock.monotonic() + holdMs;
    const deadline = this.#deadlines.add(at, () => this.#end(parked, true));
    const parked: Parked = { waiter, line, deadline };
    line.parked.add(parked);
    ofLink.add(parked);
    this.#count++;
    return true;
  }

  /** Something can be read: those who may have it will wake. */
  arrived(topic: string, queueId: number): void {
    for (const line of this.#byTopic.get(topic) ?? []) {
      const isOther = topic === line.topic && line.queueId >= 0 && line.queueId !== queueId;
      if (!isOther) this.#ripen(line);
    }
  }

  /** Those of this waiter's line look again at `at` (monotonic ms): a queue is free by then. */
  wakeAt(waiter: PopWaiter, at: number): void {
    const line = this.#lines.get(keyOf(waiter));
    if (line === undefined || (line.wakeAt !== undefined && line.wakeAt.at <= at)) return;
    if (line.wakeAt !== undefined) this.#deadlines.cancel(line.wakeAt);
    line.wakeAt = this.#deadlines.add(at, () => {
      line.wakeAt = undefined;
      this.#ripen(line);
    });
  }

  /** Ends all waiting; whoever comes later ends at once. */
  stop(): void {
    this.#stopped = true;
    for (const parked of this.#links.values()) for (const one of [...parked]) this.#end(one, true);
  }

  #ripen(line: Line): void {
    if (line.isRipe) return;
    line.isRipe = true;
    if (this.#ripe.length === 0) Promise.resolve().then(() => this.#wake());
    this.#ripe.push(line);
  }

  #wake(): void {
    const ripe = this.#ripe;
    this.#ripe = [];
    for (const line of ripe) line.isRipe = false;
    // Who only asks whether there is something hears of it before others take it.
    for (const line of ripe) if (!line.takes) this.#wakeLine(line);
    for (const line of ripe) if (line.takes) this.#wakeLine(line);
  }

  #wakeLine(line: Line): void {
    for (const parked of [...line.parked]) {
      const { waiter } = parked;
      if (!waiter.link.isWritable) continue;
      if (waiter.tryNow()) this.#forget(parked);
      else if (waiter.takes) return;
    }
  }

  #end(parked: Parked, answer: boolean): void {
    if (!this.#forget(parked)) return;
    parked.waiter.end(answer);
  }

  #forget(parked: Parked): boolean {
    const { line, waiter, deadline } = parked;
    if (!line.parked.delete(parked)) return false;
    this.#count--;
    this.#deadlines.cancel(deadline);
    this.#links.get(waiter.link.id)?.delete(parked);
    if (line.parked.size > 0) return true;
    if (line.wakeAt !== undefined) this.#deadlines.cancel(line.wakeAt);
    this.#lines.delete(line.key);
    for (const topic of line.topics) {
      const lines = this.#byTopic.get(topic);
      lines?.delete(line);
      if (lines?.size === 0) this.#byTopic.delete(topic);
    }
    return true;
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

  /** The link's own set; it stays until the link closes, so that it is listened to once. */
  #linkOf(link: Link): Set<Parked> {
    let parked = this.#links.get(link.id);
    if (parked !== undefined) return parked;
    this.#links.set(link.id, parked = new Set());
    link.onClose(() => {
      for (const one of [...this.#links.get(link.id) ?? []]) this.#end(one, false);
      this.#links.delete(link.id);
    });
    return parked;
  }
}

function keyOf(
  { group, topic, queueId, takes }: Pick<PopWaiter, "group" | "topic" | "queueId" | "takes">,
): string {
  return `${topic}@${Math.max(-1, queueId)}@${group}@${takes}`;
}
