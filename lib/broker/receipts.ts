import type { ProgressTable } from "../meta/progress.ts";
import type { Stored } from "../model/message.ts";
import { ORDER_QUEUE, type Receipt } from "../model/receipt.ts";
import { Refusal } from "../model/refusal.ts";
import type { Topic } from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { LeaseName, Leases } from "./leases.ts";
import { blockedUntil, nextOf, type OrderState } from "./order_state.ts";
import { checkInvisible } from "./pop_admission.ts";
import { topicOf } from "./topic_of.ts";
import type { PopSettings } from "./pop_settings.ts";
import type { PopWaiters } from "./pop_waiters.ts";
import type { Progress } from "./progress.ts";
import type { Queues } from "./queues.ts";

/** A popped message, with the proof of it. */
export interface HeldMessage {
  readonly group: string;
  /** The retry topic for one that came back. */
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly receipt: Receipt;
}

/** Several of one queue that one pop gave out. */
export interface HeldMessages extends Omit<HeldMessage, "offset"> {
  /** As many as 4096; others count for nothing. */
  readonly offsets: readonly number[];
}

/** What receipts work with. */
export interface ReceiptParts {
  readonly leases: Leases;
  readonly popWaiters: PopWaiters;
  readonly progress: Pick<Progress, "commit">;
  readonly progressTable: Pick<ProgressTable, "get">;
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly queues: Queues;
  readonly settings: PopSettings;
  readonly clock: Clock;
}

/** A new receipt in the place of the one that was shown. */
export type Prolonged = Pick<Receipt, "popMs" | "invisibleMs" | "reviveQueue">;

const OFFSETS_MAX = 4096;

/** What clients do with what they popped: acknowledge it, or keep it for longer or shorter. */
export class Receipts {
  readonly #parts: ReceiptParts;

  constructor(parts: ReceiptParts) {
    this.#parts = parts;
  }

  /**
   * It is consumed. What came back already, or was acknowledged, changes nothing, as upstream.
   * @throws {Refusal} `topic-unknown`, `message-illegal` for the queue, `message-gone`
   */
  acknowledge(message: HeldMessage): Promise<void> | undefined {
    const { offsetMin, offsetMax } = this.#rangeOf(message);
    const { topic, queueId, offset, receipt } = message;
    if (offset < offsetMin || offset > offsetMax) {
      throw new Refusal(
        "message-gone",
        `offset is illegal, key:${topic}@${queueId}, commit:${offset}, ` +
          `store:${offsetMin}~${offsetMax}`,
      );
    }
    this.#parts.leases.open();
    if (receipt.reviveQueue === ORDER_QUEUE) return this.#after(this.#acknowledgeOrdered(message));
    return this.#acknowledgeAll(message, [offset]);
  }

  /** The same for many; those whose topic or queue there is not are passed over, as upstream. */
  acknowledgeBatch(batches: readonly HeldMessages[]): Promise<void> | undefined {
    const { leases, queues } = this.#parts;
    leases.open();
    let after: Promise<void> | undefined;
    for (const { offsets, ...held } of batches) {
      const queue = queues.open(held.topic, held.queueId);
      if (queue === undefined) continue;
      const { offsetMin, offsetMax } = queue;
      const there = offsets.slice(0, OFFSETS_MAX).filter((offset) =>
        offset >= offsetMin && offset <= offsetMax
      );
      if (held.receipt.reviveQueue !== ORDER_QUEUE) {
        after = this.#acknowledgeAll(held, there) ?? after;
        continue;
      }
      for (const offset of there) {
        after = this.#after(this.#acknowledgeOrdered({ ...held, offset })) ?? after;
      }
    }
    return after;
  }

