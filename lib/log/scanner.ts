import { assert } from "../model/assert.ts";
import {
  BLANK_BYTES,
  type Inspection,
  inspectRecord,
  Magic,
  type RecordTarget,
} from "../model/record.ts";
import { crc32 } from "../port/checksum.ts";
import type { OwnRanges } from "./own_ranges.ts";
import type { Segment, Segments } from "./segment.ts";

const windowBytes = 1 << 20;
/** No record is longer: a length beyond it is damage. */
const recordBytesMax = 64 << 20;

/** Reads the log from the disk in order, judging what stands at each place. */
export class Scanner {
  readonly #segments: Segments;
  readonly #own: OwnRanges;
  #bytes = new Uint8Array(windowBytes);
  #view = new DataView(this.#bytes.buffer);
  /** Position of the window's first byte, and bytes of the log in it. */
  #start = 0;
  #length = 0;

  constructor(segments: Segments, own: OwnRanges) {
    this.#segments = segments;
    this.#own = own;
  }

  /**
   * What stands at `position`, which lies in a segment. A blank that does not fill it up is
   * damage.
   */
  inspect(position: number): Inspection {
    const segment = this.#segmentOf(position);
    const room = segment.end - position;
    if (room < BLANK_BYTES) return { kind: "damaged", size: 0, why: "fewer than 8 bytes left" };
    this.#load(segment, position, BLANK_BYTES);
    const head = this.#placeOf(position);
    const size = this.#view.getInt32(head);
    const magic = this.#view.getInt32(head + 4);
    if (magic === Magic.blank) {
      if (size === room) return { kind: "blank", size };
      return { kind: "damaged", size: 0, why: `filler of ${size} bytes with ${room} left` };
    }
    const isRecord = magic === Magic.v1 || magic === Magic.v2;
    if (isRecord && size > Math.min(room, recordBytesMax)) {
      return { kind: "damaged", size: 0, why: `length ${size} with ${room} bytes left` };
    }
    if (isRecord && size > BLANK_BYTES) this.#load(segment, position, size);
    const at = this.#placeOf(position);
    const end = Math.min(this.#length, at + room);
    const crcProperty = this.#own.has(position);
    return inspectRecord(this.#bytes.subarray(0, end), at, { position, crcProperty, crc32 });
  }

  /** The bytes that the last {@linkcode inspect} looked at; good until the next one. */
  source(position: number): RecordTarget {
    return { bytes: this.#bytes, view: this.#view, at: this.#placeOf(position) };
  }

  /**
   * The next place behind the damage at `position` where a sound record or the segment's filler
   * begins, by the damaged record's length where that is sound, else by looking for one; the
   * segment's end where there is none.
   */
  nextSound(position: number, size: number): number {
    const segment = this.#segmentOf(position);
    if (size > 0 && position + size < segment.end && this.#isSound(position + size)) {
      return position + size;
    }
    let from = position + 1;
    while (from < segment.end) {
      const candidate = this.#nextMagic(segment, from);
      if (candidate < 0) return segment.end;
      if (this.#isSound(candidate)) return candidate;
      from = candidate + 1;
    }
    return segment.end;
  }

  /**
   * Bytes from `position` to the last one that is not zero, looking through at most 8 MiB of
   * zeros.
   */
  usedBytes(position: number): number {
    const segment = this.#segmentOf(position);
    let used = 0;
    for (let at = position; at < segment.end && at - position - used < 8 * windowBytes;) {
      const part = this.#part(segment, at);
      const last = part.findLastIndex((byte) => byte !== 0);
      if (last >= 0) used = at + last + 1 - position;
      at += part.length;
    }
    return used;
  }

  /** Where it lies in what is loaded: whole, also of positions that are doubles. */
  #placeOf(position: number): number {
    return (position - this.#start) | 0;
  }

  #isSound(position: number): boolean {
    const kind = this.inspect(position).kind;
    return kind === "record" || kind === "blank";
  }

  /** The next place from `from` on that carries a magic, or -1. */
  #nextMagic(segment: Segment, from: number): number {
    for (let at = from; at + BLANK_BYTES <= segment.end;) {
      const part = this.#part(segment, at);
      const place = magicIn(part);
      if (place >= 0) return at + place;
      at += Math.max(1, part.length - BLANK_BYTES + 1);
    }
    return -1;
  }

  /** As much of the segment from `at` on as is in the window, or as fits into it. */
  #part(segment: Segment, at: number): Uint8Array {
    const wanted = Math.min(windowBytes, segment.end - at);
    this.#load(segment, at, Math.min(wanted, 64));
    const from = at - this.#start;
    return this.#bytes.subarray(from, Math.min(this.#length, from + wanted));
  }

  /** Sees to it that `count` bytes from `position` on are in the window. */
  #load(segment: Segment, position: number, count: number): void {
    const isThere = position >= this.#start && position + count <= this.#start + this.#length;
    if (isThere) return;
    if (count > this.#bytes.length) {
      this.#bytes = new Uint8Array(count);
      this.#view = new DataView(this.#bytes.buffer);
    }
    const wanted = Math.min(this.#bytes.length, segment.end - position);
    this.#start = position;
    const read = segment.read(this.#bytes.subarray(0, wanted), position);
    this.#bytes.fill(0, read, wanted);
    this.#length = wanted;
  }

  #segmentOf(position: number): Segment {
    const segment = this.#segments.find(position);
    assert(segment !== undefined, `a segment holds position ${position}`);
    return segment;
  }
}

/** The first place in `part` whose magic is one of the three, or -1. */
function magicIn(part: Uint8Array): number {
  const view = new DataView(part.buffer, part.byteOffset, part.length);
  let found = -1;
  for (const magic of [Magic.v1, Magic.v2, Magic.blank]) {
    const end = found < 0 ? part.length - BLANK_BYTES : found;
    let at = part.indexOf(magic >>> 24, 4);
    while (at >= 0 && at - 4 <= end && view.getInt32(at) !== magic) {
      at = part.indexOf(magic >>> 24, at + 1);
    }
    if (at >= 0 && at - 4 <= end) found = at - 4;
  }
  return found;
}
