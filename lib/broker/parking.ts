import type { Clock } from "../port/clock.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { Link } from "./link.ts";
import type { BrokerSettings } from "./settings.ts";

/** A request that waits. It ends once: by its own means, its deadline, its link or the broker. */
export interface Waiting {
  readonly link: Link;
  /** `answer` false: nobody is there to hear more than that it is over. */
  end(answer: boolean): void;
}

/** One who waits, and where. */
export interface Parked<One extends Waiting, Place> {
  readonly waiter: One;
  readonly place: Place;
  readonly deadline: Deadline;
}

/** What those who wait are kept with. */
export interface ParkingParts {
  readonly settings: Pick<BrokerSettings, "pullWaitersMax" | "pullWaitersPerLinkMax">;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
}

/** A limit that those who wait have reached. */
export interface ReachedLimit {
  readonly name: "pullWaitersMax" | "pullWaitersPerLinkMax";
  readonly most: number;
  /** How many wait: over one connection, or in all. */
  readonly count: number;
}

/** Who waits, by connection: how many may, until when, and that each ends once. */
export class Parking<One extends Waiting, Place> {
  readonly #parts: ParkingParts;
  readonly #left: (parked: Parked<One, Place>) => void;
  readonly #links = new Map<number, Set<Parked<One, Place>>>();
  #count = 0;
  #stopped = false;

  /** `left` takes one who waits no more out of its place. */
  constructor(parts: ParkingParts, left: (parked: Parked<One, Place>) => void) {
    this.#parts = parts;
    this.#left = left;
  }

  get size(): number {
    return this.#count;
  }

  /** Nobody can wait here or over this connection any more. */
  isOver(link: Link): boolean {
    return this.#stopped || link.isClosed;
  }

  /** What keeps another one of this connection from waiting. */
  limitOf(link: Link): ReachedLimit | undefined {
    const { pullWaitersMax, pullWaitersPerLinkMax } = this.#parts.settings;
    const ofLink = this.#links.get(link.id)?.size ?? 0;
    if (ofLink >= pullWaitersPerLinkMax) {
      return { name: "pullWaitersPerLinkMax", most: pullWaitersPerLinkMax, count: ofLink };
    }
    if (this.#count < pullWaitersMax) return undefined;
    return { name: "pullWaitersMax", most: pullWaitersMax, count: this.#count };
  }

  /** Lets it wait at its place for `holdMs` at most; the caller has asked whether it may. */
  park(waiter: One, place: Place, holdMs: number): Parked<One, Place> {
    const at = this.#parts.clock.monotonic() + holdMs;
    const deadline = this.#parts.deadlines.add(at, () => this.end(parked, true));
    const parked: Parked<One, Place> = { waiter, place, deadline };
    this.#linkOf(waiter.link).add(parked);
    this.#count++;
    return parked;
  }

  has(parked: Parked<One, Place>): boolean {
    return this.#links.get(parked.waiter.link.id)?.has(parked) ?? false;
  }

  /** Ends the waiting, unless it has ended. */
  end(parked: Parked<One, Place>, answer: boolean): void {
    if (this.leave(parked)) parked.waiter.end(answer);
  }

  /** It has its answer; false where it did not wait. */
  leave(parked: Parked<One, Place>): boolean {
    if (this.#links.get(parked.waiter.link.id)?.delete(parked) !== true) return false;
    this.#count--;
    this.#parts.deadlines.cancel(parked.deadline);
    this.#left(parked);
    return true;
  }

  /** Ends all waiting; from now on it is over. */
  stop(): void {
    this.#stopped = true;
    for (const all of this.#links.values()) for (const one of [...all]) this.end(one, true);
  }

  /** The link's own set; it stays until the link closes, so that it is listened to once. */
  #linkOf(link: Link): Set<Parked<One, Place>> {
    let parked = this.#links.get(link.id);
    if (parked !== undefined) return parked;
    this.#links.set(link.id, parked = new Set());
    link.onClose(() => {
      for (const one of [...this.#links.get(link.id) ?? []]) this.end(one, false);
      this.#links.delete(link.id);
    });
    return parked;
  }
}

/** Whoever something may come for says so of itself, so that it wakes once. */
export interface Ripe {
  isRipe: boolean;
}

/** Those for whom something came, each once, until the turn of the event loop is over. */
export class Ripening<One> {
  readonly #wake: (ripe: readonly One[]) => void;
  readonly #wakeAll: () => void;
  #ripe: One[] = [];

  constructor(wake: (ripe: readonly One[]) => void) {
    this.#wake = wake;
    this.#wakeAll = () => {
      const ripe = this.#ripe;
      this.#ripe = [];
      this.#wake(ripe);
    };
  }

  /**
   * It wakes together with all that ripen in this turn, after the log has told of all; one that is
   * ripe, as its `mark` says, does not until who wakes it takes the mark back.
   */
  add(one: One, mark: Ripe): void {
    if (mark.isRipe) return;
    mark.isRipe = true;
    if (this.#ripe.push(one) === 1) SOON.then(this.#wakeAll);
  }
}

const SOON = Promise.resolve();
