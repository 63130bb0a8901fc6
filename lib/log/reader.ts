import {
  getLong,
  inspectRecord,
  layoutOf,
  Magic,
  RECORD_MIN_BYTES,
  type RecordTarget,
} from "../model/record.ts";
import { crc32 } from "../port/checksum.ts";
import type { Lines } from "../port/lines.ts";
import type { OwnRanges } from "./own_ranges.ts";
import { ReadMemory } from "./read_memory.ts";
import type { Segments } from "./segment.ts";
import type { Tail } from "./tail.ts";

const headBytes = 76;
const recordBytesMax = 64 << 20;
/** Read at once for who goes on. */
const aheadBytes = 64 << 10;
const nearBytes = 8 << 10;
/** Small records that are read alone share memory of so many bytes: one object for many of them. */
const blockBytes = 16 << 10;
const smallBytes = blockBytes / 4;
const NOTHING: Uint8Array = new Uint8Array(0);

/** Bytes that may be the record of a position. */
interface Found {
  readonly bytes: Uint8Array;
  readonly position: number;
  /** Where they lie in others, over which there is a view already. */
  readonly within?: RecordTarget;
}

/** Damaged places that are remembered, so that each is logged once. */
const placesMax = 10_000;

/**
 * Reads records: slices of the tail, or from the segments, and then only what its checksums
 * allow.
 */
export class Reader {
  readonly #segments: Segments;
  readonly #tail: Tail;
  readonly #own: OwnRanges;
  readonly #lines: Lines;
  readonly #head = new Uint8Array(headBytes);
  readonly #headView = new DataView(this.#head.buffer);
  readonly #damaged = new Set<number>();
  readonly #memory = new ReadMemory();
  /** What was read with the last record of {@linkcode Reader.readOn}, and where it begins. */
  #ahead = NOTHING;
  #aheadFrom = 0;
  #lastEnd = 0;
  #block = NOTHING;
  #blockView = new DataView(NOTHING.buffer);
  /** Bytes of the block that records have. */
  #blockAt = 0;

  constructor(parts: { segments: Segments; tail: Tail; own: OwnRanges; lines: Lines }) {
    this.#segments = parts.segments;
    this.#tail = parts.tail;
    this.#own = parts.own;
    this.#lines = parts.lines;
  }

  /** Places where a reader has met damage. */
  get damagedReads(): number {
    return this.#damaged.size;
  }

  /** The record of this size, or undefined where it is gone, or damaged: counted, logged once. */
  read(position: number, size: number): Uint8Array | undefined {
    const held = this.#tail.slice(position, size);
    if (held !== undefined) return held;
    const segment = this.#segments.find(position);
    const isWithin = size >= RECORD_MIN_BYTES && size <= recordBytesMax;
    if (segment === undefined || !isWithin || position + size > segment.end) return undefined;
    return this.#readFrom(position, size, (why) => this.#note(position, why));
  }

  /** The same for who comes next for what lies behind it: that is read with it. */
  readOn(position: number, size: number): Uint8Array | undefined {
    const held = this.#tail.slice(position, size);
    if (held !== undefined) return held;
    const isAhead = position >= this.#aheadFrom &&
      position + size <= this.#aheadFrom + this.#ahead.length;
    const gapBytes = position - this.#lastEnd;
    this.#lastEnd = position + size;
    // What lies far from the last one may have nothing near it that is wanted.
    if (!isAhead && (gapBytes < 0 || gapBytes > nearBytes)) return this.read(position, size);
    if (!isAhead) this.#readAhead(position);
    const at = position - this.#aheadFrom;
    const bytes = this.#ahead.subarray(at, at + size);
    const isThere = size >= RECORD_MIN_BYTES && bytes.length === size;
    const sound = isThere ? this.#ifSound({ bytes, position }, () => {}) : undefined;
    return sound ?? this.read(position, size);
  }

  /**
   * Records that lie one behind the other, in one piece; undefined where not each of them is
   * there and sound. Nothing is counted or logged then: whoever asks goes on record by record.
   * `isJudged` false: they are as the disk has them, and each that is used is judged on its own.
   */
  readRun(position: number, size: number, isJudged = true): Uint8Array | undefined {
    const held = this.#tail.slice(position, size);
    if (held !== undefined) return held;
    const bytes = this.#runFrom(position, size);
    if (bytes === undefined || !isJudged || this.#isRun(bytes, position)) return bytes;
    return undefined;
  }

  /** Is this, at its place among the bytes of a run, a sound record? */
  isSound(run: Uint8Array, at: number, record: { position: number; size: number }): boolean {
    const { position, size } = record;
    const found = inspectRecord(run, at, {
      position,
      crcProperty: this.#own.has(position),
      crc32,
    });
    return found.kind === "record" && found.size === size;
  }

  #runFrom(position: number, size: number): Uint8Array | undefined {
    const segment = this.#segments.find(position);
    if (segment === undefined || size <= 0 || position + size > segment.end) return undefined;
    const bytes = this.#memory.take(size);
    try {
      if (segment.read(bytes, position) !== size) return undefined;
    } catch {
      return undefined;
    }
    return bytes;
  }

