/** What one orderly pop gave. */
export interface Block {
  readonly attempt: string;
  readonly popMs: number;
  readonly invisibleMs: number;
  readonly messages: readonly { readonly body: string; readonly offset: number }[];
}

/** Whose block of which queue. */
export type BlockName = Readonly<{ queueId: number; attemptId: string }>;

/** A queue as its group knows it. */
class QueueLedger {
  /** What lies there, by offset; acknowledged sends. */
  readonly bodies: string[] = [];
  /** All before is consumed. */
  front = 0;
  attempt = "";
  end = 0;
  /** When its messages are visible again, ms since 1970, by offset. */
  readonly visibleMs = new Map<number, number>();
  /** Acknowledgements of this block, under way and answered. */
  readonly asked = new Set<number>();
  readonly answered = new Set<number>();

  /** The first offset that is in none of these. */
  after(acknowledged: ReadonlySet<number>): number {
    let front = this.front;
    while (acknowledged.has(front)) front++;
    return front;
  }

  /** Until when nobody else may pop, ms since 1970, whatever becomes of what is under way. */
  blockedUntil(): number {
    const open = [...this.visibleMs].filter(([offset]) => !this.asked.has(offset));
    return Math.max(0, ...open.map(([, ms]) => ms));
  }
}

/**
 * Keeps, outside of the broker, what orderly pops gave and what was acknowledged, and judges each
 * block: it begins at the first message that is not consumed, leaves none out, and does not come
 * while another block is neither consumed nor over. What was answered holds through a kill; of what
 * was under way either may be true.
 */
export class OrderLedger {
  readonly violations: string[] = [];
  readonly #queues: readonly QueueLedger[];
  blocks = 0;
  /** Blocks of which something had been popped before. */
  again = 0;
  /** Blocks that came again to the same attempt, before their time was over. */
  repeated = 0;

  constructor(queues: number) {
    this.#queues = Array.from({ length: queues }, () => new QueueLedger());
  }

  sent(queueId: number, offset: number, body: string): void {
    const { bodies } = this.#queues[queueId];
    const known = bodies[offset] ??= body;
    if (known !== body) this.violations.push(`${queueId}/${offset} is ${body}, was ${known}`);
  }

  /** How many acknowledged sends nobody has acknowledged as consumed. */
  left(): number {
    return this.#queues.reduce((sum, queue) => {
      return sum + Math.max(0, queue.bodies.length - queue.after(queue.asked));
    }, 0);
  }

  /** Where each queue stands. */
  fronts(): string {
    return this.#queues.map(({ front, bodies }) => `${front} of ${bodies.length}`).join(", ");
  }

  popped(queueId: number, { attempt, popMs, invisibleMs, messages }: Block): void {
    const queue = this.#queues[queueId];
    const [{ offset: start }] = messages;
    const where = `${queueId}/${start} to ${attempt}`;
    const most = queue.after(queue.asked);
    if (start < queue.front) this.violations.push(`consumed up to ${queue.front}, again: ${where}`);
    if (start > most) this.violations.push(`left out: ${where}, consumed up to ${most} at most`);
    const earlyMs = queue.blockedUntil() - popMs;
    if (earlyMs > 0 && attempt === queue.attempt) this.repeated++;
    else if (earlyMs > 0) {
      this.violations.push(`blocked by ${queue.attempt}: ${where}, ${earlyMs} ms`);
    }
    this.blocks++;
    if (start < queue.end) this.again++;
    for (const [at, { offset, body }] of messages.entries()) {
      if (offset !== start + at) this.violations.push(`${offset} behind ${where} as number ${at}`);
      this.sent(queueId, offset, body);
    }
    queue.front = Math.max(queue.front, start);
    queue.attempt = attempt;
    queue.end = start + messages.length;
    for (const set of [queue.visibleMs, queue.asked, queue.answered]) set.clear();
    for (const { offset } of messages) queue.visibleMs.set(offset, popMs + invisibleMs);
  }

  /** The attempt that has the block is given it again as long as it is not over. */
  nothing(queueId: number, attempt: string): void {
    const queue = this.#queues[queueId];
    if (queue.attempt !== attempt || queue.blockedUntil() < Date.now()) return;
    this.violations.push(`nothing in ${queueId} from ${queue.front} for ${attempt}, which has it`);
  }

  /** An acknowledgement goes out; what is given back is to be called when it is answered. */
  acknowledging({ queueId, attemptId }: BlockName, offset: number): () => void {
    const queue = this.#queues[queueId];
    const until = queue.visibleMs.get(offset) ?? 0;
    if (queue.attempt === attemptId) queue.asked.add(offset);
    return () => {
      // One that came after its time, or to a block that another has, means nothing.
      if (queue.attempt !== attemptId || Date.now() >= until) return;
      queue.answered.add(offset);
      queue.front = queue.after(queue.answered);
    };
  }

  /** The same for another time: what is answered is until when it is now invisible. */
  changing({ queueId, attemptId }: BlockName, offset: number): (untilMs: number) => void {
    const queue = this.#queues[queueId];
    if (queue.attempt === attemptId) queue.visibleMs.delete(offset);
    return (untilMs) => {
      if (queue.attempt === attemptId) queue.visibleMs.set(offset, untilMs);
    };
  }
}
