import { ClientError, lostError, unreadError } from "../../client/client_error.ts";
import { type PullAsk, type Pulled, pulledOf, visitBodies } from "../../client/pull_request.ts";
import type { CallError, Command, Hearer } from "../../client/remote_broker.ts";
import type { RouteQueue } from "../../client/topic_route.ts";
import type { Ports } from "../../server/ports.ts";
import { Checker } from "./checker.ts";
import type { BenchPlan } from "./flags.ts";
import type { Lanes } from "./lanes.ts";
import { Tally } from "./tally.ts";

/** A queue to read, from `offset` on. */
export interface QueueRead extends RouteQueue {
  readonly offset: number;
  /** Is there nothing before `offset`? */
  readonly isWhole: boolean;
  /** Wait for what comes, and do not stop where nothing is left. */
  readonly isLive: boolean;
}

/** What a load of pulls is made of. */
export interface ReceiveParts {
  readonly clock: Ports["clock"];
  readonly plan: BenchPlan;
  readonly lanes: Lanes;
  readonly queues: readonly QueueRead[];
  /** Wall clock minus monotonic clock, ms. */
  readonly wallAheadMs: number;
  /** The only run that counts. */
  readonly run?: number;
}

/** How long the broker may hold a pull, ms; as RocketMQ's clients. */
const WAIT_MS = 15_000;
/** `PULL_OFFSET_MOVED`. */
const OFFSET_MOVED = 21;
/** Brokers keep times in whole ms: that is no earliness. */
const CLOCK_STEP_MS = 1;
/** After an error a queue takes a breath, ms. */
const BREATH_MS = 100;

/** Reads queues, one pull open for each, and checks every message that comes. */
export class ReceiveLoad {
  readonly tally: Tally;
  readonly checker: Checker;
  readonly #parts: ReceiveParts;
  /** Messages planned before are old: the time that they took says nothing. Wall clock ms. */
  readonly #newMs: number;
  readonly #finished: Promise<void>;
  #finish: () => void = () => {};
  #working: number;
  #left: number;
  #isOver = false;

  constructor(parts: ReceiveParts) {
    const { clock, plan, queues, wallAheadMs } = parts;
    this.#parts = parts;
    const [expectsAll, isOrdered] = [plan.expression === "*", plan.delayMs === 0];
    this.checker = new Checker({ expectsAll, isOrdered, only: parts.run });
    this.#working = queues.length;
    this.#left = plan.count ?? Infinity;
    this.#newMs = clock.monotonic() + wallAheadMs;
    this.tally = new Tally(clock.monotonic());
    this.#finished = new Promise((resolve) => this.#finish = resolve);
  }

  /** Reads to the ends of the queues, to the plan's count, or to {@linkcode ReceiveLoad.stop}. */
  run(): Promise<void> {
    this.tally.restart(this.#parts.clock.monotonic());
    if (this.#working === 0) this.#finish();
    for (const [index, queue] of this.#parts.queues.entries()) {
      this.pull(new Puller(this, queue, index));
    }
    return this.#finished;
  }

  /** Ends at once: pulls that wait are left alone. */
  stop(): void {
    this.#isOver = true;
    this.#finish();
  }

  /** Messages of {@linkcode BenchPlan.count} that did not come. */
  get missing(): number {
    return Number.isFinite(this.#left) ? Math.max(0, this.#left) : 0;
  }

  /** The queue's next pull. */
  pull(puller: Puller): void {
    if (this.#isOver) return;
    const { lanes } = this.#parts;
    const { address } = puller.queue;
    const broker = lanes.at(address, puller.index);
    if (broker !== undefined) broker.startPull(this.#ask(puller), puller);
    else lanes.whenOpen(address, puller.index, () => this.pull(puller));
  }

  /** What a pull brought. */
  took(puller: Puller, pulled: Pulled): void {
    if (this.#isOver) return;
    const now = this.#parts.clock.monotonic();
    const wallMs = now + this.#parts.wallAheadMs;
    let messages = 0;
    let bytes = 0;
    visitBodies(pulled.records, (body) => {
      messages++;
      bytes += body.length;
      const proof = this.checker.take(body, puller.queue.isWhole);
      if (proof === undefined || proof.plannedMs < this.#newMs) return;
      const lateMs = wallMs - proof.plannedMs;
      if (lateMs < -CLOCK_STEP_MS && this.#parts.plan.delayMs > 0) this.checker.countEarly();
      this.tally.recent.add(lateMs * 1000);
    });
    if (pulled.status === "moved") this.#jumped(puller, pulled);
    puller.offset = pulled.nextOffset;
    if (messages > 0) this.tally.add(messages, bytes, now);
    this.#left -= messages;
    if (this.#left <= 0) this.stop();
    else if (pulled.status === "nothing" && !puller.queue.isLive) this.#ended();
    else this.pull(puller);
  }

  /** A pull failed; the same is asked again. */
  failed(puller: Puller, error: ClientError): void {
    if (this.#isOver) return;
    this.tally.fail(error);
    this.#parts.clock.after(BREATH_MS, () => this.pull(puller));
  }

  #ask({ queue, offset }: Puller): PullAsk {
    const { plan } = this.#parts;
    return {
      group: plan.group,
      topic: plan.topic,
      queueId: queue.queueId,
      offset,
      max: plan.pullMax,
      waitMs: queue.isLive ? WAIT_MS : 0,
      expression: plan.expression,
      filterType: plan.filterType,
      progress: offset,
    };
  }

  /** Messages went before they were read, or the queue is another one now. */
  #jumped({ queue, offset }: Puller, { nextOffset }: Pulled): void {
    const where = `${queue.brokerName}/${queue.queueId}`;
    const text = `Cannot pull: offset ${offset} of ${where} is gone, the next is ${nextOffset}`;
    this.tally.fail(new ClientError("refused", text, { code: OFFSET_MOVED }));
  }

  #ended(): void {
    this.#working--;
    if (this.#working === 0) this.stop();
  }
}

/** One queue, and how far it was read. */
class Puller implements Hearer {
  readonly queue: QueueRead;
  readonly index: number;
  offset: number;
  readonly #load: ReceiveLoad;

  constructor(load: ReceiveLoad, queue: QueueRead, index: number) {
    this.#load = load;
    this.queue = queue;
    this.index = index;
    this.offset = queue.offset;
  }

  answered(answer: Command): void {
    try {
      this.#load.took(this, pulledOf(answer));
    } catch (fault) {
      this.#load.failed(this, unreadError(fault));
    }
  }

  failed(reason: CallError): void {
    this.#load.failed(this, lostError("pull", reason));
  }
}
