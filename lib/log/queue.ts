import { Refusal } from "../model/refusal.ts";
import { getLong } from "../model/record.ts";
import { BLANK_ENTRY_SIZE, ENTRY_BYTES } from "./entry.ts";
import { EntryBuffer } from "./entry_buffer.ts";
import type { Glance } from "./glance.ts";
import { type FilesAtRest, gapFilesMax, type QueueDisk, QueueFiles } from "./queue_files.ts";
import { firstAtLeast, lastKnown, type Row } from "./search.ts";

/** Entries that one look into a file brings at the most. */
const entriesARead = 800;

/** What a queue entry says to a visitor; false ends the scan. */
export type EntryVisitor = (
  offset: number,
  position: number,
  size: number,
  tagsCode: number,
) => boolean;

/** What all queues share. */
export interface Shelf<AnyQueue> extends QueueDisk {
  /** Bytes of entries that are not in files yet. */
  pendingBytes: number;
  positionMin(): number;
  /** -1 where unknown. */
  storeTimestampOf(position: number): number;
  /** The queue has entries to be written out. */
  onDirty(queue: AnyQueue): void;
}

/**
 * One queue of a topic: a view of the log. Its newest entries wait in memory until the log is
 * durable past them; only then do they go to its files, so that no file names a record that a
 * power cut takes.
 */
export class Queue {
  readonly topic: string;
  readonly queueId: number;
  readonly #shelf: Shelf<Queue>;
  #buffer: EntryBuffer | undefined;
  #files: QueueFiles | undefined;
  #isSettled = true;
  #isCleared = false;
  /** The next offset to give out; -1 until somebody asks. */
  #next = -1;
  /** What is known of the files while the queue rests, so that nobody opens them to ask. */
  #atRest: FilesAtRest | undefined;
  /** What {@linkcode offsetMin} was for a log that began at `#minOf`. */
  #min = 0;
  #minOf = -1;
  isDirty = false;
  /** Its topic was removed and made again, and the old files are still there. */
  isBarred: boolean;

  constructor(shelf: Shelf<Queue>, name: { topic: string; queueId: number }, isBarred: boolean) {
    this.#shelf = shelf;
    this.topic = name.topic;
    this.queueId = name.queueId;
    this.isBarred = isBarred;
  }

  /** Every record has an entry, and one offset. */
  get kind(): "plain" {
    return "plain";
  }

  /** The first offset that can still be read. */
  get offsetMin(): number {
    const positionMin = this.#shelf.positionMin();
    if (this.#minOf !== positionMin) {
      this.#min = firstAtLeast(this.#positions(), positionMin);
      this.#minOf = positionMin;
    }
    return this.#min;
  }

  /** Exclusive: the offset of the next record to arrive. */
  get offsetMax(): number {
    return this.#buffer === undefined ? this.#end() : this.#buffer.end;
  }

