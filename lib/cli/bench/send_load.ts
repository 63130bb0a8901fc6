import { type ClientError, lostError, refusedError } from "../../client/client_error.ts";
import { isStored, type OutgoingMessage, receiptOf } from "../../client/outgoing_message.ts";
import type { CallError, Command, Hearer, RemoteBroker } from "../../client/remote_broker.ts";
import type { RouteQueue } from "../../client/topic_route.ts";
import { SysFlag } from "../../model/message.ts";
import type { Ports } from "../../server/ports.ts";
import type { BenchPlan } from "./flags.ts";
import type { Lanes } from "./lanes.ts";
import type { MessageMaker } from "./message_maker.ts";
import { Pacer } from "./pacer.ts";
import { Tally } from "./tally.ts";

/** What a load of sends is made of. */
export interface SendParts {
  readonly clock: Ports["clock"];
  readonly plan: BenchPlan;
  readonly lanes: Lanes;
  readonly maker: MessageMaker;
  readonly queues: readonly RouteQueue[];
  /** Wall clock minus monotonic clock, ms: what makes a planned time one that others read. */
  readonly wallAheadMs: number;
}

/** After an error a sender takes a breath, ms. */
const BREATH_MS = 100;

/**
 * Keeps as many requests open as the plan says. Each slot sends one after another, and to each
 * queue as a stream of its own, so that the order within a stream is known.
 */
export class SendLoad {
  readonly tally: Tally;
  /** Messages whose fate is not known: no answer came. */
  inDoubt = 0;
  readonly #parts: SendParts;
  readonly #pacer: Pacer;
  /** Slots whose next request is not due, and those that wait for a connection. */
  readonly #idle: Slot[] = [];
  readonly #stranded = new Set<Slot>();
  /** The next sequence of each stream. */
  readonly #next: number[];
  /** The stream of each slot to each queue. */
  readonly #streams: Uint32Array;
  readonly #finished: Promise<void>;
  #finish: () => void = () => {};
  #left: number;
  #working: number;
  #isWaiting = false;
  #isOver = false;
  #owed = 0;

  constructor(parts: SendParts) {
    const { plan, clock, queues } = parts;
    this.#parts = parts;
    this.#pacer = new Pacer(clock, plan.rate === undefined ? undefined : plan.rate / plan.batch);
    this.#streams = Uint32Array.from({ length: plan.open * queues.length }, (_, at) => at);
    this.#next = new Array(this.#streams.length).fill(0);
    this.#left = plan.count ?? Infinity;
    this.#working = plan.open;
    this.tally = new Tally(clock.monotonic());
    this.#finished = new Promise((resolve) => this.#finish = resolve);
  }

  /** Sends until the plan is done or {@linkcode SendLoad.stop}; ends with the last answer. */
  run(): Promise<void> {
    const { clock, plan } = this.#parts;
    this.tally.restart(clock.monotonic());
    this.#pacer.start();
    for (let index = 0; index < plan.open; index++) this.turn(new Slot(this, index));
    return this.#finished;
  }

  /** Sends nothing more; what is under way is waited for. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#owed = this.#pacer.owed(this.#parts.clock.monotonic()) * this.#parts.plan.batch;
    const resting = this.#idle.splice(0).length + this.#stranded.size;
    this.#stranded.clear();
    for (let at = 0; at < resting; at++) this.#retire();
  }

  /** Messages that were planned and did not go out in time. */
  get owed(): number {
    return this.#owed;
  }

  /** What was stored for sure: the next sequence of each stream. */
  get streams(): readonly number[] {
    return this.#next;
  }

