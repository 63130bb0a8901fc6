import { ClientError, lostError, refusedError, unreadError } from "../../client/client_error.ts";
import { ANY_QUEUE, heldOf, type Popped, poppedOf } from "../../client/pop_request.ts";
import { visitBodies } from "../../client/pull_request.ts";
import type { CallError, Command, Hearer, RemoteBroker } from "../../client/remote_broker.ts";
import { decodeRecord } from "../../model/record.ts";
import type { Ports } from "../../server/ports.ts";
import { Checker } from "./checker.ts";
import type { BenchPlan } from "./flags.ts";
import type { Lanes } from "./lanes.ts";
import { Tally } from "./tally.ts";

/** A broker to pop from. */
export interface PopPlace {
  readonly address: string;
  readonly brokerName: string;
}

/** What a load of pops is made of. */
export interface PopParts {
  readonly clock: Ports["clock"];
  readonly plan: BenchPlan;
  readonly lanes: Lanes;
  readonly places: readonly PopPlace[];
  /** Has the group taken nothing yet of queues that still have their beginnings? */
  readonly isWhole: boolean;
  /** Wall clock minus monotonic clock, ms. */
  readonly wallAheadMs: number;
}

/** How long the broker may hold a pop, ms; as RocketMQ's clients. */
const WAIT_MS = 15_000;
/** After an error, and where others hold the queues, a slot takes a breath, ms. */
const BREATH_MS = 100;

/**
 * Keeps as many pops open as the plan says, of whichever queues have messages, acknowledges each
 * message by itself, as RocketMQ's consumers do, and checks what comes. A slot pops again when all
 * that it popped is acknowledged.
 */
export class PopLoad {
  readonly tally: Tally;
  readonly acks: Acks;
  readonly checker: Checker;
  readonly #parts: PopParts;
  readonly #isLive: boolean;
  /** Messages planned before are old: the time that they took says nothing. Wall clock ms. */
  readonly #newMs: number;
  readonly #finished: Promise<void>;
  #finish: () => void = () => {};
  #working: number;
  #left: number;
  #isOver = false;

