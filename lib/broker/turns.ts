import type { Link } from "./link.ts";

/** How long a group whose clients are all full is waited for, ms. */
const PATIENCE_MS = 1000;
/** So often the clients of a group are looked up anew, in asks. */
const LOOK_UP_EVERY = 100;
/** Groups that are known at a time. */
const GROUPS_MAX = 1000;

interface Group {
  links: readonly Link[];
  asks: number;
  /** Since when all are full, monotonic ms. */
  fullSince: number | undefined;
  isDeaf: boolean;
}

/** Whose turn it is to be asked, in rounds of questions to groups of clients. */
export class Turns {
  readonly #lookUp: (group: string) => readonly Link[];
  readonly #groups = new Map<string, Group>();
  #turn = 0;

  constructor(lookUp: (group: string) => readonly Link[]) {
    this.#lookUp = lookUp;
  }

  /** A round begins: what is known of the groups is forgotten. */
  begin(): void {
    this.#groups.clear();
  }

  /**
   * The next one of a group that takes what it is sent. `full`: all of them have more to take than
   * they can just now; a group that stays so is asked nothing more in this round, as if there were
   * `none`.
   */
  next(name: string, now: number): Link | "full" | "none" {
    const group = this.#open(name);
    if (group.asks++ % LOOK_UP_EVERY === 0) group.links = this.#lookUp(name);
    const open = group.links.length;
    let isThere = false;
    for (let tried = 0; tried < open && !group.isDeaf; tried++) {
      const link = group.links[this.#turn++ % open];
      if (link.isClosed) continue;
      isThere = true;
      if (!link.isWritable) continue;
      group.fullSince = undefined;
      return link;
    }
    if (!isThere) return "none";
    group.fullSince ??= now;
    group.isDeaf = now - group.fullSince >= PATIENCE_MS;
    return group.isDeaf ? "none" : "full";
  }

  #open(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      if (this.#groups.size >= GROUPS_MAX) this.#groups.clear();
      group = { links: [], asks: 0, fullSince: undefined, isDeaf: false };
      this.#groups.set(name, group);
    }
    return group;
  }
}
