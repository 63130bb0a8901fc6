import { ENTRY_BYTES, isBlankSize } from "../log/entry.ts";
import type { EntryVisitor, Log } from "../log/log.ts";
import { PropertyView } from "../model/property_view.ts";
import { layoutOf } from "../model/record.ts";
import type { SqlFilter } from "../model/sql_filter.ts";
import {
  type Batch,
  type BatchAsk,
  type Note,
  offsetAt,
  queueIdAt,
  type ReadQueue,
} from "./batch.ts";
import { ChosenEntries } from "./chosen_entries.ts";
import type { Memory } from "./memory.ts";
import { PullLimits } from "./pull_limits.ts";
import type { BrokerSettings } from "./settings.ts";

/** Bytes of records that one pull looks at, beyond the first record. */
const LOOK_BYTES_MAX = 8 << 20;
/** Entries listed at once: a pull is often full before it has looked at all that it may. */
const LISTED_MAX = 1024;
/** Bytes read in one piece: little at first, for often the first records are enough. */
const RUN_BYTES_MIN = 32 << 10;
const RUN_BYTES_MAX = 256 << 10;
/** Of a piece that is copied this is the largest part, as its divisor. */
const FEW = 4;

/** What one pull has chosen so far. */
interface Chosen {
  readonly queue: ReadQueue;
  readonly ask: BatchAsk;
  readonly sql: SqlFilter;
  readonly records: Uint8Array[];
  count: number;
  bytes: number;
  lost: number;
  nextOffset: number;
  /** Bytes of the records that were looked at, or are about to be. */
  lookedBytes: number;
  isFull: boolean;
}

/** An entry that is looked at. */
interface Listed {
  readonly one: number;
  readonly chosen: Chosen;
}

/**
 * Gathers the records of a pull that filters by properties: reads what the queue names piece by
 * piece, and gives slices of it. Where the condition wants certain tags, records of others are not
 * read. Only what matches is judged by its checksum, for most does not,
 * and what is damaged is not served either way. It looks at as many entries as a pull by tags, and
 * at no more bytes than are read in a few milliseconds.
 */
export class Sifter {
  readonly #log: Pick<Log, "read" | "readRun" | "isSound" | "giveBack">;
  readonly #limits: PullLimits;
  readonly #settings: BrokerSettings;
  readonly #note: Note;
  readonly #view = new PropertyView();
  /** The entries to look at. */
  readonly #listed = new ChosenEntries();

  constructor(parts: {
    readonly log: Pick<Log, "read" | "readRun" | "isSound" | "giveBack">;
    readonly memory: Memory;
    readonly settings: BrokerSettings;
    readonly note: Note;
  }) {
    this.#log = parts.log;
    this.#limits = new PullLimits(parts);
    this.#settings = parts.settings;
    this.#note = parts.note;
  }