  constructor(parts: PopParts) {
    const { clock, plan, wallAheadMs } = parts;
    this.#parts = parts;
    this.#isLive = plan.count !== undefined || plan.durationMs !== undefined;
    // What is under way at the end closes gaps that nobody looks at any more.
    const expectsAll = plan.expression === "*" && !this.#isLive;
    this.checker = new Checker({ expectsAll, isOrdered: false });
    this.#working = plan.open;
    this.#left = plan.count ?? Infinity;
    this.#newMs = clock.monotonic() + wallAheadMs;
    this.tally = new Tally(clock.monotonic());
    this.acks = new Acks(clock, (slot) => this.#acknowledged(slot));
    this.#finished = new Promise((resolve) => this.#finish = resolve);
  }

  /** Pops until nothing is left, to the plan's count, or to {@linkcode PopLoad.stop}. */
  run(): Promise<void> {
    const { clock, plan, places } = this.#parts;
    this.tally.restart(clock.monotonic());
    this.acks.tally.restart(clock.monotonic());
    for (let index = 0; index < plan.open; index++) {
      this.pop(new PopSlot(this, places[index % places.length], index));
    }
    return this.#finished;
  }

  /** Pops nothing more; pops that wait are left alone, acknowledgements are waited for. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.acks.open === 0) this.#finish();
  }

  /** Messages of {@linkcode BenchPlan.count} that did not come. */
  get missing(): number {
    return Number.isFinite(this.#left) ? Math.max(0, this.#left) : 0;
  }

  /** The slot's next pop. */
  pop(slot: PopSlot): void {
    if (this.#isOver) return;
    const { clock, lanes, plan } = this.#parts;
    const { address } = slot.place;
    slot.broker = lanes.at(address, slot.index);
    if (slot.broker === undefined) return lanes.whenOpen(address, slot.index, () => this.pop(slot));
    const { topic, group, from, expression, filterType, invisibleMs, pullMax } = plan;
    const ask = { topic, group, from, expression, filterType, invisibleMs, max: pullMax };
    const waitMs = this.#isLive ? WAIT_MS : 0;
    slot.broker.startPop({ ...ask, waitMs, queueId: ANY_QUEUE, bornMs: clock.now() }, slot);
  }

  /** What a pop brought. */
  took(slot: PopSlot, popped: Popped): void {
    const { clock, isWhole, plan, wallAheadMs } = this.#parts;
    const { broker } = slot;
    if (this.#isOver || broker === undefined) return;
    const now = clock.monotonic();
    const from = { group: plan.group, topic: plan.topic, brokerName: slot.place.brokerName };
    let messages = 0;
    let bytes = 0;
    visitBodies(popped.records, (body, at) => {
      messages++;
      bytes += body.length;
      const proof = this.checker.take(body, isWhole);
      if (proof !== undefined && proof.plannedMs >= this.#newMs) {
        this.tally.recent.add((now + wallAheadMs - proof.plannedMs) * 1000);
      }
      this.acks.start(slot, broker, heldOf(decodeRecord(popped.records, at), popped, from));
    });
    if (messages > 0) this.tally.add(messages, bytes, now);
    this.#left -= messages;
    if (this.#left <= 0) this.stop();
    else if (messages === 0) this.#foundNothing(slot, popped);
  }

  /** A pop failed; the same is asked again. */
  failed(slot: PopSlot, error: ClientError): void {
    if (this.#isOver) return;
    this.tally.fail(error);
    this.#parts.clock.after(BREATH_MS, () => this.pop(slot));
  }

  /** Messages that are left where nothing came are those that another pop looks at. */
  #foundNothing(slot: PopSlot, { status, rest }: Popped): void {
    if (status === "full") {
      const text = "Cannot pop: refused with code 209: the broker lets no more pops wait";
      this.failed(slot, new ClientError("refused", text, { code: 209 }));
    } else if (this.#isLive) this.pop(slot);
    else if (rest > 0) this.#parts.clock.after(BREATH_MS, () => this.pop(slot));
    else if (--this.#working === 0) this.stop();
  }

  #acknowledged(slot: PopSlot): void {
    if (!this.#isOver) this.pop(slot);
    else if (this.acks.open === 0) this.#finish();
  }
}

/** The acknowledgements under way. */
class Acks {
  /** Latencies are those of an acknowledgement's answer. */
  readonly tally: Tally;
  open = 0;
  readonly #clock: Ports["clock"];
  readonly #done: (slot: PopSlot) => void;

  /** `done` hears when a slot has no more of them. */
  constructor(clock: Ports["clock"], done: (slot: PopSlot) => void) {
    this.#clock = clock;
    this.#done = done;
    this.tally = new Tally(clock.monotonic());
  }

  start(slot: PopSlot, broker: RemoteBroker, held: ReturnType<typeof heldOf>): void {
    this.open++;
    slot.unacked++;
    const askedMs = this.#clock.monotonic();
    broker.startAck(held, {
      answered: (answer: Command) => this.#answered(slot, answer, askedMs),
      failed: (reason: CallError) => this.#ended(slot, lostError("acknowledge", reason)),
    });
  }

  #answered(slot: PopSlot, answer: Command, askedMs: number): void {
    if (answer.code !== 0) return this.#ended(slot, refusedError("acknowledge", answer));
    const now = this.#clock.monotonic();
    this.tally.recent.add((now - askedMs) * 1000);
    this.tally.add(1, 0, now);
    this.#ended(slot);
  }

  #ended(slot: PopSlot, error?: ClientError): void {
    if (error !== undefined) this.tally.fail(error);
    this.open--;
    if (--slot.unacked === 0) this.#done(slot);
  }
}

/** One pop that may be open, or its messages that are not acknowledged. */
class PopSlot implements Hearer {
  readonly place: PopPlace;
  readonly index: number;
  readonly #load: PopLoad;
  broker: RemoteBroker | undefined;
  unacked = 0;

  constructor(load: PopLoad, place: PopPlace, index: number) {
    this.#load = load;
    this.place = place;
    this.index = index;
  }

  answered(answer: Command): void {
    try {
      this.#load.took(this, poppedOf(answer));
    } catch (fault) {
      this.#load.failed(this, unreadError(fault));
    }
  }

  failed(reason: CallError): void {
    this.#load.failed(this, lostError("pop", reason));
  }
}