  /** Takes back what {@linkcode Reader.readRun} gave and nobody looks at any more. */
  giveBack(bytes: Uint8Array): void {
    this.#memory.giveBack(bytes);
  }

  /** The record that begins at `position`, or undefined where none does. */
  recordAt(position: number): Uint8Array | undefined {
    if (!Number.isSafeInteger(position) || position < 0) return undefined;
    const head = this.#peek(position);
    if (head === undefined || !isHead(head, position)) return undefined;
    const size = head.view.getInt32(head.at);
    const held = this.#tail.slice(position, size);
    return held === undefined
      ? this.#readFrom(position, size, () => {})
      : this.#ifSound({ bytes: held, position }, () => {});
  }

  /** When the record at `position` was stored, by its head alone; -1 where there is none. */
  storeTimestampOf(position: number): number {
    const head = this.#peek(position);
    if (head === undefined || !isHead(head, position)) return -1;
    return getLong(head.view, layoutOf(head.view, head.at).storeTimestamp);
  }

  /** What is not written yet is not there; what cannot be read is left to who reads it alone. */
  #readAhead(position: number): void {
    this.#aheadFrom = position;
    this.#ahead = NOTHING;
    const segment = this.#segments.find(position);
    if (segment === undefined) return;
    const bytes = new Uint8Array(Math.min(aheadBytes, segment.end - position));
    try {
      this.#ahead = bytes.subarray(0, segment.read(bytes, position));
    } catch {
      return;
    }
  }

  #isRun(bytes: Uint8Array, start: number): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length;) {
      const position = start + at;
      const crcProperty = this.#own.has(position);
      const found = inspectRecord(bytes, at, { position, crcProperty, crc32, view });
      if (found.kind !== "record") return false;
      at += found.size;
    }
    return true;
  }

  #readFrom(
    position: number,
    size: number,
    onDamage: (why: string) => void,
  ): Uint8Array | undefined {
    if (size <= smallBytes) this.#makeRoom(size);
    const at = this.#blockAt;
    const bytes = size <= smallBytes ? this.#block.subarray(at, at + size) : new Uint8Array(size);
    try {
      const read = this.#segments.find(position)?.read(bytes, position);
      if (read !== size) return undefined;
    } catch (error) {
      onDamage(error instanceof Error ? error.message : String(error));
      return undefined;
    }
    if (size > smallBytes) return this.#ifSound({ bytes, position }, onDamage);
    const within = { bytes: this.#block, view: this.#blockView, at };
    const sound = this.#ifSound({ bytes, position, within }, onDamage);
    if (sound !== undefined) this.#blockAt += size;
    return sound;
  }

  #makeRoom(size: number): void {
    if (this.#blockAt + size <= this.#block.length) return;
    this.#block = new Uint8Array(blockBytes);
    this.#blockView = new DataView(this.#block.buffer);
    this.#blockAt = 0;
  }

  #ifSound(
    { bytes, position, within }: Found,
    onDamage: (why: string) => void,
  ): Uint8Array | undefined {
    const options = { position, crcProperty: this.#own.has(position), crc32, view: within?.view };
    const found = inspectRecord(within?.bytes ?? bytes, within?.at ?? 0, options);
    if (found.kind === "record" && found.size === bytes.length) return bytes;
    onDamage(found.kind === "damaged" ? found.why : `a ${found.kind} of another size`);
    return undefined;
  }

  /**
   * The first bytes from `position` on, as many as a record's head has, or fewer at the log's
   * end.
   */
  #peek(position: number): RecordTarget | undefined {
    const held = this.#tail.slice(position, headBytes);
    if (held !== undefined) {
      const view = new DataView(held.buffer, held.byteOffset, held.length);
      return { bytes: held, view, at: 0 };
    }
    const segment = this.#segments.find(position);
    if (segment === undefined) return undefined;
    try {
      this.#head.fill(0, segment.read(this.#head, position));
    } catch {
      return undefined;
    }
    return { bytes: this.#head, view: this.#headView, at: 0 };
  }

  #note(position: number, why: string): void {
    if (this.#damaged.has(position) || this.#damaged.size >= placesMax) return;
    this.#damaged.add(position);
    this.#lines.error(
      `The record at position ${position} is damaged (${why}): it is not served, readers go on ` +
        `behind it.`,
    );
  }
}

function isHead(head: RecordTarget, position: number): boolean {
  const magic = head.view.getInt32(head.at + 4);
  const size = head.view.getInt32(head.at);
  const isSized = size >= RECORD_MIN_BYTES && size <= recordBytesMax;
  return isSized && (magic === Magic.v1 || magic === Magic.v2) &&
    getLong(head.view, head.at + 28) === position;
}
