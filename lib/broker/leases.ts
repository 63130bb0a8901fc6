import type { KvEntry, KvTable } from "../meta/kv.ts";
import type { ProgressTable } from "../meta/progress.ts";
import { javaHash } from "../model/filter.ts";
import type { Stored } from "../model/message.ts";
import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import { Hold, Lease, leaseKey, type LeaseName } from "./lease.ts";
import { orderEntry, orderOf } from "./order_entry.ts";
import { isOver, nextOf, orderKey, type OrderName, type OrderState } from "./order_state.ts";
import type { PopSettings } from "./pop_settings.ts";
import type { Revival } from "./revival.ts";
import { ReviveLog, type ReviveLogParts } from "./revive_log.ts";
import { ReviveQueues, type ReviveQueuesParts, type ReviveRecord } from "./revive_queues.ts";

/** What leases work with. */
export interface LeaseParts extends ReviveLogParts, Omit<ReviveQueuesParts, "progressTable"> {
  readonly log: ReviveLogParts["log"] & ReviveQueuesParts["log"];
  readonly progressTable: Pick<ProgressTable, "get" | "set" | "wholeMs">;
  /** Ordered queues as the last stop, or another broker, left them. */
  readonly orderTable: Pick<KvTable, "all" | "size" | "replace">;
  readonly revival: Revival;
  readonly settings: PopSettings;
  readonly clock: Clock;
  readonly lines: Lines;
  readonly wake: (job: string) => void;
}

/** An orderly queue, as its newest record says. */
class HeldOrder extends Hold {
  constructor(readonly name: OrderName, public state: OrderState, readonly reviveQueue: number) {
    super();
  }
}

/** Leases end up to so much later than they say, never earlier. */
const SLOT_MS = 100;
/** Leases that one run ends at the most. */
const RUN_MOST = 50;
const AFTER_REFUSAL_MS = 1000;
/** Check points of another broker come when they are due, their acknowledgements a little later. */
const FOREIGN_MS = 3000;
/** Progress is written every second: only records so young can be ahead of it. */
const AHEAD_MS = 10_000;
/** The state of an orderly queue that nobody comes back to is kept so long, as upstream. */
const ORDER_KEPT_MS = 24 * 3_600_000;
const SWEEP_MS = 60_000;
/** Another broker's check point comes so much after it is due at the latest. */
const EARLY_KEPT_MS = 600_000;

/**
 * What was popped and is not over: in memory one object a pop, on disk records of the revive topic,
 * from which it is read again at a start. A message whose lease ends comes back through the
 * {@linkcode Revival}.
 */
