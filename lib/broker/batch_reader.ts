import { ENTRY_BYTES, isBlankSize } from "../log/entry.ts";
import type { EntryVisitor, Log } from "../log/log.ts";
import type { Lines } from "../port/lines.ts";
import {
  type Batch,
  type BatchAsk,
  type Note,
  offsetAt,
  queueIdAt,
  type ReadQueue,
  type ReadUnits,
} from "./batch.ts";
import { ChosenEntries } from "./chosen_entries.ts";
import type { Memory } from "./memory.ts";
import { PullLimits } from "./pull_limits.ts";
import type { BrokerSettings } from "./settings.ts";
import { Sifter } from "./sifter.ts";
import { UnitReader } from "./unit_reader.ts";

/** Records of one pull are read in runs that lie together; a run longer than this is parted. */
const RUN_BYTES_MAX = 1 << 20;
/** Entries looked at for a pull that asks for very many messages. */
const SCAN_MAX = 10_000;
/** Wrong entries that are remembered, so that each is logged once. */
const WRONG_MAX = 1000;

/**
 * Gathers the records of one pull: chooses entries by the queue alone, then reads what lies
 * together in the log in one piece. The first record is given whatever its size.
 */
export class BatchReader {
  readonly #log: Pick<Log, "read" | "readRun" | "isSound" | "giveBack">;
  readonly #limits: PullLimits;
  readonly #sifter: Sifter;
  readonly #units: UnitReader;
  readonly #settings: BrokerSettings;
  readonly #lines: Lines;
  /** Entries that name a record of another place: `topic queue offset`. */
  readonly #wrong = new Set<string>();
  readonly #chosen = new ChosenEntries();
  #bytes = 0;
  #lost = 0;
  #next = 0;

  constructor(parts: {
    readonly log: Pick<Log, "read" | "readRun" | "isSound" | "giveBack">;
    readonly memory: Memory;
    readonly settings: BrokerSettings;
    readonly lines: Lines;
  }) {
    this.#log = parts.log;
    this.#limits = new PullLimits(parts);
    const note: Note = (...wrong) => this.#note(...wrong);
    this.#sifter = new Sifter({ ...parts, note });
    this.#units = new UnitReader({ ...parts, note });
    this.#settings = parts.settings;
    this.#lines = parts.lines;
  }

  /** Entries met that name a record of another place in the queues. */
  get wrongEntries(): number {
    return this.#wrong.size;
  }

  read(queue: ReadQueue | ReadUnits, ask: BatchAsk): Batch {
    if (queue.kind === "batch") return this.#units.read(queue, ask);
    if (ask.sql !== undefined) return this.#sifter.read(queue, ask, ask.sql);
    this.#choose(queue, ask);
    const records: Uint8Array[] = [];
    let count = 0;
    for (let at = 0; at < this.#chosen.count;) {
      const end = this.#chosen.runEnd(at, RUN_BYTES_MAX);
      count += this.#readRun(queue, { at, end }, records);
      at = end;
    }
    const lost = this.#lost + this.#chosen.count - count;
    return { records, count, nextOffset: this.#next, lost };
  }

  /** Takes back the records of a pull that nobody looks at any more. */
  giveBack(records: readonly Uint8Array[]): void {
    for (const piece of records) this.#log.giveBack(piece);
  }

  #choose(queue: ReadQueue, ask: BatchAsk): void {
    const scanEntries = Math.ceil(this.#settings.pullScanBytesMax / ENTRY_BYTES);
    const scanMax = Math.max(1, scanEntries, Math.min(ask.maxMessages, SCAN_MAX));
    this.#chosen.count = 0;
    this.#bytes = 0;
    this.#lost = 0;
    this.#next = ask.offset;
    const visit: EntryVisitor = (offset, position, size) => {
      const isBlank = isBlankSize(size);
      if (!isBlank && this.#isFull(position, size, ask)) return false;
      this.#next = offset + 1;
      if (isBlank) {
        this.#lost++;
      } else {
        this.#chosen.add(offset, position, size);
        this.#bytes += size;
      }
      return true;
    };
    if (ask.filter === undefined) {
      // No more entries are read than are asked for, unless some of them were blank.
      const few = Math.max(1, Math.min(scanMax, ask.maxMessages));
      queue.scan(ask.offset, few, visit);
      if (this.#lost > 0) queue.scan(this.#next, scanMax - (this.#next - ask.offset), visit);
      return;
    }
    const next = queue.scanFor(ask.filter, { from: ask.offset, most: scanMax }, visit);
    this.#next = Math.max(next, ask.offset);
  }

  #isFull(position: number, size: number, ask: BatchAsk): boolean {
    const { count } = this.#chosen;
    if (count === 0) return false;
    const bytes = this.#bytes + size;
    return count >= ask.maxMessages || bytes > ask.maxBytes ||
      this.#limits.isOver(position, count, bytes);
  }

  /** Reads a run in one piece, or record by record where that piece cannot be had. */
  #readRun(queue: ReadQueue, run: Run, into: Uint8Array[]): number {
    const { at, end } = run;
    const start = this.#chosen.positions[at];
    const size = this.#chosen.runBytes(at, end);
    const isOne = end === at + 1;
    const piece = isOne ? this.#log.read(start, size) : this.#log.readRun(start, size);
    if (piece !== undefined && this.#isTheirs(piece, queue.queueId, run)) {
      into.push(piece);
      return end - at;
    }
    if (isOne && piece !== undefined) this.#note(queue, this.#chosen.offsets[at], piece);
    if (isOne) return 0;
    let count = 0;
    for (let one = at; one < end; one++) {
      count += this.#readRun(queue, { at: one, end: one + 1 }, into);
    }
    return count;
  }

  /** Are the records of the places where their entries stand? */
  #isTheirs(piece: Uint8Array, queueId: number, { at, end }: Run): boolean {
    let from = 0;
    for (let one = at; one < end; one++) {
      if (queueIdAt(piece, from) !== queueId) return false;
      if (offsetAt(piece, from) !== this.#chosen.offsets[one]) return false;
      from += this.#chosen.sizes[one];
    }
    return true;
  }

  #note({ topic, queueId }: Parameters<Note>[0], offset: number, record: Uint8Array): void {
    const key = `${topic} ${queueId} ${offset}`;
    if (this.#wrong.has(key) || this.#wrong.size >= WRONG_MAX) return;
    this.#wrong.add(key);
    const place = `queue ${queueIdAt(record, 0)}, offset ${offsetAt(record, 0)}`;
    this.#lines.error(
      `The entry ${offset} of ${topic} queue ${queueId} names a record of ${place}: it is not ` +
        `served, readers go on behind it. Delete the queue's directory while the broker is ` +
        `stopped, and it grows back from the log.`,
    );
  }
}

/** Some of the entries chosen; `end` is exclusive. */
interface Run {
  readonly at: number;
  readonly end: number;
}
