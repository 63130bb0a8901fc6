/** A place in the order of the revive topic's records: what is not over yet. */
export class Hold {
  /** Offset of its newest record in the queue of the revive topic. */
  offset = 0;
  previous: Hold | undefined = undefined;
  next: Hold | undefined = undefined;
}

/** What identifies a lease. */
export interface LeaseName {
  readonly topic: string;
  readonly group: string;
  readonly queueId: number;
  /** Where the pop began. */
  readonly start: number;
  /** ms since 1970. */
  readonly popMs: number;
}

/** Messages of one queue that one pop gave out, invisible until a time (`PopCheckPoint`). */
export class Lease extends Hold {
  readonly key: string;
  /** Bit i: the message at `offsets[i]` is acknowledged. */
  acknowledged = 0;
  /** Not looked at before, ms since 1970. */
  dueMs: number;
  readonly invisibleMs: number;
  readonly reviveQueue: number;

  constructor(
    readonly name: LeaseName,
    terms: { readonly invisibleMs: number; readonly reviveQueue: number },
    /** Of the messages in their queue, in order; 32 at the most. */
    readonly offsets: readonly number[],
  ) {
    super();
    this.key = leaseKey(name);
    this.invisibleMs = terms.invisibleMs;
    this.reviveQueue = terms.reviveQueue;
    this.dueMs = name.popMs + this.invisibleMs;
  }

  get isOver(): boolean {
    return this.acknowledged === bitsOf(this.offsets.length);
  }

  /** Acknowledges one; false where it is not here, or was acknowledged before. */
  acknowledge(offset: number): boolean {
    const at = this.offsets.indexOf(offset);
    if (at < 0 || (this.acknowledged & (1 << at)) !== 0) return false;
    this.acknowledged |= 1 << at;
    return true;
  }

  /** Is this one of its messages, and not acknowledged? */
  isOpen(offset: number): boolean {
    const at = this.offsets.indexOf(offset);
    return at >= 0 && (this.acknowledged & (1 << at)) === 0;
  }

  /** Offsets of the messages that nobody acknowledged. */
  open(): number[] {
    return this.offsets.filter((_offset, at) => (this.acknowledged & (1 << at)) === 0);
  }
}

export function leaseKey({ topic, group, queueId, start, popMs }: LeaseName): string {
  return `${topic}@${queueId}@${start}@${group}@${popMs}`;
}

function bitsOf(count: number): number {
  return count >= 32 ? -1 : (1 << count) - 1;
}

/** What is not over in one queue of the revive topic, in the order of its records. */
export class Holds {
  #first: Hold | undefined;
  #last: Hold | undefined;

  /** Puts it behind all others, with the offset of its record. */
  push(hold: Hold, offset: number): void {
    hold.offset = offset;
    hold.previous = this.#last;
    hold.next = undefined;
    if (this.#last === undefined) this.#first = hold;
    else this.#last.next = hold;
    this.#last = hold;
  }

  remove(hold: Hold): void {
    const { previous, next } = hold;
    if (previous !== undefined) previous.next = next;
    else if (this.#first === hold) this.#first = next;
    if (next !== undefined) next.previous = previous;
    else if (this.#last === hold) this.#last = previous;
    hold.previous = hold.next = undefined;
  }

  /** The offset of the oldest record that matters. */
  get oldest(): number | undefined {
    return this.#first?.offset;
  }
}
