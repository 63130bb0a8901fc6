import { Property, withProperty } from "../model/properties.ts";
import { formatReceipt, popRetryTopic, type RetryFlag } from "../model/receipt.ts";
import { decodeRecord, encodeRecord, recordCapacity } from "../model/record.ts";
import { Refusal } from "../model/refusal.ts";
import type { Topic } from "../model/topic.ts";
import { crc32 } from "../port/checksum.ts";
import type { Random } from "../port/random.ts";
import type { Counters } from "./counters.ts";
import type { Identity } from "./identity.ts";
import type { Link } from "./link.ts";
import type { PopAdmission } from "./pop_admission.ts";
import type { PopAsk, PopPlace, PopResult } from "./pop_ask.ts";
import { type Gathering, PopQueue, type PopQueueParts, reviveQueueOf } from "./pop_queue.ts";
import type { PopWaiter, PopWaiters } from "./pop_waiters.ts";

export type { PopAsk, PopPlace, PopResult } from "./pop_ask.ts";

/** What pops work with. */
export interface PopParts extends PopQueueParts {
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly popAdmission: PopAdmission;
  readonly popWaiters: PopWaiters;
  readonly counters: Counters;
  readonly random: Random;
  readonly identity: Identity;
}

/** Of a hundred pops so many look at the group's retry topic first (popFromRetryProbability). */
const RETRY_FIRST = 20;
/** A pop that comes so long after its wait was over is answered at once, ms. */
const LATE_MS = 500;

/** Popping messages: each goes to one client, and is invisible to others until its lease ends. */
export class Pop {
  readonly #parts: PopParts;
  readonly #queue: PopQueue;

  constructor(parts: PopParts) {
    this.#parts = parts;
    this.#queue = new PopQueue(parts);
  }

  /** Answers at once, or when something comes, the wait ends, or the broker stops. */
  pop(ask: PopAsk, link: Link): PopResult | Promise<PopResult> {
    const { leases, popAdmission } = this.#parts;
    const holdMs = this.#holdOf(ask);
    if (holdMs === undefined) return this.#nothing(ask, "timeout", LATE);
    const filter = popAdmission.admit(ask);
    leases.open();
    const gathering = this.#gather(ask, filter);
    if (gathering.count > 0) return this.#found(gathering);
    if (holdMs <= 0) return this.#nothing(ask, "timeout", NOTHING);
    return this.#hold({ ask, link, filter, holdMs, freeMs: gathering.freeMs });
  }

  /** Is there anything to pop? Answers as soon as there is, or when the wait ends. */
  hasAny(place: PopPlace, link: Link): Answered | Promise<Answered> {
    this.#parts.popAdmission.admitQuestion(place);
    this.#parts.leases.open();
    const holdMs = this.#holdOf(place) ?? 0;
    if (this.#look(place)) return { hasAny: true, isFull: false };
    if (holdMs <= 0) return { hasAny: false, isFull: false };
    return new Promise((resolve) => {
      const { group, topic, queueId } = place;
      const waiter: PopWaiter = {
        ...{ group, topic, queueId, link, takes: false },
        tryNow: () => {
          const hasAny = this.#look(place);
          if (hasAny) resolve({ hasAny, isFull: false });
          return hasAny;
        },
        end: () => resolve({ hasAny: false, isFull: false }),
      };
      if (!this.#parts.popWaiters.add(waiter, holdMs)) resolve({ hasAny: false, isFull: true });
    });
  }

  /** How many wait there. @throws {Refusal} as for a pop. */
  waiting(place: PopPlace): number {
    this.#parts.popAdmission.admitQuestion(place);
    const { group, topic, queueId } = place;
    return this.#parts.popWaiters.count(group, topic, queueId);
  }

  /** How long it may wait from now on, ms; undefined: it is over. */
  #holdOf({ bornMs, pollMs }: PopPlace): number | undefined {
    const now = this.#parts.clock.now();
    const leftMs = (bornMs > 0 ? bornMs : now) + pollMs - now;
    return leftMs + LATE_MS < 0 ? undefined : Math.min(leftMs, pollMs);
  }

  #hold(
    pop: {
      readonly ask: PopAsk;
      readonly link: Link;
      readonly filter: Gathering["filter"];
      readonly holdMs: number;
      readonly freeMs: number;
    },
  ): Promise<PopResult> {
    const { ask, link, filter } = pop;
    const { popWaiters } = this.#parts;
    return new Promise((resolve, reject) => {
      const { group, topic, queueId } = ask;
      const waiter: PopWaiter = {
        ...{ group, topic, queueId, link, takes: true },
        tryNow: () => {
          try {
            this.#parts.popAdmission.admit(ask);
            const gathering = this.#gather(ask, filter);
            this.#planLook(waiter, gathering.freeMs);
            if (gathering.count === 0) return false;
            resolve(this.#found(gathering));
          } catch (fault) {
            reject(fault);
          }
          return true;
        },
        end: () => resolve(this.#nothing(ask, "timeout", NOTHING)),
      };
      if (popWaiters.add(waiter, pop.holdMs)) this.#planLook(waiter, pop.freeMs);
      else resolve(this.#nothing(ask, "full", FULL));
    });
  }

  /** A blocked queue is free again by itself: nothing arrives then. */
  #planLook(waiter: PopWaiter, freeMs: number): void {
    if (freeMs === Infinity) return;
    const { clock, popWaiters } = this.#parts;
    popWaiters.wakeAt(waiter, clock.monotonic() + freeMs - clock.now());
  }

  #gather(ask: PopAsk, filter: Gathering["filter"]): Gathering {
    const { leases, clock, random } = this.#parts;
    leases.checkRoom();
    const gathering: Gathering = {
      ...{ ask, filter, popMs: clock.now(), reviveQueue: reviveQueueOf(ask, leases) },
      ...{ popped: [], count: 0, bytes: 0, rest: 0, stored: undefined, freeMs: Infinity },
    };
    const isRetryFirst = random.below(100) < RETRY_FIRST;
    try {
      if (isRetryFirst && !ask.order) this.#gatherRetries(gathering);
      this.#gatherTopic(gathering, { topic: ask.topic, retry: 0, queueId: ask.queueId });
      if (!isRetryFirst && !ask.order && gathering.count < ask.maxMessages) {
        this.#gatherRetries(gathering);
      }
    } catch (fault) {
      if (!(fault instanceof Refusal) || gathering.count === 0) throw fault;
    }
    return gathering;
  }

  /** One of the two retry topics: an answer cannot name both. */
  #gatherRetries(into: Gathering): void {
    for (const retry of this.#retriesInTurn()) {
      const topic = popRetryTopic(into.ask.topic, into.ask.group, retry === 2);
      const before = into.count;
      this.#gatherTopic(into, { topic, retry, queueId: -1 });
      if (into.count > before) return;
    }
  }

