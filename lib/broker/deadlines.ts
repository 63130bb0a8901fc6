import type { Job } from "../port/job.ts";

/** A pending deadline, a link in its slot's ring; {@linkcode Deadlines.cancel} takes it back. */
export class Deadline {
  previous: Deadline = this;
  next: Deadline = this;

  constructor(
    /** Monotonic ms. */
    readonly at: number,
    public run: () => void,
  ) {}
}

const SLOT_MS = 100;
const SLOTS = 512;

/**
 * One timing wheel for all long polls: adding and cancelling cost the same however many there are.
 * A deadline runs up to 100 ms late, never early.
 */
export class Deadlines implements Job {
  static readonly jobName = "deadlines";
  readonly name = Deadlines.jobName;
  readonly #wake: () => void;
  readonly #slots = Array.from({ length: SLOTS }, () => new Deadline(0, nothing));
  /** The slot number (not wrapped) up to which all is done. */
  #done = -1;
  #count = 0;
  /** When the next run is planned, monotonic ms. */
  #planned = Infinity;

  /** `wake` makes the job due now. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  get size(): number {
    return this.#count;
  }

  /** Runs `run` at `at` (monotonic ms) or up to 100 ms later. */
  add(at: number, run: () => void): Deadline {
    const slot = Math.max(Math.ceil(at / SLOT_MS), this.#done + 1);
    const ring = this.#slots[slot % SLOTS];
    const node = new Deadline(at, run);
    node.previous = ring.previous;
    node.next = ring;
    ring.previous.next = node;
    ring.previous = node;
    this.#count++;
    if (slot * SLOT_MS < this.#planned) {
      this.#planned = slot * SLOT_MS;
      this.#wake();
    }
    return node;
  }

  /** Takes a deadline back; nothing happens where it ran or was taken back already. */
  cancel(deadline: Deadline): void {
    deadline.run = nothing;
    this.#unlink(deadline);
  }

  run(now: number): number {
    const last = Math.floor(now / SLOT_MS);
    const first = Math.max(this.#done + 1, last - SLOTS + 1);
    this.#done = last;
    if (this.#count > 0) {
      for (let slot = first; slot <= last; slot++) this.#runSlot(this.#slots[slot % SLOTS], now);
    }
    this.#planned = this.#nextAt();
    return this.#planned;
  }

  #runSlot(ring: Deadline, now: number): void {
    const due: Deadline[] = [];
    for (let node = ring.next; node !== ring; node = node.next) if (node.at <= now) due.push(node);
    for (const node of due) this.#unlink(node);
    for (const node of due) node.run();
  }

  /**
   * When the nearest slot with something in it comes; it may hold only later rounds, which is
   * harmless.
   */
  #nextAt(): number {
    if (this.#count === 0) return Infinity;
    for (let slot = this.#done + 1; slot <= this.#done + SLOTS; slot++) {
      const ring = this.#slots[slot % SLOTS];
      if (ring.next !== ring) return slot * SLOT_MS;
    }
    return Infinity;
  }

  #unlink(node: Deadline): void {
    if (node.next === node) return;
    node.previous.next = node.next;
    node.next.previous = node.previous;
    node.previous = node.next = node;
    this.#count--;
  }
}

function nothing(): void {}
