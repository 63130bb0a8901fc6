import { getLong, setLong } from "../model/record.ts";
import type { KeyBuffer } from "./key_buffer.ts";
import { KEY_HEADER_BYTES, type KeyHeader, keyHeaderIn, putKeyHeader } from "./key_header.ts";
import { type OpenFiles, PooledFile } from "./open_files.ts";
import { SlotOrder } from "./slot_order.ts";

const entryBytes = 20;
const secondsMax = 0x7fffffff;
/** Entries that one write takes at the most. */
const batchMax = 1 << 19;
/** Entries that are encoded, or written, without a pause. */
const step = 1 << 12;
/** Entries of a chain that are read in one go. */
const walkStep = 500;

/** How large index files are. */
export interface KeySizes {
  /** 5,000,000 in RocketMQ's stores (`maxHashSlotNum`). */
  readonly slots: number;
  /** 20,000,000, the unused first one included (`maxIndexNum`). */
  readonly entries: number;
}

/** Bytes of an index file: 420,000,040 in RocketMQ's stores, most of it never written. */
export function keyFileBytes(sizes: KeySizes): number {
  return KEY_HEADER_BYTES + sizes.slots * 4 + sizes.entries * entryBytes;
}

/** What a look-up wants: a hash, a time window (inclusive) and no more than `max` positions. */
export interface HashQuery {
  readonly hash: number;
  readonly beginMs: number;
  readonly endMs: number;
  readonly max: number;
}

/**
 * One index file: a table of slots, each the newest of a chain of entries. Entries are written
 * and synced before slots lead to them, so that a chain never breaks; what a power cut leaves
 * half done is undone by {@linkcode KeyFile.restore}.
 */
export class KeyFile {
  readonly name: string;
  readonly pooled: PooledFile;
  readonly #files: OpenFiles;
  readonly #sizes: KeySizes;
  header: KeyHeader;
  isRemoved = false;

  constructor(files: OpenFiles, at: { directory: string; name: string }, sizes: KeySizes) {
    this.#files = files;
    this.#sizes = sizes;
    this.name = at.name;
    this.pooled = new PooledFile(`${at.directory}/${at.name}`);
    this.header = keyHeaderIn(new DataView(new ArrayBuffer(KEY_HEADER_BYTES)));
  }

  /** Makes the file; what it holds first goes on from where the previous file ended. */
  create(previous: KeyHeader | undefined): void {
    this.#files.create(this.pooled, keyFileBytes(this.#sizes));
    const beginTimestamp = previous?.endTimestamp ?? 0;
    const beginPosition = previous?.endPosition ?? 0;
    this.header = {
      beginTimestamp,
      endTimestamp: beginTimestamp,
      beginPosition,
      endPosition: beginPosition,
      slotCount: 0,
      count: 1,
    };
  }

