import { Refusal } from "../model/refusal.ts";
import type { Glance } from "./glance.ts";
import type { EntryVisitor, Shelf } from "./queue.ts";
import { type FilesAtRest, QueueFiles } from "./queue_files.ts";
import { firstAtLeast, type Row } from "./search.ts";
import { decodeUnits, encodeUnits, type Unit, UNIT_BYTES } from "./unit.ts";

/** Units that one look into a file brings at the most. */
const unitsARead = 200;

/**
 * A queue of a topic of type BatchCQ, whose records take as many offsets as there are messages in
 * them: a view of the log as {@linkcode Queue} is, but its entries are units, one behind the other
 * whatever their offsets. A unit's index among them is its place.
 */
export class BatchQueue {
  readonly topic: string;
  readonly queueId: number;
  readonly #shelf: Shelf<BatchQueue>;
  #files: QueueFiles | undefined;
  #atRest: FilesAtRest | undefined;
  /** The newest units, and the place of the first of them; -1: all are in the files. */
  #held: Unit[] = [];
  #heldFrom = -1;
  /** Units at lower places are in the files. */
  #written = 0;
  /** The next offset to give out; -1 until somebody asks. */
  #next = -1;
  /** Exclusive; -1 until somebody asks. */
  #offsetMax = -1;
  /** What {@linkcode offsetMin} was for a log that began at `#minOf`. */
  #min = 0;
  #minOf = -1;
  isDirty = false;
  /** Its topic was removed and made again, and the old files are still there. */
  isBarred: boolean;

  constructor(
    shelf: Shelf<BatchQueue>,
    name: { topic: string; queueId: number },
    isBarred: boolean,
  ) {
    this.#shelf = shelf;
    this.topic = name.topic;
    this.queueId = name.queueId;
    this.isBarred = isBarred;
  }

  /** A record takes one offset or more, and has one entry. */
  get kind(): "batch" {
    return "batch";
  }

