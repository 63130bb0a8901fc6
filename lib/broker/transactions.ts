import type { Log } from "../log/log.ts";
import { getProperty, Property } from "../model/properties.ts";
import { decodeRecord, type StoredRecord } from "../model/record.ts";
import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Detours } from "./detours.ts";
import {
  HALF_TOPIC,
  homeOf,
  immunityOf,
  PARKED_TOPIC,
  toCommitted,
  toHalf,
  toResumed,
} from "./half.ts";
import { HalfChecks, type HalfChecksParts } from "./half_checks.ts";
import { HalfEnds, type HalfEndsParts } from "./half_ends.ts";
import { HalfFates } from "./half_fates.ts";
import type { Inlet } from "./inlet.ts";
import type { TransactionSettings } from "./transaction_settings.ts";

/** How a transaction ended. */
export interface TransactionEnd {
  readonly producerGroup: string;
  /** Where its half is: in the halves' queue, and in the log. */
  readonly offset: number;
  readonly position: number;
  readonly outcome: "commit" | "rollback";
  /** Did the broker ask? */
  readonly wasAsked: boolean;
}

/** What transactions work with. */
export interface TransactionParts
  extends HalfEndsParts, Omit<HalfChecksParts, "ends" | "fates" | "log"> {
  readonly log: Pick<
    Log,
    "append" | "read" | "queue" | "keys" | "recordAt" | "settled" | "positionMax"
  >;
  readonly inlet: Inlet;
  readonly detours: Detours;
  readonly settings: TransactionSettings;
  readonly clock: Clock;
}

/**
 * Transactions: a message waits as a half until its producer says, unasked or asked, how the
 * transaction ended (reference §4.7). Upstream commits whatever record of a half it is told; here
 * each sending has one end, also where it was copied since, and after a crash.
 */
export class Transactions {
  readonly #parts: TransactionParts;
  readonly #ends: HalfEnds;
  readonly #fates: HalfFates;
  readonly #checks: HalfChecks;
  /** Ends of halves that memory does not know, one after the other. */
  #late: Promise<void> = Promise.resolve();

  constructor(parts: TransactionParts) {
    this.#parts = parts;
    this.#ends = new HalfEnds(parts);
    this.#fates = new HalfFates(parts.log, parts.topicTable);
    this.#checks = new HalfChecks({ ...parts, ends: this.#ends, fates: this.#fates });
    parts.detours.set("transaction", (message) => {
      if (!parts.settings.rejectTransactions) return toHalf(message);
      throw new Refusal(
        "no-permission",
        `the broker[${parts.identity.brokerName}] sending transaction message is forbidden: ` +
          `rejectTransactionMessage is true.`,
      );
    });
  }