  /** Reads the header of a file that is there; false where its size is not what it must be. */
  load(): boolean {
    const file = this.#files.use(this.pooled);
    if (file.size() !== keyFileBytes(this.#sizes)) return false;
    const bytes = new Uint8Array(KEY_HEADER_BYTES);
    file.read(bytes, 0);
    this.header = keyHeaderIn(new DataView(bytes.buffer));
    return this.header.count <= this.#sizes.entries;
  }

  /** Entries that still fit. */
  get room(): number {
    return Math.max(0, this.#sizes.entries - this.header.count);
  }

  /** How many of the newest entries belong to the newest record. */
  countOfLast(): number {
    let count = 0;
    for (let index = this.header.count - 1; index > 0; index--, count++) {
      if (getLong(this.#entry(index), 4) !== this.header.endPosition) break;
    }
    return count;
  }

  /**
   * Adds matching positions, newest first; only hashes are compared. A chain may have millions of
   * entries: it yields now and then, so that others can work.
   */
  *walk(query: HashQuery, positions: number[]): Generator<void, void> {
    const { beginTimestamp, count } = this.header;
    let index = this.#slot(query.hash % this.#sizes.slots);
    for (let visited = 1; index > 0 && index < this.#sizes.entries; visited++) {
      if (positions.length >= query.max) return;
      if (visited % walkStep === 0) yield;
      if (this.isRemoved) return;
      const entry = this.#entry(index);
      const timestamp = beginTimestamp + entry.getInt32(12) * 1000;
      if (index < count) {
        if (timestamp + 999 < query.beginMs) return;
        const isHit = entry.getInt32(0) === query.hash && timestamp <= query.endMs;
        if (isHit) addPosition(positions, getLong(entry, 4));
      }
      const previous = entry.getInt32(16);
      if (previous >= index) return;
      index = previous;
    }
  }

  /**
   * Appends the entries from `from` on, as many as fit, durably, and returns how many those are.
   * `pause` lets the event loop go on now and then; look-ups meanwhile see the file as it was.
   */
  async append(batch: KeyBuffer, from: number, pause: () => Promise<void>): Promise<number> {
    const count = Math.min(batch.length - from, this.room, batchMax);
    const header = { ...this.header };
    if (header.count === 1) header.beginTimestamp = batch.timestamps[from];
    const entries = new Uint8Array(count * entryBytes);
    const view = new DataView(entries.buffer);
    for (let at = 0; at < count; at++) {
      // A rolled file's first entry counts its seconds from the end of the file before, as
      // upstream.
      const begin = at === 0 ? this.header.beginTimestamp : header.beginTimestamp;
      const seconds = begin <= 0 ? 0 : Math.trunc((batch.timestamps[from + at] - begin) / 1000);
      view.setInt32(at * entryBytes, batch.hashes[from + at]);
      setLong(view, at * entryBytes + 4, batch.positions[from + at]);
      view.setInt32(at * entryBytes + 12, Math.min(Math.max(seconds, 0), secondsMax) | 0);
      if (at % step === step - 1) await pause();
    }
    const hashes = batch.hashes.subarray(from, from + count);
    const slots = await SlotOrder.of(hashes, this.#sizes.slots, pause);
    header.slotCount += await this.#chain(slots, view, pause);
    for (let at = 0; at < count; at += step) {
      const part = entries.subarray(at * entryBytes, (at + step) * entryBytes);
      this.#files.use(this.pooled).write(part, this.#entryAt(header.count + at));
      await pause();
    }
    await this.#files.sync(this.pooled);
    await this.#lead(slots, pause);
    if (header.count === 1) header.beginPosition = batch.positions[from];
    header.count += count;
    header.endPosition = batch.positions[from + count - 1];
    header.endTimestamp = batch.timestamps[from + count - 1];
    this.#writeHeader(header);
    await this.#files.sync(this.pooled);
    this.header = header;
    return count;
  }

  /** Brings the file back to an earlier header: later entries are unchained and zeroed, durably. */
  restore(header: KeyHeader): void {
    const zero = new Uint8Array(entryBytes);
    const file = this.#files.use(this.pooled);
    let index = header.count;
    for (; index < this.#sizes.entries; index++) {
      const entry = this.#entry(index);
      if (getLong(entry, 0) === 0 && getLong(entry, 8) === 0) break;
      this.#unchain(entry.getInt32(0) % this.#sizes.slots, header.count);
    }
    for (index--; index >= header.count; index--) file.write(zero, this.#entryAt(index));
    this.#writeHeader(header);
    file.syncNow();
    this.header = header;
  }

  #unchain(slot: number, count: number): void {
    const before = this.#slot(slot);
    let index = before;
    while (index >= count) index = this.#entry(index).getInt32(16);
    if (index === before) return;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, index);
    this.#files.use(this.pooled).write(bytes, KEY_HEADER_BYTES + slot * 4);
  }

  /**
   * Fills in each entry's predecessor; returns how many slots were empty before. A slot that leads
   * to no entry is what a write left that failed.
   */
  async #chain(slots: SlotOrder, entries: DataView, pause: () => Promise<void>): Promise<number> {
    const { count } = this.header;
    let fresh = 0;
    const bytes = new Uint8Array(slots.bytes);
    const view = new DataView(bytes.buffer);
    for (const stretch of slots.stretches()) {
      this.#files.use(this.pooled).read(bytes, stretch * slots.bytes);
      slots.visit(stretch, (place, number) => {
        const found = view.getInt32(place);
        const isOld = found > 0 && found < count;
        const isNew = found >= count && found < count + number;
        const isSound = isOld || (isNew && slots.isShared(found - count, number));
        if (!isSound) fresh++;
        entries.setInt32(number * entryBytes + 16, isSound ? found : 0);
        view.setInt32(place, count + number);
      });
      await pause();
    }
    return fresh;
  }

  /** Lets each slot lead to its newest entry. */
  async #lead(slots: SlotOrder, pause: () => Promise<void>): Promise<void> {
    const { count } = this.header;
    const bytes = new Uint8Array(slots.bytes);
    const view = new DataView(bytes.buffer);
    for (const stretch of slots.stretches()) {
      const start = stretch * slots.bytes;
      const file = this.#files.use(this.pooled);
      file.read(bytes, start);
      let low = bytes.length;
      let high = 0;
      slots.visit(stretch, (place, number) => {
        view.setInt32(place, count + number);
        low = Math.min(low, place);
        high = Math.max(high, place + 4);
      });
      file.write(bytes.subarray(low, high), start + low);
      await pause();
    }
  }

  #writeHeader(header: KeyHeader): void {
    const bytes = new Uint8Array(KEY_HEADER_BYTES);
    putKeyHeader(new DataView(bytes.buffer), header);
    this.#files.use(this.pooled).write(bytes, 0);
  }

  #slot(slot: number): number {
    this.#files.use(this.pooled).read(four, KEY_HEADER_BYTES + slot * 4);
    return fourView.getInt32(0);
  }

  #entry(index: number): DataView {
    this.#files.use(this.pooled).read(twenty, this.#entryAt(index));
    return twentyView;
  }

  #entryAt(index: number): number {
    return KEY_HEADER_BYTES + this.#sizes.slots * 4 + index * entryBytes;
  }
}

/** Adds a position unless it was the last one added: two keys of a record may be the same. */
export function addPosition(positions: number[], position: number): void {
  if (positions[positions.length - 1] !== position) positions.push(position);
}

const four = new Uint8Array(4);
const fourView = new DataView(four.buffer);
const twenty = new Uint8Array(entryBytes);
const twentyView = new DataView(twenty.buffer);