  /** Gives out the next `count` offsets, the first of which it returns; less than 0: takes back. */
  take(count: number): number {
    if (this.#next < 0) this.#next = Math.max(this.offsetMax, this.#end());
    this.#next += count;
    return this.#next - count;
  }

  /** Visits at most `most` entries from `from` on. Blank ones have position 0, size 0x7fffffff. */
  scan(from: number, most: number, visit: EntryVisitor): void {
    const end = Math.min(this.offsetMax, from + most);
    let at = Math.max(from, this.#first());
    while (at < end) {
      const bytes = this.#entries(at, end);
      const next = at + bytes.length / ENTRY_BYTES;
      if (!visitAll(bytes, at, visit)) return;
      at = next;
    }
  }

  /**
   * The same for those entries alone whose tags code is one of these, or no hash of tags, and for
   * blank ones. Returns the offset behind what was looked at, where the entry that ended the scan
   * is not.
   */
  scanFor(
    codes: ReadonlySet<number>,
    range: { readonly from: number; readonly most: number },
    visit: EntryVisitor,
  ): number {
    const end = Math.min(this.offsetMax, range.from + range.most);
    let at = Math.max(range.from, this.#first());
    while (at < end) {
      const bytes = this.#entries(at, end);
      const stop = visitTagged({ bytes, from: at }, codes, visit);
      if (stop >= 0) return stop;
      at += bytes.length / ENTRY_BYTES;
    }
    return at;
  }

  /** -1 where unknown. */
  storeTimestampAt(offset: number): number {
    const position = this.#positionAt(offset);
    return position < 0 ? -1 : this.#shelf.storeTimestampOf(position);
  }

  /**
   * Lower: the first offset stored at `timestamp` or later, behind the last where there is none;
   * where all are later, the first of the file. Upper: the last one stored then or before, 0
   * where there is none (`ConsumeQueue.getOffsetInQueueByTime`).
   */
  offsetByTime(timestamp: number, boundary: "lower" | "upper"): number {
    const row: Row = {
      from: this.offsetMin,
      to: this.offsetMax,
      valueAt: (offset) => this.storeTimestampAt(offset),
    };
    if (row.from === row.to) return boundary === "lower" ? row.to : Math.max(0, row.to - 1);
    if (boundary === "upper") return Math.max(0, lastKnown(row, firstAtLeast(row, timestamp + 1)));
    const offset = firstAtLeast(row, timestamp);
    const isAllLater = offset === firstAtLeast(row, 0) && row.valueAt(offset) > timestamp;
    return isAllLater ? this.#startOf(offset) : offset;
  }

  /** Takes up the entry of a record: the next one while running, any one at replay. */
  put(glance: Glance): void {
    const buffer = this.#bufferFor(glance);
    if (buffer === undefined) return;
    const before = buffer.end;
    if (glance.offset > before) buffer.fill(glance.offset);
    if (glance.offset < before) buffer.replace(glance.offset, glance);
    else buffer.push(glance);
    this.#grown(buffer.end - before);
  }

  /**
   * A damaged record says that it had this offset: where that is the end, nobody else may get it.
   */
  reserve({ offset }: Pick<Glance, "offset">): void {
    if (offset !== this.offsetMax) return;
    const buffer = this.#buffer ?? this.#newBuffer(offset);
    buffer.fill(offset + 1);
    this.#grown(1);
  }

  /** Writes to the files what the log is durable past. */
  writeOut(durable: number): void {
    const buffer = this.#buffer;
    if (buffer === undefined || this.isBarred) return;
    const from = buffer.written;
    const to = buffer.durableEnd(durable);
    if (to > from) {
      this.#opened().write(from, buffer.slice(from, to));
      this.#shelf.pendingBytes -= (to - from) * ENTRY_BYTES;
      buffer.written = to;
    }
    buffer.keepFrom(from);
    this.isDirty = buffer.end > to;
  }

  /** Lets go of memory and files where all is in the files. */
  rest(): void {
    if (this.isBarred || this.#buffer?.written !== this.#buffer?.end) return;
    this.#buffer = undefined;
    if (this.#files === undefined) return;
    this.#atRest = this.#files.rest();
    this.#files = undefined;
  }

  /** Forgets entries that are not written: the topic is removed. */
  drop(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    this.#shelf.pendingBytes -= (buffer.end - buffer.written) * ENTRY_BYTES;
    this.#buffer = undefined;
    this.isDirty = false;
  }

  /** Entries that are not in the files. */
  get pendingEntries(): number {
    const buffer = this.#buffer;
    return buffer === undefined ? 0 : buffer.end - buffer.written;
  }

  /** Position of the first record whose entry is not in the files; Infinity where all are. */
  get pendingFrom(): number {
    const buffer = this.#buffer;
    if (buffer === undefined || buffer.written === buffer.end) return Infinity;
    return buffer.positionAt(buffer.written);
  }

  /** Removes files that hold nothing at or above `position`; returns how many. */
  removeBelow(position: number): number {
    return this.isBarred ? 0 : this.#opened().removeBelow(position);
  }

  #grown(entries: number): void {
    this.#shelf.pendingBytes += entries * ENTRY_BYTES;
    if (this.isDirty) return;
    this.isDirty = true;
    this.#shelf.onDirty(this);
  }

  #end(): number {
    if (this.#atRest !== undefined && this.#buffer === undefined) return this.#atRest.end;
    return this.isBarred ? 0 : this.#opened().end;
  }

  #first(): number {
    if (this.isBarred) return this.#buffer?.from ?? 0;
    const files = this.#opened();
    return files.isEmpty ? this.#buffer?.from ?? 0 : files.first;
  }

  #startOf(offset: number): number {
    return offset - offset % this.#shelf.fileEntries;
  }

  #positions(): Row {
    return {
      from: this.#first(),
      to: this.offsetMax,
      valueAt: (offset) => this.#positionAt(offset),
    };
  }

  #positionAt(offset: number): number {
    const buffer = this.#buffer;
    if (offset < 0 || offset >= this.offsetMax) return -1;
    if (buffer !== undefined && offset >= buffer.from) return buffer.positionAt(offset);
    return this.isBarred ? -1 : this.#opened().positionAt(offset);
  }

