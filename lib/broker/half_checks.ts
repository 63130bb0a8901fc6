import type { Log, Queue } from "../log/log.ts";
import type { Message, Stored } from "../model/message.ts";
import { offsetId } from "../model/ids.ts";
import { getProperty, Property } from "../model/properties.ts";
import { decodeRecord, encodeRecord, recordCapacity, type StoredRecord } from "../model/record.ts";
import { makeTopic, type Topic } from "../model/topic.ts";
import type { ProgressTable } from "../meta/progress.ts";
import { crc32 } from "../port/checksum.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { Counters } from "./counters.ts";
import {
  checksOf,
  firstOffsetOf,
  HALF_TOPIC,
  homeOf,
  immunityOf,
  OP_TOPIC,
  PARKED_TOPIC,
  toChecked,
  toParked,
  toPutOff,
  TRANSACTION_GROUP,
} from "./half.ts";
import { Turns } from "./turns.ts";
import type { HalfEnds } from "./half_ends.ts";
import type { HalfFates } from "./half_fates.ts";
import type { Identity } from "./identity.ts";
import type { Link } from "./link.ts";
import type { TransactionSettings } from "./transaction_settings.ts";

/** What the checks of halves work with. */
export interface HalfChecksParts {
  readonly log: Pick<Log, "append" | "read" | "queue">;
  readonly ends: HalfEnds;
  readonly fates: HalfFates;
  readonly progressTable: Pick<ProgressTable, "get" | "set">;
  readonly topicTable: { has(name: string): boolean };
  readonly newTopics: { ensure(topic: Topic): Promise<Topic> };
  readonly producers: { producersOf(group: string): Link[] };
  readonly counters: Counters;
  readonly settings: TransactionSettings;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly lines: Lines;
}

/** What one run of the job does at the most: ms, halves, their bytes, entries that it looks at. */
const RUN_MS = 3;
const RUN_HALVES = 100;
const RUN_BYTES = 4 << 20;
const RUN_ENTRIES = 10_000;
/** A longer wait is cut up, so that a change of its setting is heard. */
const LOOK_MS = 1000;
/** How soon producers that are full are looked at again. */
const FULL_MS = 20;

interface Entry {
  readonly offset: number;
  readonly position: number;
  readonly size: number;
}

/**
 * What was done about a half: the next one; the round ends before it; it is tried again in a
 * second, or as soon as its producers have taken what they were sent.
 */
type Done = "next" | "end" | "again" | "full";

/**
 * Asks producers how their transactions ended, round after round, as
 * `TransactionalMessageServiceImpl.check`: what is old enough and has no end is put once more to
 * the end of the halves' queue, and its producer is asked about the copy; up to the first one that
 * is too young. So the progress of the group in the queue covers all that is seen to, and nothing
 * but a bit a half is kept in memory. Unlike there, putting a half off is no check of it.
 */
export class HalfChecks implements Job {
  readonly name = "transactions";
  readonly #parts: HalfChecksParts;
  readonly #turns: Turns;
  #isOpen = false;
  /** All halves below it are seen to. */
  #at = 0;
  #bornBefore = 0;
  /** The round under way ends before this half. */
  #roundEnd: number | undefined;
  /** When the last round ended, monotonic ms. */
  #endedAt: number | undefined;

  constructor(parts: HalfChecksParts) {
    this.#parts = parts;
    this.#turns = new Turns((group) => parts.producers.producersOf(group));
  }

  /** Halves below it have ended, or have a copy behind it, or are parked. */
  get seenTo(): number {
    return this.#at;
  }

  /** Is the half from before the start, so that only the log knows what became of it? */
  isOld(offset: number): boolean {
    return offset < this.#bornBefore;
  }

