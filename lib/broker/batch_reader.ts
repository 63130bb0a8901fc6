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
import type { Memory } from "./memory.ts";
import type { BrokerSettings } from "./settings.ts";
import { Sifter } from "./sifter.ts";
import { UnitReader } from "./unit_reader.ts";

/** Bytes of a queue entry, in which the scan limit counts. */
const ENTRY_BYTES = 20;
/** Records of one pull are read in runs that lie together; a run longer than this is parted. */
const RUN_BYTES_MAX = 1 << 20;
/** Size of an entry that fills a gap of the queue. */
const BLANK_SIZE = 0x7fffffff;
/** Entries looked at for a pull that asks for very many messages. */
const SCAN_MAX = 10_000;
/** Wrong entries that are remembered, so that each is logged once. */
const WRONG_MAX = 1000;

/**
 * Gathers the records of one pull: chooses entries by the queue alone, then reads what lies
 * together in the log in one piece. The first record is given whatever its size.
 */
export class BatchReader {
  readonly #log: Pick<Log, "read" | "readRun" | "giveBack">;
  readonly #memory: Memory;
  readonly #sifter: Sifter;
  readonly #units: UnitReader;
  readonly #settings: BrokerSettings;
  readonly #lines: Lines;
  /** Entries that name a record of another place: `topic queue offset`. */
  readonly #wrong = new Set<string>();
  /** The entries chosen, kept from pull to pull; only the first `#count` are of this one. */
  readonly #positions: number[] = [];
  readonly #sizes: number[] = [];
  readonly #offsets: number[] = [];
  #count = 0;
  #bytes = 0;
  #lost = 0;
  #next = 0;

  constructor(parts: {
    readonly log: Pick<Log, "read" | "readRun" | "giveBack">;
    readonly memory: Memory;
    readonly settings: BrokerSettings;
    readonly lines: Lines;
  }) {
    this.#log = parts.log;
    this.#memory = parts.memory;
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
    for (let at = 0; at < this.#count;) {
      const end = this.#runEnd(at);
      count += this.#readRun(queue, { at, end }, records);
      at = end;
    }
    const lost = this.#lost + this.#count - count;
    return { records, count, nextOffset: this.#next, lost };
  }

  /** Takes back the records of a pull that nobody looks at any more. */
  giveBack(records: readonly Uint8Array[]): void {
    for (const piece of records) this.#log.giveBack(piece);
  }

  #choose(queue: ReadQueue, ask: BatchAsk): void {
    const scanEntries = Math.ceil(this.#settings.pullScanBytesMax / ENTRY_BYTES);
    const inMemoryFrom = this.#memory.from;
    const scanMax = Math.max(1, scanEntries, Math.min(ask.maxMessages, SCAN_MAX));
    this.#count = 0;
    this.#bytes = 0;
    this.#lost = 0;
    this.#next = ask.offset;
    const visit: EntryVisitor = (offset, position, size) => {
      const isBlank = size >= BLANK_SIZE || size <= 0;
      if (!isBlank && this.#count > 0 && this.#isFull(size, ask, position >= inMemoryFrom)) {
        return false;
      }
      this.#next = offset + 1;
      if (isBlank) this.#lost++;
      else this.#take(position, size, offset);
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

  #take(position: number, size: number, offset: number): void {
    this.#offsets[this.#count] = offset;
    this.#positions[this.#count] = position;
    this.#sizes[this.#count] = size;
    this.#count++;
    this.#bytes += size;
  }

  #isFull(size: number, ask: BatchAsk, inMemory: boolean): boolean {
    const { pullMemoryBytesMax, pullMemoryCountMax, pullDiskBytesMax, pullDiskCountMax } =
      this.#settings;
    const bytes = this.#bytes + size;
    if (this.#count >= ask.maxMessages || bytes > ask.maxBytes) return true;
    return inMemory
      ? bytes > pullMemoryBytesMax || this.#count >= pullMemoryCountMax
      : bytes > pullDiskBytesMax || this.#count >= pullDiskCountMax;
  }

  /** The end of the run of records that lie one behind the other from `at` on. */
  #runEnd(at: number): number {
    let end = at + 1;
    let bytes = this.#sizes[at];
    while (end < this.#count) {
      if (this.#positions[end] !== this.#positions[end - 1] + this.#sizes[end - 1]) break;
      bytes += this.#sizes[end];
      if (bytes > RUN_BYTES_MAX) break;
      end++;
    }
    return end;
  }

  /** Reads a run in one piece, or record by record where that piece cannot be had. */
  #readRun(queue: ReadQueue, run: Run, into: Uint8Array[]): number {
    const { at, end } = run;
    const start = this.#positions[at];
    const size = this.#positions[end - 1] + this.#sizes[end - 1] - start;
    const isOne = end === at + 1;
    const piece = isOne ? this.#log.read(start, size) : this.#log.readRun(start, size);
    if (piece !== undefined && this.#isTheirs(piece, queue.queueId, run)) {
      into.push(piece);
      return end - at;
    }
    if (isOne && piece !== undefined) this.#note(queue, this.#offsets[at], piece);
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
      if (offsetAt(piece, from) !== this.#offsets[one]) return false;
      from += this.#sizes[one];
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