export class Leases implements Job {
  static readonly jobName = "leases";
  readonly name = Leases.jobName;
  readonly #parts: LeaseParts;
  readonly #log: ReviveLog;
  readonly #queues: ReviveQueues;
  readonly #leases = new Map<string, Lease>();
  readonly #orders = new Map<string, HeldOrder>();
  /** Acknowledged before the check point was read, by its key; `until`: ms since 1970. */
  readonly #early = new Map<string, { readonly offsets: number[]; readonly until: number }>();
  /** By the number of the slot in which they are due. */
  readonly #slots = new Map<number, Set<Lease>>();
  #due: Lease[] = [];
  #done = 0;
  #pausedUntil = 0;
  #sweptAt = 0;
  #state: "new" | "reading" | "open" | "closed" = "new";

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.#log = new ReviveLog(parts);
    this.#queues = new ReviveQueues(parts, this.#log.topic);
  }

  /** Pops that are not over. */
  get size(): number {
    return this.#leases.size;
  }

  /** Reads what the last life left, all of it; nothing where that has been done. */
  open(): void {
    if (this.#state === "new") this.#begin();
    while (this.#state === "reading") this.#readSome();
  }

  /** Nothing comes back after this; ordered queues are left to who takes the directory over. */
  async close(): Promise<void> {
    const wasOpen = this.#state === "open";
    this.#state = "closed";
    if (!wasOpen) return;
    this.#queues.commit();
    const { orderTable, lines } = this.#parts;
    const open = [...this.#orders.values()].filter(({ state }) => !isOver(state));
    if (open.length === 0 && orderTable.size === 0) return;
    try {
      await orderTable.replace(open.map(orderEntry));
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault;
      lines.warn(`Another broker would not know of ordered pops under way: ${fault.message}`);
    }
  }

  /** @throws {Refusal} `busy` where there are as many as may be. */
  checkRoom(): void {
    const { leasesMax } = this.#parts.settings;
    if (this.#leases.size < leasesMax) return;
    throw new Refusal(
      "busy",
      `Cannot pop: ${this.#leases.size} pops have messages that nobody acknowledged, and ` +
        `popCkMaxBufferSize is ${leasesMax}. Acknowledge them, or raise it.`,
    );
  }

  has(name: LeaseName): boolean {
    return this.#leases.has(leaseKey(name));
  }

  find(name: LeaseName): Lease | undefined {
    return this.#leases.get(leaseKey(name));
  }

  /** A new lease, stored; `settled` waits for the disk. @throws {Refusal} as `Log.append` */
  add(
    name: LeaseName,
    terms: { readonly invisibleMs: number; readonly reviveQueue?: number },
    offsets: readonly number[],
  ): Stored & { readonly reviveQueue: number } {
    const reviveQueue = terms.reviveQueue ?? this.#queues.turn();
    const lease = new Lease(name, { ...terms, reviveQueue }, offsets);
    const stored = this.#log.lease(lease);
    this.#queues.wrote(reviveQueue, stored.offset);
    this.#take(lease, stored.offset);
    if (this.#leases.size === 1) this.#parts.wake(this.name);
    return { ...stored, reviveQueue };
  }

  /** Acknowledges what is open of these offsets; undefined where there was nothing. */
  acknowledge(lease: Lease, offsets: readonly number[]): Stored | undefined {
    const mine = offsets.filter((offset) => lease.isOpen(offset));
    if (mine.length === 0) return undefined;
    const stored = this.#log.acks(lease, mine);
    this.#queues.wrote(lease.reviveQueue, stored.offset);
    for (const offset of mine) lease.acknowledge(offset);
    if (lease.isOver) this.#drop(lease);
    return stored;
  }

  /**
   * Acknowledges what another broker popped before this one began, whose check point comes only
   * when it is due: upstream keeps it behind its timer. Undefined where there is no such.
   */
  acknowledgeEarly(
    name: LeaseName,
    terms: { readonly invisibleMs: number; readonly reviveQueue: number },
    offsets: readonly number[],
  ): Stored | undefined {
    const { clock, identity, settings } = this.#parts;
    const now = clock.now();
    const isDue = name.popMs + terms.invisibleMs <= now;
    if (name.popMs >= identity.startedMs || isDue || offsets.length === 0) return undefined;
    if (this.#early.size >= settings.leasesMax) return undefined;
    const reviveQueue = Math.max(0, terms.reviveQueue) % this.#queues.count;
    const lease = new Lease(name, { ...terms, reviveQueue }, offsets);
    const stored = this.#log.acks(lease, offsets);
    this.#queues.wrote(reviveQueue, stored.offset);
    const before = this.#early.get(lease.key)?.offsets ?? [];
    const until = lease.dueMs + EARLY_KEPT_MS;
    this.#early.set(lease.key, { offsets: [...before, ...offsets], until });
    return stored;
  }

  settled(stored: Stored): Promise<void> {
    return this.#log.settled(stored);
  }

  /** The queue of the revive topic in turn, for all that one pop gives out. */
  turn(): number {
    return this.#queues.turn();
  }

  get queueCount(): number {
    return this.#queues.count;
  }

  order(name: OrderName): OrderState | undefined {
    return this.#orders.get(orderKey(name))?.state;
  }

  /** What is now popped of an orderly queue, stored. @throws {Refusal} as `Log.append` */
  setOrder(name: OrderName, state: OrderState): Stored {
    const key = orderKey(name);
    const reviveQueue = (javaHash(key) & 0x7fffffff) % this.#queues.count;
    const stored = this.#log.order(name, state, reviveQueue);
    this.#queues.wrote(reviveQueue, stored.offset);
    this.#holdOrder(new HeldOrder(name, state, reviveQueue), stored.offset);
    return stored;
  }

  /** A tool has sent the group elsewhere. */
  forgetOrder(name: OrderName): void {
    this.open();
    const state = this.order(name);
    if (state !== undefined) this.setOrder(name, { ...state, offsets: [] });
  }

  /** The topic is removed: nothing of it comes back. */
  forgetTopic(topic: string): void {
    for (const lease of this.#leases.values()) if (lease.name.topic === topic) this.#drop(lease);
    for (const [key, held] of this.#orders) {
      if (held.name.topic !== topic) continue;
      this.#queues.release(held.reviveQueue, held);
      this.#orders.delete(key);
    }
  }

  run(now: number): number {
    if (this.#state === "closed") return Infinity;
    if (this.#state !== "open") {
      if (this.#state === "new") this.#begin();
      else this.#readSome();
      return now;
    }
    this.#queues.read((record) => this.#takeRecord(record, FOREIGN_MS));
    this.#queues.commit();
    this.#sweep(now);
    if (now < this.#pausedUntil) return this.#pausedUntil;
    try {
      this.#collect();
      this.#endDue();
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault;
      this.#parts.lines.warn(`Popped messages come back a second later: ${fault.message}`);
      return this.#pausedUntil = now + AFTER_REFUSAL_MS;
    }
    if (this.#due.length > 0) return now;
    return this.#leases.size > 0 ? now + SLOT_MS : now + 10 * SLOT_MS;
  }

  #begin(): void {
    this.#queues.open();
    this.#done = Math.floor(this.#parts.clock.now() / SLOT_MS);
    this.#state = "reading";
  }

  #readSome(): void {
    const aheadFrom = this.#queues.lastMs - AHEAD_MS;
    const youngFrom = Math.max(aheadFrom, this.#parts.progressTable.wholeMs);
    const isAll = this.#queues.read(({ entry, ...place }) => {
      this.#takeRecord({ entry, ...place }, 0);
      if (entry.kind !== "lease" || place.storeMs < youngFrom) return;
      const { name, offsets } = entry.lease;
      this.#catchUp(name, name.start, Math.max(...offsets) + 1);
    });
    if (!isAll) return;
    for (const { name, state } of this.#orders.values()) {
      const next = nextOf(state);
      if (state.popMs + state.invisibleMs >= aheadFrom) this.#catchUp(name, next, next);
    }
    for (const entry of this.#parts.orderTable.all()) this.#takeOver(entry);
    this.#state = "open";
  }

  /** An ordered queue in another broker's words, unless we know better. */
  #takeOver(entry: KvEntry): void {
    const found = orderOf(entry);
    if (found === undefined) return;
    const { name, state } = found;
    const { progressTable, topicTable } = this.#parts;
    const isOld = state.popMs <= (this.order(name)?.popMs ?? 0) ||
      nextOf(state) < (progressTable.get(name.group, name.topic, name.queueId) ?? 0);
    if (isOld || isOver(state) || !topicTable.get(name.topic)) return;
    this.#orders.set(orderKey(name), new HeldOrder(name, state, 0));
  }

  /** The progress that was written last may be older than the newest records. */
  #catchUp({ topic, group, queueId }: OrderName, start: number, end: number): void {
    const { progressTable, topicTable } = this.#parts;
    const progress = progressTable.get(group, topic, queueId);
    if (!topicTable.get(topic)) return;
    if (progress !== undefined && (start < progress || end <= progress)) return;
    progressTable.set(group, topic, queueId, end);
  }

  #takeRecord({ entry, queueId, offset }: ReviveRecord, lateMs: number): void {
    if (entry.kind === "lease") {
      const { lease } = entry;
      lease.dueMs += lateMs;
      for (const one of this.#early.get(lease.key)?.offsets ?? []) lease.acknowledge(one);
      if (!lease.isOver && !this.#leases.has(lease.key)) this.#take(lease, offset);
    } else if (entry.kind === "order") {
      this.#holdOrder(new HeldOrder(entry.name, entry.state, queueId), offset);
    } else {
      const lease = this.find(entry.name);
      for (const one of entry.offsets) lease?.acknowledge(one);
      if (lease?.isOver) this.#drop(lease);
    }
  }

  #take(lease: Lease, offset: number): void {
    this.#leases.set(lease.key, lease);
    this.#queues.hold(lease.reviveQueue, lease, offset);
    const slot = Math.max(Math.ceil(lease.dueMs / SLOT_MS), this.#done + 1);
    const there = this.#slots.get(slot);
    if (there === undefined) this.#slots.set(slot, new Set([lease]));
    else there.add(lease);
    lease.dueMs = slot * SLOT_MS;
  }

  #drop(lease: Lease): void {
    if (!this.#leases.delete(lease.key)) return;
    this.#queues.release(lease.reviveQueue, lease);
    const slot = lease.dueMs / SLOT_MS;
    const there = this.#slots.get(slot);
    there?.delete(lease);
    if (there?.size === 0) this.#slots.delete(slot);
  }

  #holdOrder(held: HeldOrder, offset: number): void {
    const key = orderKey(held.name);
    const before = this.#orders.get(key);
    if (before !== undefined) {
      this.#queues.release(before.reviveQueue, before);
      this.#orders.delete(key);
    }
    if (held.state.offsets.length === 0) return;
    // One that is over is known for as long: late acknowledgements of pops before it mean nothing.
    this.#orders.set(key, held);
    if (isOver(held.state)) return;
    this.#queues.hold(held.reviveQueue, held, offset);
  }

  /** Brings the slots whose time has come to those that are due. */
  #collect(): void {
    const last = Math.floor(this.#parts.clock.now() / SLOT_MS);
    for (let slot = this.#done + 1; slot <= last; slot++) {
      const there = this.#slots.get(slot);
      if (there === undefined) continue;
      this.#due.push(...there);
      this.#slots.delete(slot);
    }
    this.#done = last;
  }

  #endDue(): void {
    for (let left = RUN_MOST; left > 0; left--) {
      const lease = this.#due[0];
      if (lease === undefined) return;
      if (this.#leases.get(lease.key) === lease) this.#end(lease);
      this.#due.shift();
    }
  }

  /** Its messages come back; what has come back counts as acknowledged, also after a crash. */
  #end(lease: Lease): void {
    const back: number[] = [];
    try {
      for (const offset of lease.open()) {
        if (!this.#parts.revival.bringBack(lease, offset)) return this.#later(lease);
        back.push(offset);
      }
    } finally {
      if (back.length > 0) this.acknowledge(lease, back);
    }
  }

  /** Its retry topic is being made. */
  #later(lease: Lease): void {
    const slot = this.#done + 2;
    lease.dueMs = slot * SLOT_MS;
    const there = this.#slots.get(slot) ?? new Set();
    this.#slots.set(slot, there.add(lease));
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    const wall = this.#parts.clock.now();
    for (const [key, { until }] of this.#early) if (until < wall) this.#early.delete(key);
    const oldest = wall - ORDER_KEPT_MS;
    for (const [key, held] of this.#orders) {
      if (held.state.popMs + held.state.invisibleMs >= oldest) continue;
      this.#queues.release(held.reviveQueue, held);
      this.#orders.delete(key);
    }
  }
}

export type { LeaseName };
