import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { Link } from "./link.ts";
import type { BrokerSettings } from "./settings.ts";

/** A parked request. It ends once: by an arrival, its deadline, its link's end or the broker's. */
export interface Waiter {
  readonly topic: string;
  readonly queueId: number;
  /** The offset that it waits for. */
  readonly offset: number;
  /** Tags that it wants, by hash; undefined: any message. */
  readonly filter: ReadonlySet<number> | undefined;
  readonly link: Link;
  /** `answer` false: nobody is there to hear more than that it is over. */
  end(answer: boolean): void;
}

interface Parked {
  readonly waiter: Waiter;
  deadline: Deadline;
  /** What it waits for has come; it only waits for its link to take data again. */
  isRipe: boolean;
}

/** How soon a waiter whose link was full is looked at again, ms. */
const LINK_FULL_MS = 200;

/**
 * The parked requests, by queue. They wake after the log has told of all that arrived in this turn
 * of the event loop, so that one answer brings it all.
 */
export class Waiters {
  readonly #settings: BrokerSettings;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #topics = new Map<string, Map<number, Set<Parked>>>();
  readonly #links = new Map<number, Set<Parked>>();
  #ripe: Parked[] = [];
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

  /**
   * Parks a request for `holdMs` at most. @throws {Refusal} `busy` with the limit that was reached.
   */
  add(waiter: Waiter, holdMs: number): void {
    if (this.#stopped || waiter.link.isClosed) return waiter.end(false);
    const ofLink = this.#linkOf(waiter.link);
    this.#checkLimits(ofLink.size);
    const at = this.#clock.monotonic() + holdMs;
    const deadline = this.#deadlines.add(at, () => this.#timeOut(parked));
    const parked: Parked = { waiter, deadline, isRipe: false };
    ofLink.add(parked);
    this.#queueOf(waiter.topic, waiter.queueId).add(parked);
    this.#count++;
  }

  /** A message can be read: those who wait for it or an earlier one will wake. */
  arrived(topic: string, queueId: number, entry: { offset: number; tagsCode: number }): void {
    const { offset, tagsCode } = entry;
    const parked = this.#topics.get(topic)?.get(queueId);
    if (parked === undefined) return;
    for (const one of parked) {
      const { waiter } = one;
      if (one.isRipe || offset < waiter.offset) continue;
      if (waiter.filter === undefined || waiter.filter.has(tagsCode)) this.#ripen(one);
    }
  }

  /** Wakes all who wait for a queue: there may be something else to tell them. */
  rouse(topic: string, queueId: number): void {
    for (const one of this.#topics.get(topic)?.get(queueId) ?? []) this.#ripen(one);
  }

  /** Wakes all who wait for a topic, whose end they will then hear of. */
  topicGone(topic: string): void {
    for (const parked of this.#topics.get(topic)?.values() ?? []) {
      for (const one of parked) this.#ripen(one);
    }
  }

  /** Ends all waiting; whoever comes later ends at once. */
  stop(): void {
    this.#stopped = true;
    for (const parked of this.#links.values()) for (const one of [...parked]) this.#end(one, true);
  }

  #ripen(parked: Parked): void {
    if (parked.isRipe) return;
    parked.isRipe = true;
    if (this.#ripe.length === 0) Promise.resolve().then(() => this.#wake());
    this.#ripe.push(parked);
  }

  #wake(): void {
    const ripe = this.#ripe;
    this.#ripe = [];
    for (const parked of ripe) this.#endIfWritable(parked);
  }

  /** A full link would only pile up what it is sent: its waiter stays until it takes data again. */
  #endIfWritable(parked: Parked): void {
    if (!this.#isParked(parked)) return;
    if (parked.waiter.link.isWritable) return this.#end(parked, true);
    const { deadline } = parked;
    const again = this.#clock.monotonic() + LINK_FULL_MS;
    if (again >= deadline.at) return;
    this.#deadlines.add(again, () => this.#endIfWritable(parked));
  }

  #timeOut(parked: Parked): void {
    this.#end(parked, true);
  }

  #end(parked: Parked, answer: boolean): void {
    if (!this.#isParked(parked)) return;
    const { waiter } = parked;
    this.#links.get(waiter.link.id)?.delete(parked);
    this.#deadlines.cancel(parked.deadline);
    this.#count--;
    const queues = this.#topics.get(waiter.topic);
    const ofQueue = queues?.get(waiter.queueId);
    ofQueue?.delete(parked);
    if (ofQueue?.size === 0) queues?.delete(waiter.queueId);
    if (queues?.size === 0) this.#topics.delete(waiter.topic);
    waiter.end(answer);
  }

  #isParked(parked: Parked): boolean {
    return this.#links.get(parked.waiter.link.id)?.has(parked) ?? false;
  }

  #queueOf(topic: string, queueId: number): Set<Parked> {
    let queues = this.#topics.get(topic);
    if (queues === undefined) this.#topics.set(topic, queues = new Map());
    let parked = queues.get(queueId);
    if (parked === undefined) queues.set(queueId, parked = new Set());
    return parked;
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

  #checkLimits(ofLink: number): void {
    const { pullWaitersMax, pullWaitersPerLinkMax } = this.#settings;
    if (ofLink >= pullWaitersPerLinkMax) {
      throw new Refusal(
        "flow-control",
        `Cannot hold another pull: ${ofLink} of this connection wait already, and ` +
          `pullWaitersPerLinkMax is ${pullWaitersPerLinkMax}. Pull without waiting, or raise it.`,
      );
    }
    if (this.#count < pullWaitersMax) return;
    throw new Refusal(
      "flow-control",
      `Cannot hold another pull: ${this.#count} wait already, and pullWaitersMax is ` +
        `${pullWaitersMax}. Pull without waiting, or raise it.`,
    );
  }
}