  /** Some entries from `at` on, `end` at the most. */
  #entries(at: number, end: number): Uint8Array {
    const buffer = this.#buffer;
    if (buffer !== undefined && at >= buffer.from) return buffer.slice(at, end);
    const most = Math.min(end, buffer?.from ?? end) - at;
    const bytes = new Uint8Array(Math.min(most, entriesARead) * ENTRY_BYTES);
    try {
      return bytes.subarray(0, this.#opened().read(at, bytes) * ENTRY_BYTES);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Refusal("failed", `Queue ${this.queueId} of ${this.topic}: ${reason}.`);
    }
  }

  #bufferFor(glance: Glance): EntryBuffer | undefined {
    const { offset, position } = glance;
    const buffer = this.#buffer;
    if (buffer === undefined) return this.#newBuffer(offset);
    if (offset >= buffer.end) {
      const isAbsurd = offset - buffer.end > gapFilesMax * this.#shelf.fileEntries;
      return isAbsurd ? undefined : buffer;
    }
    const there = offset < buffer.from ? 0 : buffer.positionAt(offset);
    const isBlank = there < 0 && offset >= buffer.written;
    if (isBlank) return buffer;
    if (offset >= buffer.from && there >= position) return undefined;
    this.drop();
    this.#isCleared = true;
    return this.#newBuffer(offset);
  }

  #newBuffer(offset: number): EntryBuffer {
    this.#buffer = new EntryBuffer(offset);
    this.#isSettled = false;
    return this.#buffer;
  }

  /** The files; those of an earlier queue of the same name are removed first. */
  #opened(): QueueFiles {
    this.#files ??= new QueueFiles(this.#shelf, this, this.#atRest);
    this.#atRest = undefined;
    if (!this.#isSettled && this.#buffer !== undefined) this.#settle(this.#files, this.#buffer);
    return this.#files;
  }

  #settle(files: QueueFiles, buffer: EntryBuffer): void {
    const isCleared = this.#isCleared;
    this.#isSettled = true;
    this.#isCleared = false;
    if (files.isEmpty) return;
    const there = files.positionAt(buffer.from);
    const isOlder = buffer.from < files.first ||
      (there >= 0 && there < buffer.positionAt(buffer.from));
    if (!isOlder && !isCleared) return;
    files.clear();
    this.#minOf = -1;
  }
}

function visitAll(bytes: Uint8Array, from: number, visit: EntryVisitor): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = from;
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES, offset++) {
    const size = view.getInt32(at + 8);
    const goesOn = size > 0
      ? visit(offset, getLong(view, at), size, getLong(view, at + 12))
      : visit(offset, 0, BLANK_ENTRY_SIZE, 0);
    if (!goesOn) return false;
  }
  return true;
}

/**
 * Passes over an entry by its code alone; where the scan ended, or -1. A code that is no hash (of
 * 32 bits) is a place in files of upstream's, where `enableConsumeQueueExt` was set: it may be any.
 */
function visitTagged(
  entries: { readonly bytes: Uint8Array; readonly from: number },
  codes: ReadonlySet<number>,
  visit: EntryVisitor,
): number {
  const { bytes, from } = entries;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first] = codes;
  const isOne = codes.size === 1;
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    const code = view.getInt32(at + 16);
    const isHash = view.getInt32(at + 12) === code >> 31;
    if (isHash && code !== first && code !== 0 && (isOne || !codes.has(code))) continue;
    const size = view.getInt32(at + 8);
    const isBlank = size <= 0 || size === BLANK_ENTRY_SIZE;
    if (isHash && !isBlank && !codes.has(code)) continue;
    const offset = from + at / ENTRY_BYTES;
    const goesOn = isBlank
      ? visit(offset, 0, BLANK_ENTRY_SIZE, 0)
      : visit(offset, getLong(view, at), size, getLong(view, at + 12));
    if (!goesOn) return offset;
  }
  return -1;
}
