import { ENTRY_BYTES, isBlankSize } from "../log/entry.ts";
import type { Log, Queue } from "../log/log.ts";
import type { ProgressTable } from "../meta/progress.ts";
import type { Stored } from "../model/message.ts";
import { ORDER_QUEUE, type RetryFlag } from "../model/receipt.ts";
import { PropertyView } from "../model/property_view.ts";
import { layoutOf } from "../model/record.ts";
import { mayWant } from "../model/filter.ts";
import type { SqlFilter } from "../model/sql_filter.ts";
import type { Clock } from "../port/clock.ts";
import type { Leases } from "./leases.ts";
import type { Memory } from "./memory.ts";
import { blockedUntil, countsAfter, type OrderState } from "./order_state.ts";
import type { PopAsk, PopFilter, Popped } from "./pop_ask.ts";
import type { Progress } from "./progress.ts";
import type { Queues } from "./queues.ts";
import type { Resets } from "./resets.ts";
import type { BrokerSettings } from "./settings.ts";

/** What popping from one queue works with. */
export interface PopQueueParts {
  readonly log: Pick<Log, "read">;
  readonly queues: Queues;
  readonly progress: Pick<Progress, "commit">;
  readonly progressTable: Pick<ProgressTable, "get">;
  readonly resets: Resets;
  readonly memory: Memory;
  readonly leases: Leases;
  readonly settings: BrokerSettings;
  readonly clock: Clock;
}

/** A queue to pop from. */
export interface PopSource {
  readonly topic: string;
  readonly retry: RetryFlag;
  readonly queueId: number;
}

/** What one pop gathers, queue by queue. */
export interface Gathering {
  readonly ask: PopAsk;
  readonly filter: PopFilter;
  readonly popMs: number;
  readonly reviveQueue: number;
  readonly popped: (Popped & { readonly source: PopSource; readonly records: Uint8Array[] })[];
  count: number;
  bytes: number;
  rest: number;
  /** The last record that was written for it. */
  stored: Stored | undefined;
  /** The first time at which a queue is free that is blocked now, ms since 1970. */
  freeMs: number;
}

/**
 * Pops from one queue: reads on where the group's last pop ended, which is its progress, and gives
 * what it finds a lease; an orderly queue stays where it is until all is acknowledged.
 */
export class PopQueue {
  readonly #parts: PopQueueParts;
  readonly #properties = new PropertyView();

  constructor(parts: PopQueueParts) {
    this.#parts = parts;
  }

  /** Is there anything that the group has not popped, and may pop? */
  hasAny(group: string, source: PopSource, order?: { readonly attemptId?: string }): boolean {
    const { queues, progressTable, leases, clock } = this.#parts;
    const { topic, queueId } = source;
    const queue = queues.open(topic, queueId);
    if (queue === undefined) return false;
    const state = order && leases.order({ topic, group, queueId });
    const isOwn = order?.attemptId !== undefined && order.attemptId === state?.attemptId;
    if (state !== undefined && !isOwn && blockedUntil(state, clock.now()) > 0) return false;
    return queue.offsetMax > (progressTable.get(group, topic, queueId) ?? queue.offsetMin);
  }