  /**
   * It stays invisible for so long from now on. @throws {Refusal} as {@linkcode acknowledge}, and
   * `message-gone` where the lease has ended and the settings do not say otherwise
   */
  prolong(
    message: HeldMessage,
    invisibleMs: number,
  ): { readonly prolonged: Prolonged | undefined; readonly after: Promise<void> | undefined } {
    checkInvisible(invisibleMs);
    const { offsetMin, offsetMax } = this.#rangeOf(message);
    const { offset } = message;
    if (offset < offsetMin || offset >= offsetMax) throw ended(message);
    const { leases } = this.#parts;
    leases.open();
    if (message.receipt.reviveQueue === ORDER_QUEUE) {
      return this.#prolongOrdered(message, invisibleMs);
    }
    const lease = leases.find(nameOf(message));
    const isHeld = lease?.isOpen(offset) ?? false;
    if (!isHeld && this.#parts.settings.receiptsEnd) throw ended(message);
    const { topic, group, queueId, receipt } = message;
    const reviveQueue = receipt.reviveQueue % leases.queueCount;
    let popMs = this.#parts.clock.now();
    while (leases.has({ topic, group, queueId, start: offset, popMs })) popMs++;
    const name = { topic, group, queueId, start: offset, popMs };
    const kept = leases.add(name, { invisibleMs, reviveQueue }, [offset]);
    const stored = lease && leases.acknowledge(lease, [offset]);
    return { prolonged: { popMs, invisibleMs, reviveQueue }, after: this.#after(stored ?? kept) };
  }

  #rangeOf({ topic: name, queueId }: HeldMessage) {
    const { topicTable, queues } = this.#parts;
    const topic = topicOf(topicTable, name);
    const queue = queueId < topic.readQueues ? queues.open(name, queueId) : undefined;
    if (queue !== undefined) return queue;
    throw new Refusal(
      "message-illegal",
      `queueId[${queueId}] is illegal, topic:[${name}] topicConfig.readQueueNums:` +
        `[${topic.readQueues}]. Take it from the receipt.`,
    );
  }

  #acknowledgeAll(
    held: Omit<HeldMessage, "offset">,
    offsets: readonly number[],
  ): Promise<void> | undefined {
    const { leases } = this.#parts;
    const name = nameOf(held);
    const lease = leases.find(name);
    return this.#after(
      lease === undefined
        ? leases.acknowledgeEarly(name, held.receipt, offsets)
        : leases.acknowledge(lease, offsets),
    );
  }

  /** Moves the group on where nothing before is open, and lets others pop when nothing is. */
  #acknowledgeOrdered(message: HeldMessage): Stored | undefined {
    const { leases, popWaiters, clock } = this.#parts;
    const { topic, group, queueId, offset, receipt } = message;
    const progress = this.#progressOf(message);
    if (offset < progress) return undefined;
    const state = leases.order(message);
    if (state === undefined) {
      // It may be of a pop before the last one: nothing that is open is passed over.
      if (offset > progress) return undefined;
      this.#commit(message, offset + 1);
      popWaiters.arrived(topic, queueId);
      return undefined;
    }
    if (state.popMs !== receipt.popMs) return undefined;
    if (!state.offsets.includes(offset)) {
      throw new Refusal(
        "message-illegal",
        `offset is illegal, key:${topic}@${group}@${queueId}, commit:${offset}: the last pop ` +
          `gave out ${state.offsets.join(", ")}`,
      );
    }
    const acknowledged = new Set([...state.acknowledged, offset]);
    const after: OrderState = { ...state, acknowledged };
    const stored = leases.setOrder({ topic, group, queueId }, after);
    this.#commit(message, nextOf(after));
    if (blockedUntil(after, clock.now()) === 0) popWaiters.arrived(topic, queueId);
    return stored;
  }

  #prolongOrdered(message: HeldMessage, invisibleMs: number): ReturnType<Receipts["prolong"]> {
    const { leases, clock, popWaiters } = this.#parts;
    const { topic, group, queueId, offset, receipt: { popMs, reviveQueue } } = message;
    if (offset < this.#progressOf(message)) return { prolonged: undefined, after: undefined };
    const state = leases.order(message);
    const until = clock.now() + invisibleMs;
    const prolonged = { popMs, invisibleMs: until - popMs, reviveQueue };
    if (state?.popMs !== popMs || !state.offsets.includes(offset)) {
      return { prolonged, after: undefined };
    }
    const visibleMs = new Map([...state.visibleMs, [offset, until]]);
    const stored = leases.setOrder({ topic, group, queueId }, { ...state, visibleMs });
    popWaiters.arrived(topic, queueId);
    return { prolonged, after: this.#after(stored) };
  }

  #progressOf({ group, topic, queueId }: HeldMessage): number {
    return this.#parts.progressTable.get(group, topic, queueId) ?? 0;
  }

  #commit({ group, topic, queueId }: HeldMessage, offset: number): void {
    this.#parts.progress.commit({ group, topic, queueId, offset });
  }

  #after(stored: Stored | undefined): Promise<void> | undefined {
    return stored && this.#parts.leases.settled(stored);
  }
}

function nameOf({ topic, group, queueId, receipt }: Omit<HeldMessage, "offset">): LeaseName {
  return { topic, group, queueId, start: receipt.start, popMs: receipt.popMs };
}

function ended({ topic, queueId, offset }: HeldMessage): Refusal {
  return new Refusal(
    "message-gone",
    `The message at offset ${offset} of ${topic} queue ${queueId} is not popped by this receipt ` +
      `any more: it was acknowledged, or its time was over and it came back. Pop again.`,
  );
}