  /** Takes up where the log and the progress left off; nothing where it has. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const { log, progressTable, ends } = this.#parts;
    const { offsetMin, offsetMax } = log.queue(HALF_TOPIC, 0);
    const progress = progressTable.get(TRANSACTION_GROUP, HALF_TOPIC, 0) ?? 0;
    this.#at = Math.min(Math.max(progress, offsetMin), offsetMax);
    this.#bornBefore = offsetMax;
    ends.open(progressTable.get(TRANSACTION_GROUP, OP_TOPIC, 0));
  }

  /** Reads what op records say; one piece of it, or all. */
  readEnds(all: boolean): void {
    const { ends } = this.#parts;
    do {
      if (!ends.isRead) ends.read({ from: this.#at, to: this.#bornBefore });
    } while (all && !ends.isRead);
  }

  run(now: number): number {
    this.open();
    this.readEnds(false);
    if (!this.#parts.ends.isRead) return now;
    this.#endedAt ??= now;
    const dueAt = this.#endedAt + this.#parts.settings.transactionCheckMs;
    if (this.#roundEnd === undefined && now < dueAt) return Math.min(dueAt, now + LOOK_MS);
    const queue = this.#parts.log.queue(HALF_TOPIC, 0);
    if (this.#roundEnd === undefined) this.#turns.begin();
    this.#roundEnd ??= queue.offsetMax;
    const done = this.#step(queue, this.#roundEnd);
    this.#note();
    if (done === "next") return now;
    if (done === "again") return now + LOOK_MS;
    if (done === "full") return now + FULL_MS;
    this.#roundEnd = undefined;
    this.#endedAt = now;
    return now + Math.min(LOOK_MS, this.#parts.settings.transactionCheckMs);
  }

  #step(queue: Queue, roundEnd: number): Done {
    const { clock } = this.#parts;
    const until = clock.monotonic() + RUN_MS;
    const { entries, next } = this.#open(queue, roundEnd);
    for (const entry of entries) {
      this.#at = entry.offset;
      const done = this.#see(entry);
      if (done !== "next") return done;
      this.#at = entry.offset + 1;
      if (clock.monotonic() > until) return "next";
    }
    this.#at = next;
    return next < roundEnd ? "next" : "end";
  }

  /** Some halves without an end, and the offset behind the last one looked at. */
  #open(queue: Queue, roundEnd: number): { readonly entries: Entry[]; readonly next: number } {
    const { ends } = this.#parts;
    const entries: Entry[] = [];
    let bytes = 0;
    let next = this.#at;
    queue.scan(this.#at, Math.min(RUN_ENTRIES, roundEnd - this.#at), (offset, position, size) => {
      next = offset + 1;
      if (ends.has(offset)) return true;
      entries.push({ offset, position, size });
      bytes += size;
      return entries.length < RUN_HALVES && bytes < RUN_BYTES;
    });
    return { entries, next: next === this.#at ? roundEnd : next };
  }

  #see({ offset, position, size }: Entry): Done {
    const bytes = this.#parts.log.read(position, size);
    if (bytes === undefined) return "next";
    const half = decodeRecord(bytes);
    if (this.isOld(offset) && this.#isOver(half)) return "next";
    const { settings, clock } = this.#parts;
    if (checksOf(half) >= settings.transactionChecksMax) return this.#park(half);
    const ageMs = clock.now() - half.bornTimestamp;
    const immunityMs = immunityOf(half, settings.transactionTimeoutMs);
    if (immunityMs !== undefined && ageMs >= 0 && ageMs <= immunityMs) return this.#putOff(half);
    const isYoung = ageMs >= 0 && ageMs <= settings.transactionTimeoutMs;
    return immunityMs === undefined && isYoung ? "end" : this.#check(half);
  }

  /** Does the log say that a half from before the start has an end or a copy? */
  #isOver(half: StoredRecord): boolean {
    const { copy, isCommitted, isParked } = this.#parts.fates.of(half);
    if (isCommitted) this.#parts.ends.add(copy?.offset ?? half.offset);
    return isCommitted || isParked || copy !== undefined;
  }

  #putOff(half: StoredRecord): Done {
    const first = firstOffsetOf(half);
    if (first !== undefined && this.#parts.ends.has(first)) return "next";
    const isCheck = !this.#parts.settings.transactionsEndOnce;
    return this.#put(toPutOff(half, isCheck)) === undefined ? "again" : "next";
  }

  #park(half: StoredRecord): Done {
    const { topicTable, newTopics, lines } = this.#parts;
    if (!topicTable.has(PARKED_TOPIC)) {
      newTopics.ensure(makeTopic(PARKED_TOPIC, 1)).catch((fault) =>
        lines.warn(`Halves without an end cannot be parked: ${fault}`)
      );
      return "again";
    }
    if (this.#put(toParked(half)) === undefined) return "again";
    const { topic } = homeOf(half);
    lines.warn(
      `Nobody said in ${checksOf(half)} checks how the transaction ` +
        `${getProperty(half.properties, Property.uniqueKey)} of the group ` +
        `${getProperty(half.properties, Property.producerGroup)} ended: its message to ${topic} ` +
        `is in ${PARKED_TOPIC} now.`,
    );
    return "next";
  }

  #check(half: StoredRecord): Done {
    const group = getProperty(half.properties, Property.producerGroup) ?? "";
    const producer = this.#turns.next(group, this.#parts.clock.monotonic());
    if (producer === "full") return "full";
    const copy = toChecked(half);
    const stored = this.#put(copy);
    if (stored === undefined) return "again";
    if (producer !== "none") this.#ask(producer, copy, stored);
    return "next";
  }

  #ask(producer: Link, copy: Message, stored: Stored): void {
    const messageId = getProperty(copy.properties, Property.uniqueKey) ?? "";
    producer.checkTransaction({
      record: encoded({ ...copy, ...homeOf(copy) }, stored),
      topic: HALF_TOPIC,
      brokerName: this.#parts.identity.brokerName,
      position: stored.position,
      offset: stored.offset,
      messageId,
      transactionId: messageId,
      offsetId: offsetId(copy.storeHost, stored.position),
    });
  }

  /** undefined where the log takes nothing now. */
  #put(message: Message): Stored | undefined {
    const { log, counters, lines } = this.#parts;
    try {
      const stored = log.append(message);
      counters.stored(message.topic, 1, stored.size);
      return stored;
    } catch (fault) {
      lines.warn(`Checks of transactions wait: ${fault}`);
      return undefined;
    }
  }

  #note(): void {
    const { progressTable, ends } = this.#parts;
    for (
      const [topic, offset] of [[HALF_TOPIC, this.#at], [OP_TOPIC, ends.seenTo(this.#at)]] as const
    ) {
      const before = progressTable.get(TRANSACTION_GROUP, topic, 0) ?? 0;
      if (before !== offset) progressTable.set(TRANSACTION_GROUP, topic, 0, offset);
    }
  }
}

/** The record as it will stand in the log. */
function encoded(message: Message, stored: Stored): Uint8Array {
  const bytes = new Uint8Array(recordCapacity(message));
  const target = { bytes, view: new DataView(bytes.buffer), at: 0 };
  return bytes.slice(0, encodeRecord(target, message, stored, crc32));
}