  /** Adds to the gathering what the queue has for it. @throws {Refusal} as `Log.append` */
  gather(into: Gathering, source: PopSource): void {
    const { ask } = into;
    const { topic, queueId } = source;
    const queue = this.#parts.queues.open(topic, queueId);
    if (queue === undefined) return;
    const name = { topic, group: ask.group, queueId };
    const front = this.#frontOf(ask, source, queue);
    const before = ask.order ? this.#parts.leases.order(name) : undefined;
    if (before !== undefined && this.#isBlocked(into, before)) return;
    if (into.count >= ask.maxMessages) {
      into.rest += queue.offsetMax - front;
      return;
    }
    const { offsets, records, next } = this.#read(queue, front, into);
    into.rest += queue.offsetMax - next;
    if (offsets.length === 0) {
      if (next > front) this.#parts.progress.commit({ ...name, offset: next });
      return;
    }
    let counts: ReadonlyMap<number, number> = new Map();
    if (ask.order) {
      counts = countsAfter(before, ask.attemptId, offsets);
      into.stored = this.#order(into, name, { offsets, counts });
    } else {
      const lease = { ...name, start: front, popMs: into.popMs };
      if (this.#parts.leases.has(lease)) return;
      const { invisibleMs } = ask;
      const terms = { invisibleMs, reviveQueue: into.reviveQueue };
      into.stored = this.#parts.leases.add(lease, terms, offsets);
      this.#parts.progress.commit({ ...name, offset: next });
    }
    const { retry } = source;
    into.popped.push({ source, retry, queueId, start: front, offsets, counts, records });
    into.count += offsets.length;
  }

  #order(
    { ask, popMs }: Gathering,
    name: { readonly topic: string; readonly group: string; readonly queueId: number },
    popped: Pick<OrderState, "offsets" | "counts">,
  ): Stored {
    const { attemptId, invisibleMs } = ask;
    return this.#parts.leases.setOrder(name, {
      ...{ attemptId, popMs, invisibleMs, ...popped },
      acknowledged: new Set(),
      visibleMs: new Map(),
    });
  }

  #isBlocked(into: Gathering, state: OrderState): boolean {
    const { attemptId } = into.ask;
    if (attemptId !== undefined && attemptId === state.attemptId) return false;
    const until = blockedUntil(state, this.#parts.clock.now());
    if (until > 0 && until < into.freeMs) into.freeMs = until;
    return until > 0;
  }

  /** Where to read on; a group that was never here begins as it asks (`getInitOffset`). */
  #frontOf(ask: PopAsk, { topic, retry, queueId }: PopSource, queue: Queue): number {
    const { progressTable, resets, progress } = this.#parts;
    const name = { group: ask.group, topic, queueId };
    const reset = resets.size > 0 ? resets.take(name) : undefined;
    const known = reset ?? progressTable.get(ask.group, topic, queueId);
    const { offsetMin, offsetMax } = queue;
    const wanted = known ?? (retry !== 0 ? offsetMin : this.#beginOf(ask, queue));
    const within = Math.min(Math.max(wanted, offsetMin), offsetMax);
    const front = queue.kind === "batch" ? queue.around(within).from : within;
    if (front !== known || reset !== undefined) progress.commit({ ...name, offset: front });
    return front;
  }

  #beginOf({ from }: PopAsk, queue: Queue): number {
    if (from === "first") return queue.offsetMin;
    if (queue.offsetMin <= 0 && queue.offsetMax > 0) {
      let isYoung = false;
      queue.scan(0, 1, (_offset, position) => isYoung = this.#parts.memory.holds(position));
      if (isYoung) return 0;
    }
    return Math.max(0, queue.offsetMax - 1);
  }

  /** A record of several messages is popped as one: it is a receipt's one offset, as upstream. */
  #read(queue: Queue, front: number, into: Gathering) {
    const { pullScanBytesMax, pullMemoryBytesMax } = this.#parts.settings;
    const { ask, filter } = into;
    const room = ask.maxMessages - into.count;
    const scanMax = Math.max(room, Math.ceil(pullScanBytesMax / ENTRY_BYTES));
    const offsets: number[] = [];
    const records: Uint8Array[] = [];
    let next = front;
    queue.scan(front, scanMax, (...[offset, position, size, tagsCode]) => {
      const isWanted = !isBlankSize(size) && mayWant(filter.tags, tagsCode);
      const isFull = offsets.length >= room ||
        (into.count + offsets.length > 0 && into.bytes + size > pullMemoryBytesMax);
      if (isWanted && isFull) return false;
      next = offset + 1;
      const bytes = isWanted ? this.#parts.log.read(position, size) : undefined;
      if (bytes === undefined || !this.#matches(bytes, filter.sql)) return true;
      offsets.push(offset);
      records.push(bytes);
      into.bytes += size;
      return true;
    });
    if (queue.kind === "batch" && next > front) next = queue.around(next - 1).to;
    return { offsets, records, next };
  }

  #matches(record: Uint8Array, sql: SqlFilter | undefined): boolean {
    if (sql === undefined) return true;
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    const { properties } = layoutOf(view, 0);
    return sql.matches(this.#properties.over(record, properties, record.length));
  }
}

/** The revive queue that a gathering's receipts name. */
export function reviveQueueOf(ask: Pick<PopAsk, "order">, leases: Leases): number {
  return ask.order ? ORDER_QUEUE : leases.turn();
}
