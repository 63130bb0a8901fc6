import type { StoredRecord } from "./record.ts";

interface Place {
  readonly queueId: number;
  readonly offset: number;
}

/**
 * Keeps, outside of the broker, what was sent and what was acknowledged, and judges what is found.
 * A message is open from its send to its answer. One that was open at a kill may be there after it
 * or not; where it was not, it must never turn up later.
 */
export class Ledger {
  readonly #acknowledged = new Set<string>();
  readonly #open = new Set<string>();
  readonly #gone = new Set<string>();
  /** By queue, what lies at each offset, from the day that it was known. */
  readonly #seen: (string | undefined)[][];
  readonly #placeOf = new Map<string, Place>();
  readonly violations: string[] = [];

  constructor(queues: number) {
    this.#seen = Array.from({ length: queues }, () => []);
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  sent(id: string): void {
    this.#open.add(id);
  }

  acknowledge(id: string, queueId: number, offset: number): void {
    this.#open.delete(id);
    this.#acknowledged.add(id);
    this.#lies(id, { queueId, offset }, "acknowledged");
  }

  /** Any message that was acknowledged. */
  example(number: number): string | undefined {
    for (const queue of this.#seen) {
      const id = queue[number % Math.max(1, queue.length)];
      if (id !== undefined && this.#acknowledged.has(id)) return id;
    }
    return undefined;
  }

  /** Where a queue ended when it was last looked at. */
  endOf(queueId: number): number {
    return this.#seen[queueId].length;
  }

  /**
   * What a queue holds from an offset to its end; all of it that was acknowledged must be there.
   */
  found(queueId: number, from: number, records: readonly StoredRecord[]): void {
    for (const { body, offset } of records) {
      const id = body.split(" ")[0];
      if (!this.#acknowledged.has(id) && !this.#open.has(id) && !this.#placeOf.has(id)) {
        const what = this.#gone.has(id) ? "was gone before" : "nobody sent";
        this.violations.push(`phantom: ${id} at ${queueId}/${offset}, which ${what}`);
      }
      this.#lies(id, { queueId, offset }, "found");
    }
    const end = from + records.length;
    for (let offset = end; offset < this.#seen[queueId].length; offset++) {
      const id = this.#seen[queueId][offset];
      if (id === undefined) continue;
      const kind = this.#acknowledged.has(id) ? "acknowledged" : "once read";
      this.violations.push(
        `lost: ${id} at ${queueId}/${offset}, ${kind}; the queue ends at ${end}`,
      );
    }
  }

  /** All queues were read after a restart: what was open and is not there is gone for ever. */
  settle(): void {
    for (const id of this.#open) {
      if (!this.#placeOf.has(id)) this.#gone.add(id);
    }
    this.#open.clear();
  }

  #lies(id: string, place: Place, how: string): void {
    const { queueId, offset } = place;
    const known = this.#seen[queueId][offset];
    if (known !== undefined && known !== id) {
      this.violations.push(`changed: ${queueId}/${offset} was ${known}, is ${how} as ${id}`);
    }
    const other = this.#placeOf.get(id);
    if (other !== undefined && (other.queueId !== queueId || other.offset !== offset)) {
      const there = `${other.queueId}/${other.offset}`;
      this.violations.push(`twice: ${id} ${how} at ${queueId}/${offset}, known at ${there}`);
    }
    this.#seen[queueId][offset] = id;
    this.#placeOf.set(id, place);
  }
}
