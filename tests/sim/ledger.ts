/**
 * The checker: what clients did and heard, held against what the store has. It knows nothing of the
 * broker's code, only of its promises.
 */
export interface Place {
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
}

/** One message as a full read of the store found it. */
export interface Found extends Place {
  /** The sender's number of the message, out of its body. */
  readonly id: number;
  /** The body is, byte for byte, the one that was sent under this id. */
  readonly intact: boolean;
}

export class Ledger {
  readonly violations: string[] = [];
  #nextId = 1;
  #acknowledged = 0;
  /** Message id by place, once the store owes it to us for ever. */
  readonly #owed = new Map<string, number>();
  readonly #sent = new Set<number>();
  readonly #committed = new Map<string, number>();
  readonly #announced = new Map<string, { atMs: number; offset: number }[]>();

  /** Takes note of a message about to be sent; returns its id. */
  sending(): number {
    this.#sent.add(this.#nextId);
    return this.#nextId++;
  }

  get sent(): number {
    return this.#nextId - 1;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The broker said SEND_OK: from now on the message is owed. */
  acknowledge(id: number, place: Place): void {
    this.#acknowledged++;
    this.#owe(id, place, "acknowledged");
  }

  /** A two-way commit was answered. */
  committed(group: string, place: Place): void {
    const key = `${group} ${placeQueue(place)}`;
    this.#committed.set(key, Math.max(this.#committed.get(key) ?? 0, place.offset));
  }

  /** A one-way commit was sent at `atMs`. */
  announced(group: string, place: Place, atMs: number): void {
    const key = `${group} ${placeQueue(place)}`;
    const list = this.#announced.get(key) ?? [];
    this.#announced.set(key, list);
    list.push({ atMs, offset: place.offset });
  }

  /** Holds a full read of the store against everything owed. */
  checkStore(found: readonly Found[], afterRestart: boolean): void {
    const places = new Map<string, number>();
    const seen = new Map<number, string>();
    const ends = new Map<string, number>();
    for (const message of found) {
      const place = placeKey(message);
      if (!this.#sent.has(message.id)) this.#violate(`phantom: ${place} holds ${message.id}`);
      if (!message.intact) this.#violate(`damaged: ${place} is not what was sent`);
      const twin = seen.get(message.id);
      if (twin !== undefined) this.#violate(`duplicate: ${message.id} at ${twin} and ${place}`);
      const end = ends.get(placeQueue(message)) ?? 0;
      if (message.offset !== end) this.#violate(`gap: ${place} follows offset ${end - 1}`);
      ends.set(placeQueue(message), message.offset + 1);
      seen.set(message.id, place);
      places.set(place, message.id);
    }
    for (const [place, id] of this.#owed) {
      const held = places.get(place);
      if (held !== id) this.#violate(`lost: ${place} held ${id}, now ${held ?? "nothing"}`);
    }
    if (afterRestart) { for (const message of found) this.#owe(message.id, message, "read"); }
  }

  /**
   * Holds stored progress against what was committed: two-way commits for ever, one-way ones that
   * are older than `graceMs` when the broker died at `diedAtMs`, and never beyond the queue's end.
   */
  checkProgress(
    group: string,
    place: Place,
    when: { readonly diedAtMs: number; readonly graceMs: number; readonly end: number },
  ): void {
    const key = `${group} ${placeQueue(place)}`;
    const old = (this.#announced.get(key) ?? []).filter((one) =>
      one.atMs <= when.diedAtMs - when.graceMs
    );
    const owed = Math.max(this.#committed.get(key) ?? 0, ...old.map((one) => one.offset));
    if (place.offset < owed) {
      this.#violate(`progress: ${key} is at ${place.offset}, ${owed} was committed`);
    }
    if (place.offset > when.end) {
      this.#violate(`progress: ${key} is at ${place.offset}, the queue ends at ${when.end}`);
    }
    this.#announced.delete(key);
    this.#committed.set(key, place.offset);
  }

  #owe(id: number, place: Place, how: string): void {
    const key = placeKey(place);
    const held = this.#owed.get(key);
    if (held !== undefined && held !== id) {
      this.#violate(`changed: ${key} was ${held}, ${how} as ${id}`);
    }
    this.#owed.set(key, id);
  }

  #violate(what: string): void {
    if (this.violations.length < 20) this.violations.push(what);
  }
}

function placeQueue(place: Place): string {
  return `${place.topic}/${place.queueId}`;
}

function placeKey(place: Place): string {
  return `${placeQueue(place)}@${place.offset}`;
}