  #retriesInTurn(): readonly RetryFlag[] {
    const { settings, random } = this.#parts;
    if (!settings.popRetryV2) return [1];
    return random.below(2) === 0 ? [1, 2] : [2, 1];
  }

  #gatherTopic(
    into: Gathering,
    source: { readonly topic: string; readonly retry: RetryFlag; readonly queueId: number },
  ): void {
    if (source.queueId >= 0) return this.#queue.gather(into, source);
    const count = this.#parts.topicTable.get(source.topic)?.readQueues ?? 0;
    if (count === 0) return;
    const first = this.#parts.random.below(count);
    for (let at = 0; at < count; at++) {
      this.#queue.gather(into, { ...source, queueId: (first + at) % count });
    }
  }

  #look(place: PopPlace): boolean {
    const { group, topic, queueId, attemptId } = place;
    const order = place.order ? { attemptId } : undefined;
    if (this.#lookAt(group, { topic, retry: 0, queueId }, order)) return true;
    if (place.order) return false;
    return ([1, 2] as const).some((retry) =>
      this.#lookAt(group, { topic: popRetryTopic(topic, group, retry === 2), retry, queueId: -1 })
    );
  }

  #lookAt(
    group: string,
    source: { readonly topic: string; readonly retry: RetryFlag; readonly queueId: number },
    order?: { readonly attemptId?: string },
  ): boolean {
    if (source.queueId >= 0) return this.#queue.hasAny(group, source, order);
    const count = this.#parts.topicTable.get(source.topic)?.readQueues ?? 0;
    for (let queueId = 0; queueId < count; queueId++) {
      if (this.#queue.hasAny(group, { ...source, queueId }, order)) return true;
    }
    return false;
  }

  #found(gathering: Gathering): PopResult {
    const { counters, leases } = this.#parts;
    const { ask, popMs, reviveQueue, rest, popped, stored } = gathering;
    counters.found.total++;
    counters.transferred.total += gathering.count;
    const records: Uint8Array[] = [];
    for (const piece of popped) {
      counters.groupGets.add(`${piece.source.topic}@${ask.group}`, piece.offsets.length);
      if (piece.retry === 0) records.push(...piece.records);
      else records.push(...piece.records.map((bytes) => this.#asFirst(gathering, piece, bytes)));
    }
    return {
      ...{ status: "found", reason: "FOUND", popMs, reviveQueue, rest, records },
      invisibleMs: ask.invisibleMs,
      queues: popped,
      after: stored && leases.settled(stored),
    };
  }

  /** A message of a retry topic shows the topic that it was sent to, and brings its receipt. */
  #asFirst(
    { ask, popMs, reviveQueue }: Gathering,
    { retry, queueId, start }: Gathering["popped"][number],
    bytes: Uint8Array,
  ): Uint8Array {
    const record = decodeRecord(bytes);
    const { brokerName } = this.#parts.identity;
    const receipt = formatReceipt(
      { start, popMs, invisibleMs: ask.invisibleMs, reviveQueue },
      { retry, brokerName, queueId, offset: record.offset },
    );
    const properties = withProperty(record.properties, Property.popReceipt, receipt);
    const message = { ...record, topic: ask.topic, properties };
    const shown = new Uint8Array(recordCapacity(message));
    const target = { bytes: shown, view: new DataView(shown.buffer), at: 0 };
    return shown.subarray(0, encodeRecord(target, message, record, crc32));
  }

  #nothing(ask: PopAsk, status: "timeout" | "full", reason: string): PopResult {
    this.#parts.counters.missed.total++;
    return {
      ...{ status, reason, popMs: this.#parts.clock.now(), invisibleMs: ask.invisibleMs },
      ...{ reviveQueue: 0, rest: 0, queues: [], records: [], after: undefined },
    };
  }
}

/** What a question hears. */
export interface Answered {
  readonly hasAny: boolean;
  /** Too many wait, so that it did not. */
  readonly isFull: boolean;
}

const NOTHING = "NO_MESSAGE_IN_QUEUE";
const FULL = "NO_MESSAGE_IN_QUEUE";
const LATE = "the broker pop message is timeout too much: its wait was over when it came. Look " +
  "whether the clocks of client and broker agree.";