  /** The first offset that can still be read. */
  get offsetMin(): number {
    const positionMin = this.#shelf.positionMin();
    if (this.#minOf !== positionMin) {
      const place = firstAtLeast(this.#row((unit) => unit.position), positionMin);
      this.#min = this.#unitAt(place)?.offset ?? this.offsetMax;
      this.#minOf = positionMin;
    }
    return this.#min;
  }

  /** Exclusive: the first offset of the next record to arrive. */
  get offsetMax(): number {
    if (this.#offsetMax < 0) {
      const last = this.#unitAt(this.#end - 1);
      this.#offsetMax = last === undefined ? 0 : last.offset + last.count;
    }
    return this.#offsetMax;
  }

  /** Gives out the next `count` offsets, the first of which it returns; less than 0: takes back. */
  take(count: number): number {
    if (this.#next < 0) this.#next = this.offsetMax;
    this.#next += count;
    return this.#next - count;
  }

  /** Visits the units that hold `from` and later offsets; false ends the scan. */
  units(from: number, visit: (unit: Unit) => boolean): void {
    let place = this.#placeOf(from);
    while (place < this.#end) {
      const units = this.#unitsFrom(place);
      if (units.length === 0) return;
      for (const unit of units) if (unit !== undefined && !visit(unit)) return;
      place += units.length;
    }
  }

  /** Visits at most `most` units, each by its first offset, which may lie below `from`. */
  scan(from: number, most: number, visit: EntryVisitor): void {
    let left = most;
    if (left <= 0) return;
    this.units(from, ({ offset, position, size, tagsCode }) => {
      return visit(offset, position, size, tagsCode) && --left > 0;
    });
  }

  /** The offsets of the record that holds `offset`, the end exclusive; itself where none does. */
  around(offset: number): { readonly from: number; readonly to: number } {
    const unit = this.#unitOf(offset);
    if (unit === undefined) return { from: offset, to: offset + 1 };
    return { from: unit.offset, to: unit.offset + unit.count };
  }

  /** -1 where unknown. */
  storeTimestampAt(offset: number): number {
    return this.#unitOf(offset)?.storeTimestamp ?? -1;
  }

  /**
   * The first offset of the first record stored at `timestamp` or later (lower), or of the last
   * one stored then or before (upper; 0 where there is none). From the last record's time on it is
   * that record, not the queue's end (`BatchConsumeQueue.getOffsetInQueueByTime`).
   */
  offsetByTime(timestamp: number, boundary: "lower" | "upper"): number {
    const { offsetMin, offsetMax } = this;
    if (offsetMin === offsetMax) {
      return boundary === "lower" ? offsetMax : Math.max(0, offsetMax - 1);
    }
    const row = { ...this.#row((unit) => unit.storeTimestamp), from: this.#placeOf(offsetMin) };
    const last = this.#unitAt(row.to - 1);
    if (last !== undefined && timestamp >= last.storeTimestamp) return last.offset;
    const place = boundary === "lower"
      ? firstAtLeast(row, timestamp)
      : firstAtLeast(row, timestamp + 1) - 1;
    return place < row.from ? 0 : this.#unitAt(place)?.offset ?? offsetMax;
  }

  /** Takes up the entry of a record; what is known already, at replay, changes nothing. */
  put(glance: Glance): void {
    const { position, size, tagsCode, storeTimestamp, offset, count } = glance;
    if (position <= (this.#unitAt(this.#end - 1)?.position ?? -1)) return;
    if (offset < this.offsetMax) this.#clear();
    if (this.#heldFrom < 0) this.#hold();
    this.#held.push({ position, size, tagsCode, storeTimestamp, offset, count });
    this.#offsetMax = offset + count;
    this.#shelf.pendingBytes += UNIT_BYTES;
    if (this.isDirty) return;
    this.isDirty = true;
    this.#shelf.onDirty(this);
  }

  /** A damaged record keeps its offsets: readers go on behind it, nobody else gets them. */
  reserve(glance: Glance): void {
    if (glance.offset === this.offsetMax) this.put(glance);
  }

  /** Writes to the files what the log is durable past. */
  writeOut(durable: number): void {
    if (this.#heldFrom < 0 || this.isBarred) return;
    const waiting = this.#held.slice(this.#written - this.#heldFrom);
    const behind = waiting.findIndex((unit) => unit.position + unit.size > durable);
    const units = behind < 0 ? waiting : waiting.slice(0, behind);
    const from = this.#written;
    if (units.length > 0) {
      this.#opened().write(from, encodeUnits(units));
      this.#shelf.pendingBytes -= units.length * UNIT_BYTES;
      this.#written += units.length;
    }
    this.#held.splice(0, from - this.#heldFrom);
    this.#heldFrom = from;
    this.isDirty = behind >= 0;
  }

  /** Lets go of memory and files where all is in the files. */
  rest(): void {
    if (this.isBarred || this.pendingEntries > 0) return;
    this.#held = [];
    this.#heldFrom = -1;
    this.#atRest = this.#files?.rest() ?? this.#atRest;
    this.#files = undefined;
  }

  /** Forgets units that are not written: the topic is removed. */
  drop(): void {
    this.#shelf.pendingBytes -= this.pendingEntries * UNIT_BYTES;
    this.#held = [];
    this.#heldFrom = -1;
    this.#offsetMax = -1;
    this.#minOf = -1;
    this.isDirty = false;
  }

  /** Units that are not in the files. */
  get pendingEntries(): number {
    return this.#heldFrom < 0 ? 0 : this.#heldFrom + this.#held.length - this.#written;
  }

  /** Position of the first record whose unit is not in the files; Infinity where all are. */
  get pendingFrom(): number {
    return this.pendingEntries > 0 ? this.#held[this.#written - this.#heldFrom].position : Infinity;
  }

  /** Removes files that hold nothing at or above `position`; returns how many. */
  removeBelow(position: number): number {
    return this.isBarred ? 0 : this.#opened().removeBelow(position);
  }

  /** Place behind the last unit. */
  get #end(): number {
    if (this.#heldFrom >= 0) return this.#heldFrom + this.#held.length;
    return this.isBarred ? 0 : this.#opened().end;
  }

  #opened(): QueueFiles {
    this.#files ??= new QueueFiles(this.#shelf, this, this.#atRest);
    this.#atRest = undefined;
    return this.#files;
  }

  #hold(): void {
    this.#heldFrom = this.#end;
    this.#written = this.#heldFrom;
  }

  /** What is there is of an earlier topic of this name. */
  #clear(): void {
    const wasDirty = this.isDirty;
    this.drop();
    this.isDirty = wasDirty;
    if (!this.isBarred) this.#opened().clear();
  }

  #row(valueOf: (unit: Unit) => number): Row {
    const from = this.isBarred || this.#heldFrom === 0 ? 0 : this.#opened().first;
    const valueAt = (place: number) => {
      const unit = this.#unitAt(place);
      return unit === undefined ? -1 : valueOf(unit);
    };
    return { from, to: this.#end, valueAt };
  }

  /** Of the unit that holds the offset, or else of the next one. */
  #placeOf(offset: number): number {
    return firstAtLeast(this.#row((unit) => unit.offset + unit.count - 1), offset);
  }

  #unitOf(offset: number): Unit | undefined {
    const unit = this.#unitAt(this.#placeOf(offset));
    return unit !== undefined && unit.offset <= offset ? unit : undefined;
  }

  #unitAt(place: number): Unit | undefined {
    if (this.#heldFrom >= 0 && place >= this.#heldFrom) return this.#held[place - this.#heldFrom];
    return place < 0 || place >= this.#end ? undefined : this.#read(place, 1)[0];
  }

  /** Some units from `place` on. */
  #unitsFrom(place: number): readonly (Unit | undefined)[] {
    const held = this.#heldFrom;
    if (held >= 0 && place >= held) {
      return this.#held.slice(place - held, place - held + unitsARead);
    }
    const end = held < 0 ? this.#end : held;
    return this.#read(place, Math.min(unitsARead, end - place));
  }

  #read(place: number, count: number): (Unit | undefined)[] {
    if (this.isBarred) return [];
    const bytes = new Uint8Array(count * UNIT_BYTES);
    try {
      return decodeUnits(bytes.subarray(0, this.#opened().read(place, bytes) * UNIT_BYTES));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Refusal("failed", `Queue ${this.queueId} of ${this.topic}: ${reason}.`);
    }
  }
}
