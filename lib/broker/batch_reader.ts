import type { Log, Queue } from "../log/log.ts";
import type { Memory } from "./memory.ts";
import type { BrokerSettings } from "./settings.ts";

/** What to read of a queue. */
export interface BatchAsk {
  readonly offset: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** Hashes of the tags asked for; undefined: all messages. */
  readonly filter: ReadonlySet<number> | undefined;
}

/** What was read. */
export interface Batch {
  readonly records: readonly Uint8Array[];
  readonly count: number;
  /** After the last entry looked at. */
  readonly nextOffset: number;
  /** Entries that matched, but whose records are gone or damaged. */
  readonly lost: number;
}

/** Bytes of a queue entry, in which the scan limit counts. */
const ENTRY_BYTES = 20;
/** Records of one pull are read in runs that lie together; a run longer than this is parted. */
const RUN_BYTES_MAX = 1 << 20;
/** Size of an entry that fills a gap of the queue. */
const BLANK_SIZE = 0x7fffffff;
/** Entries looked at for a pull that asks for very many messages. */
const SCAN_MAX = 10_000;

/**
 * Gathers the records of one pull: chooses entries by the queue alone, then reads what lies
 * together in the log in one piece. The first record is given whatever its size.
 */
export class BatchReader {
  readonly #log: Pick<Log, "read" | "readRun">;
  readonly #memory: Memory;
  readonly #settings: BrokerSettings;
  /** The entries chosen, kept from pull to pull; only the first `#count` are of this one. */
  readonly #positions: number[] = [];
  readonly #sizes: number[] = [];
  #count = 0;
  #bytes = 0;
  #lost = 0;
  #next = 0;

  constructor(parts: {
    readonly log: Pick<Log, "read" | "readRun">;
    readonly memory: Memory;
    readonly settings: BrokerSettings;
  }) {
    this.#log = parts.log;
    this.#memory = parts.memory;
    this.#settings = parts.settings;
  }

  read(queue: Pick<Queue, "scan">, ask: BatchAsk): Batch {
    this.#choose(queue, ask);
    const records: Uint8Array[] = [];
    let count = 0;
    for (let at = 0; at < this.#count;) {
      const end = this.#runEnd(at);
      count += this.#readRun(at, end, records);
      at = end;
    }
    const lost = this.#lost + this.#count - count;
    return { records, count, nextOffset: this.#next, lost };
  }

  #choose(queue: Pick<Queue, "scan">, ask: BatchAsk): void {
    const scanEntries = Math.ceil(this.#settings.pullScanBytesMax / ENTRY_BYTES);
    const inMemoryFrom = this.#memory.from;
    const scanMax = Math.max(1, scanEntries, Math.min(ask.maxMessages, SCAN_MAX));
    this.#count = 0;
    this.#bytes = 0;
    this.#lost = 0;
    this.#next = ask.offset;
    queue.scan(ask.offset, scanMax, (offset, position, size, tagsCode) => {
      const isBlank = size >= BLANK_SIZE || size <= 0;
      const wanted = !isBlank && (ask.filter === undefined || ask.filter.has(tagsCode));
      if (!isBlank && this.#count > 0 && this.#isFull(size, ask, position >= inMemoryFrom)) {
        return false;
      }
      this.#next = offset + 1;
      if (isBlank) this.#lost++;
      if (wanted) this.#take(position, size);
      return true;
    });
  }

  #take(position: number, size: number): void {
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
  #readRun(at: number, end: number, into: Uint8Array[]): number {
    const start = this.#positions[at];
    const size = this.#positions[end - 1] + this.#sizes[end - 1] - start;
    const isOne = end === at + 1;
    const piece = isOne ? this.#log.read(start, size) : this.#log.readRun(start, size);
    if (piece !== undefined) {
      into.push(piece);
      return end - at;
    }
    if (isOne) return 0;
    let count = 0;
    for (let one = at; one < end; one++) count += this.#readRun(one, one + 1, into);
    return count;
  }
}