  /** The slot is free for its next request. */
  turn(slot: Slot): void {
    if (this.#isOver || this.#left <= 0) return this.#retire();
    const plannedMs = this.#pacer.take(this.#parts.clock.monotonic());
    if (plannedMs === undefined) this.#rest(slot);
    else this.#send(slot, plannedMs);
  }

  /** The messages of the slot are stored. */
  stored(slot: Slot): void {
    const now = this.#parts.clock.monotonic();
    this.#next[slot.stream] = slot.sequence + slot.count;
    this.tally.recent.add((now - slot.plannedMs) * 1000);
    this.tally.add(slot.count, slot.bytes, now);
  }

  /** They are not, so that their numbers are free again. */
  refused(slot: Slot, error: ClientError): void {
    this.tally.fail(error);
    this.#left += slot.count;
    this.#parts.clock.after(BREATH_MS, () => this.turn(slot));
  }

  /** Nobody knows: a new stream begins, so that nobody misses them, or takes them for others. */
  lost(slot: Slot, error: ClientError): void {
    this.tally.fail(error);
    this.inDoubt += slot.count;
    this.#streams[slot.place] = this.#next.push(0) - 1;
    this.#parts.clock.after(BREATH_MS, () => this.turn(slot));
  }

  /** A half of the slot is stored: its transaction is to be committed. */
  commit(slot: Slot, answer: Command): void {
    const { topic, group: producerGroup } = this.#parts.plan;
    slot.isHalf = false;
    slot.broker?.startCommit({ topic, producerGroup, receipt: receiptOf(answer) }, slot);
  }

  #rest(slot: Slot): void {
    this.#idle.push(slot);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#pacer.wait(() => this.#wake());
  }

  #wake(): void {
    this.#isWaiting = false;
    for (let rested = this.#idle.length; rested > 0; rested--) {
      const slot = this.#idle.pop();
      if (slot === undefined) return;
      this.turn(slot);
      if (this.#isWaiting) return;
    }
  }

  #send(slot: Slot, plannedMs: number): void {
    const { lanes, plan, queues } = this.#parts;
    const at = (slot.index + slot.turns++) % queues.length;
    const broker = lanes.at(queues[at].address, slot.index);
    slot.plannedMs = plannedMs;
    slot.count = Math.min(plan.batch, this.#left);
    slot.place = slot.index * queues.length + at;
    slot.stream = this.#streams[slot.place];
    slot.sequence = this.#next[slot.stream];
    this.#left -= slot.count;
    if (broker !== undefined) return this.#write(slot, queues[at], broker);
    this.#left += slot.count;
    this.#stranded.add(slot);
    lanes.whenOpen(queues[at].address, slot.index, () => {
      if (this.#stranded.delete(slot)) this.#send(slot, plannedMs);
    });
  }

  #write(slot: Slot, queue: RouteQueue, broker: RemoteBroker): void {
    const { clock, maker, plan, wallAheadMs } = this.#parts;
    // When it is to come: a delayed one is late or early against that.
    const sent = slot.plannedMs + wallAheadMs + plan.delayMs;
    const head: Omit<OutgoingMessage, "body"> = {
      topic: plan.topic,
      queueId: queue.queueId,
      producerGroup: plan.group,
      bornTimestamp: clock.now(),
      newTopicQueues: plan.queues,
    };
    slot.bytes = slot.count * plan.size;
    if (plan.batch === 1) {
      const { body, properties } = maker.make(slot.stream, slot.sequence, sent);
      slot.isHalf = plan.kind === "transaction";
      slot.broker = broker;
      const sysFlag = slot.isHalf ? SysFlag.prepared : 0;
      return broker.startSend({ ...head, sysFlag, properties, body }, slot);
    }
    const parts = Array.from(
      { length: slot.count },
      (_, at) => maker.make(slot.stream, slot.sequence + at, sent),
    );
    broker.startBatch({ ...head, parts }, slot);
  }

  #retire(): void {
    this.#working--;
    if (this.#working === 0) this.#finish();
  }
}

/** One request that may be open. */
class Slot implements Hearer {
  readonly index: number;
  readonly #load: SendLoad;
  turns = 0;
  plannedMs = 0;
  /** Which of all pairs of a slot and a queue it is, and the stream that it has now. */
  place = 0;
  stream = 0;
  sequence = 0;
  count = 0;
  bytes = 0;
  /** Is the request under way the half of a transaction? */
  isHalf = false;
  /** Where it went. */
  broker: RemoteBroker | undefined;

  constructor(load: SendLoad, index: number) {
    this.#load = load;
    this.index = index;
  }

  answered(answer: Command): void {
    const error = answer.code === 0 ? undefined : refusedError("send", answer);
    if (error !== undefined && !isStored(answer)) return this.#load.refused(this, error);
    if (error !== undefined) this.#load.tally.fail(error);
    if (this.isHalf) return this.#load.commit(this, answer);
    this.#load.stored(this);
    this.#load.turn(this);
  }

  failed(reason: CallError): void {
    const error = lostError("send", reason);
    if (error.kind === "unreachable") this.#load.refused(this, error);
    else this.#load.lost(this, error);
  }
}
