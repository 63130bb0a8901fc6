import { getLong } from "../model/record.ts";
import { type Entry, ENTRY_BYTES, fillBlank, positionIn, putEntry } from "./entry.ts";

const entriesFirst = 8;

/** The newest entries of a queue in memory, in their bytes on disk. */
export class EntryBuffer {
  /** Offset of the first entry held. */
  from: number;
  /** All below it is in the queue's files. */
  written: number;
  #end: number;
  #bytes = new Uint8Array(entriesFirst * ENTRY_BYTES);
  #view = new DataView(this.#bytes.buffer);

  constructor(from: number) {
    this.from = from;
    this.written = from;
    this.#end = from;
  }

  /** Exclusive. */
  get end(): number {
    return this.#end;
  }

  push(entry: Entry): void {
    const at = this.#at(this.#end);
    if (at === this.#bytes.length) this.#resize(2 * this.#bytes.length);
    putEntry(this.#view, at, entry);
    this.#end++;
  }

  /** Puts an entry where a blank is. */
  replace(offset: number, entry: Entry): void {
    putEntry(this.#view, this.#at(offset), entry);
  }

  /** Puts blanks up to `offset`. */
  fill(offset: number): void {
    const at = this.#at(this.#end);
    const to = (offset - this.from) * ENTRY_BYTES;
    if (to > this.#bytes.length) this.#resize(2 * to);
    fillBlank(this.#bytes.subarray(at, to));
    this.#end = offset;
  }

  /** The entries from `from` to `to`, as a slice that is good until the next push. */
  slice(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(this.#at(from), this.#at(to));
  }

  /** -1 where the entry is blank. */
  positionAt(offset: number): number {
    return positionIn(this.#view, this.#at(offset));
  }

  /** The first offset whose record does not lie below `durable` as a whole. */
  durableEnd(durable: number): number {
    let end = this.#end;
    while (end > this.written && this.#endOf(end - 1) > durable) end--;
    return end;
  }

  /** Lets go of what is before `offset`, and of memory that is no longer needed. */
  keepFrom(offset: number): void {
    const kept = this.slice(offset, this.#end);
    const isRoomy = this.#bytes.length > 1024 && kept.length * 4 < this.#bytes.length;
    if (isRoomy) this.#adopt(kept, this.#bytes.length / 2);
    else this.#bytes.copyWithin(0, kept.byteOffset, kept.byteOffset + kept.length);
    this.from = offset;
  }

  /** Where the entry lies, of one that is held: whole, also behind offsets that are doubles. */
  #at(offset: number): number {
    return ((offset - this.from) * ENTRY_BYTES) | 0;
  }

  #endOf(offset: number): number {
    const position = this.positionAt(offset);
    if (position < 0) return 0;
    return position + this.#view.getInt32(this.#at(offset) + 8);
  }

  #resize(length: number): void {
    this.#adopt(this.#bytes, length);
  }

  #adopt(kept: Uint8Array, length: number): void {
    const whole = Math.ceil(length / ENTRY_BYTES) * ENTRY_BYTES;
    const bytes = new Uint8Array(whole);
    bytes.set(kept);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Reads the entry at byte `at`. */
export function entryIn(view: DataView, at: number): Entry {
  return {
    position: getLong(view, at),
    size: view.getInt32(at + 8),
    tagsCode: getLong(view, at + 12),
  };
}