  jobs(): Job[] {
    return [this.#checks];
  }

  /**
   * Ends a transaction: its message comes to its topic, or never will. What it gives resolves when
   * that is as safe as a send's answer promises; undefined: it is. Throws or rejects with a
   * `Refusal`: `failed` where the half is not as the producer says or has ended before;
   * `illegal-operation` where it said itself that only checks may end it by now; `flush-timeout`
   * where it has ended, but the disk is slow.
   */
  end(end: TransactionEnd): Promise<void> | undefined {
    this.#checks.open();
    this.#checks.readEnds(true);
    const half = this.#find(end);
    if (this.#ends.isCrowded) {
      throw new Refusal("busy", "Too many ends of transactions wait for the disk. Try again.");
    }
    const isSeenTo = half.offset < this.#checks.seenTo;
    if (!this.#parts.settings.transactionsEndOnce) {
      return this.#finish(half, isSeenTo ? undefined : half.offset, end);
    }
    const isKnown = !isSeenTo && !this.#checks.isOld(half.offset);
    if (!isKnown) return this.#endLate(half, end);
    if (this.#ends.has(half.offset)) throw over(half);
    return this.#finish(half, half.offset, end);
  }

  /**
   * Puts a parked half back among the others, to be asked about anew (code 323). @throws {Refusal}
   * `failed` where there is none at this position.
   */
  async resume(position: number): Promise<void> {
    const { log, counters } = this.#parts;
    const bytes = log.recordAt(position);
    const record = bytes === undefined ? undefined : decodeRecord(bytes);
    if (record?.topic !== PARKED_TOPIC) {
      throw new Refusal("failed", `No half was parked at the position ${position} of the log.`);
    }
    const resumed = toResumed(record);
    const stored = log.append(resumed);
    counters.stored(resumed.topic, 1, stored.size);
    await log.settled(stored.position + stored.size);
  }

  /** Brings to the log what waits; nothing may come after it. */
  close(): void {
    this.#ends.write();
  }

  /** The half that is meant, if it is as the producer says (`checkPrepareMessage`). */
  #find(end: TransactionEnd): StoredRecord {
    const named = this.#named(end);
    const bytes = named ?? this.#parts.log.recordAt(end.position);
    const half = bytes === undefined ? undefined : decodeRecord(bytes);
    if (half?.topic !== HALF_TOPIC) {
      const what = `there is no half at the position ${end.position} of the log.`;
      throw new Refusal("failed", `Find prepared transaction message failed: ${what}`);
    }
    this.#checkTime(half, end);
    const group = getProperty(half.properties, Property.producerGroup) ?? "";
    if (group !== end.producerGroup) {
      const what = `it is ${group}, not ${end.producerGroup}.`;
      throw new Refusal("failed", `The producer group wrong: ${what}`);
    }
    if (named === undefined) {
      const what = `it is ${half.offset}, not ${end.offset}.`;
      throw new Refusal("failed", `The transaction state table offset wrong: ${what}`);
    }
    return half;
  }

  /**
   * The record at the offset, where it is at the position too. A body may look like a record; what
   * the queue names is one.
   */
  #named({ offset, position }: TransactionEnd): Uint8Array | undefined {
    const { log } = this.#parts;
    let size = 0;
    log.queue(HALF_TOPIC, 0).scan(offset, 1, (at, there, bytes) => {
      if (at === offset && there === position) size = bytes;
      return false;
    });
    return size === 0 ? undefined : log.read(position, size);
  }

  #checkTime(half: StoredRecord, { wasAsked }: TransactionEnd): void {
    const immunityMs = immunityOf(half, this.#parts.settings.transactionTimeoutMs);
    const ageMs = this.#parts.clock.now() - half.bornTimestamp;
    if (wasAsked || immunityMs === undefined || ageMs <= immunityMs) return;
    throw new Refusal(
      "illegal-operation",
      `The message is ${ageMs} ms old, and after ${immunityMs} ms, which its property ` +
        `CHECK_IMMUNITY_TIME_IN_SECONDS sets, only a check ends its transaction. Wait for one.`,
    );
  }

  /** By what the log knows; all that was stored before is looked at. */
  #endLate(half: StoredRecord, end: TransactionEnd): Promise<void> {
    const { log } = this.#parts;
    const all = this.#late.then(() => log.settled(log.positionMax)).then(() => {
      const { copy = half, isCommitted, isParked } = this.#fates.of(half);
      const isOpen = copy.offset >= this.#checks.seenTo && !this.#ends.has(copy.offset);
      if (isCommitted || !(isOpen || isParked)) throw over(half);
      return this.#finish(half, isOpen ? copy.offset : undefined, end);
    });
    this.#late = all.catch(() => {});
    return all;
  }

  #finish(
    half: StoredRecord,
    open: number | undefined,
    end: TransactionEnd,
  ): Promise<void> | undefined {
    if (end.outcome === "rollback") {
      if (open !== undefined) this.#ends.add(open);
      return undefined;
    }
    const { inlet } = this.#parts;
    if (homeOf(half).topic === "") {
      throw new Refusal("failed", "The half does not say which topic its message is for.");
    }
    const stored = inlet.put(toCommitted(half));
    if (open !== undefined) this.#ends.add(open);
    return inlet.settled(stored);
  }
}

function over(half: StoredRecord): Refusal {
  const key = getProperty(half.properties, Property.uniqueKey);
  return new Refusal("failed", `The transaction ${key} has ended before; nothing was changed.`);
}