  read(queue: ReadQueue, ask: BatchAsk, sql: SqlFilter): Batch {
    const chosen = {
      ...{ queue, ask, sql, records: [], count: 0, bytes: 0, lost: 0, isFull: false },
      ...{ nextOffset: ask.offset, lookedBytes: 0 },
    };
    let left = Math.max(1, Math.ceil(this.#settings.pullScanBytesMax / ENTRY_BYTES));
    let runBytes = RUN_BYTES_MIN;
    const isTagged = ask.filter !== undefined;
    while (left > 0 && !chosen.isFull && !(isTagged && chosen.count >= ask.maxMessages)) {
      const from = chosen.nextOffset;
      const end = this.#list(chosen, left);
      for (let at = 0; at < this.#listed.count && !chosen.isFull;) {
        const runEnd = this.#listed.runEnd(at, runBytes);
        this.#sift(at, runEnd, chosen);
        at = runEnd;
        runBytes = Math.min(2 * runBytes, RUN_BYTES_MAX);
      }
      if (!chosen.isFull) chosen.nextOffset = end;
      left = end === from ? 0 : left - (end - from);
    }
    const { records, count, lost, nextOffset } = chosen;
    return { records, count, lost, nextOffset };
  }

  /**
   * Lists entries whose records are to be looked at, of `most` at the most, and gives the offset
   * behind them. Where their tags tell, most of these will match.
   */
  #list(chosen: Chosen, most: number): number {
    const { queue, ask, nextOffset: from } = chosen;
    const isFirst = chosen.lookedBytes === 0;
    const listedMax = ask.filter === undefined ? LISTED_MAX : ask.maxMessages - chosen.count;
    let end = from;
    this.#listed.count = 0;
    const visit: EntryVisitor = (offset, position, size) => {
      if (this.#listed.count >= listedMax) return false;
      if (isBlankSize(size)) {
        chosen.lost++;
        end = offset + 1;
        return true;
      }
      const isOne = isFirst && this.#listed.count === 0;
      if (!isOne && chosen.lookedBytes + size > LOOK_BYTES_MAX) return false;
      chosen.lookedBytes += size;
      this.#listed.add(offset, position, size);
      end = offset + 1;
      return true;
    };
    if (ask.filter !== undefined) {
      return Math.max(from, queue.scanFor(ask.filter, { from, most }, visit));
    }
    queue.scan(from, Math.min(most, LISTED_MAX), visit);
    return end;
  }

  /** Reads a run in one piece, or record by record where that piece cannot be had. */
  #sift(at: number, end: number, chosen: Chosen): void {
    const start = this.#listed.positions[at];
    const size = this.#listed.runBytes(at, end);
    const isOne = end === at + 1;
    const piece = isOne ? this.#log.read(start, size) : this.#log.readRun(start, size, false);
    if (piece !== undefined) {
      const before = chosen.records.length;
      this.#siftPiece(piece, { at, end }, chosen);
      this.#keepFew(piece, before, chosen.records);
      return;
    }
    if (isOne) {
      chosen.lost++;
      return;
    }
    for (let one = at; one < end && !chosen.isFull; one++) this.#sift(one, one + 1, chosen);
  }

  /** Where little of a piece matched, that is copied, and the piece's memory serves the next. */
  #keepFew(piece: Uint8Array, from: number, records: Uint8Array[]): void {
    let bytes = 0;
    for (let at = from; at < records.length; at++) bytes += records[at].length;
    if (bytes > piece.length / FEW) return;
    for (let at = from; at < records.length; at++) records[at] = records[at].slice();
    this.#log.giveBack(piece);
  }

  /** Takes the matching records of a piece; those side by side stay in one. */
  #siftPiece(
    piece: Uint8Array,
    entries: { readonly at: number; readonly end: number },
    chosen: Chosen,
  ): void {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    let from = 0;
    let place = 0;
    for (let one = entries.at; one < entries.end; one++) {
      const size = this.#listed.sizes[one];
      const end = place + size;
      const isWanted =
        chosen.sql.matches(this.#view.over(piece, layoutOf(view, place).properties, end)) ||
        !this.#isNamed(piece, place, { one, chosen });
      const matches = isWanted && this.#isTheirs(piece, place, { one, chosen });
      if (matches && this.#isFull(one, chosen)) {
        chosen.isFull = true;
        chosen.nextOffset = this.#listed.offsets[one];
        break;
      }
      if (matches) {
        chosen.count++;
        chosen.bytes += size;
      } else {
        if (place > from) chosen.records.push(piece.subarray(from, place));
        from = end;
      }
      place = end;
    }
    if (place > from) chosen.records.push(piece.subarray(from, place));
  }

  /** Does the record name the queue and the offset of its entry? */
  #isNamed(piece: Uint8Array, from: number, { one, chosen }: Listed): boolean {
    return queueIdAt(piece, from) === chosen.queue.queueId &&
      offsetAt(piece, from) === this.#listed.offsets[one];
  }

  /** Is it sound, and of the place where its entry stands? What is not is lost, and told. */
  #isTheirs(piece: Uint8Array, from: number, listed: Listed): boolean {
    const { one, chosen } = listed;
    const position = this.#listed.positions[one];
    const size = this.#listed.sizes[one];
    const isSound = this.#log.isSound(piece, from, { position, size });
    if (isSound && this.#isNamed(piece, from, listed)) return true;
    chosen.lost++;
    if (!isSound) this.#log.read(position, size);
    else this.#note(chosen.queue, this.#listed.offsets[one], piece.subarray(from, from + size));
    return false;
  }

  /** The first record is given whatever its size. */
  #isFull(one: number, { ask, count, bytes }: Chosen): boolean {
    if (count === 0) return false;
    const sum = bytes + this.#listed.sizes[one];
    return count >= ask.maxMessages || sum > ask.maxBytes ||
      this.#limits.isOver(this.#listed.positions[one], count, sum);
  }
}
