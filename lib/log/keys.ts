import { getLastProperty, Property } from "../model/properties.ts";
import type { Disk } from "../port/disk.ts";
import type { Glance } from "./glance.ts";
import { indexNameAfter, isIndexName } from "./index_name.ts";
import { KeyBuffer } from "./key_buffer.ts";
import { addPosition, type HashQuery, KeyFile, type KeySizes } from "./key_file.ts";
import { isSameHeader, type KeyHeader } from "./key_header.ts";
import type { OpenFiles } from "./open_files.ts";

const bytesAnEntry = 20;
const SPACE = 0x20;

/** Which records a look-up wants; times are store times, both inclusive. */
export interface KeyQuery {
  readonly topic: string;
  readonly key: string;
  readonly max: number;
  readonly beginMs: number;
  readonly endMs: number;
}

/** Positions, newest first; only hashes were compared, the reader compares the key itself. */
export interface KeyHits {
  readonly positions: number[];
  readonly lastUpdateMs: number;
  readonly lastUpdatePosition: number;
}

/** How far the index is durable: its newest file, and that file's header. */
export interface KeysMark {
  readonly name: string;
  readonly header: KeyHeader;
}

/** What the key index is made of. */
export interface KeysOptions {
  readonly disk: Disk;
  readonly files: OpenFiles;
  /** `index` in the data directory. */
  readonly directory: string;
  readonly sizes: KeySizes;
  readonly isEnabled: boolean;
}

/** The key index: a view of the log in RocketMQ's index files. */
export class Keys {
  readonly #options: KeysOptions;
  #files: KeyFile[] = [];
  #pending = new KeyBuffer();
  #writing = new KeyBuffer();
  /** Records up to here are indexed; of the one that begins here, so many keys. */
  #reached = { position: -1, keys: Infinity };
  /** A write failed half way: the newest file is to be brought back to its header. */
  #isTorn = false;

  constructor(options: KeysOptions) {
    this.#options = options;
  }

  /** Bytes of entries that wait in memory. */
  get pendingBytes(): number {
    return (this.#pending.length + this.#writing.length) * bytesAnEntry;
  }

  /** What is written, for the mark; undefined where there is no file. */
  get mark(): KeysMark | undefined {
    const last = this.#files.at(-1);
    return last === undefined ? undefined : { name: last.name, header: last.header };
  }

  /**
   * Takes up the keys of a record: its unique key, each of its keys, and its tags as `T#tags`.
   * Those that are indexed already are passed over.
   */
  put(glance: Glance): void {
    if (!this.#options.isEnabled || !glance.isKeyed) return;
    if (glance.position < this.#reached.position) return;
    const skipped = glance.position === this.#reached.position ? this.#reached.keys : 0;
    if (glance.ranges.isAscii && skipped === 0) this.#putRanges(glance);
    else this.#putTexts(glance, skipped);
  }

  /** All keys of a record whose properties are ASCII, hashed where they lie. */
  #putRanges(glance: Glance): void {
    const { ranges, topic } = glance;
    const { uniqueKey, keys, tags, bytes } = ranges;
    const start = topicHash(topic);
    if (uniqueKey.from >= 0) {
      this.#push(indexHash(ranges.hash(start, uniqueKey.from, uniqueKey.to)), glance);
    }
    for (let from = keys.from; from >= 0 && from < keys.to;) {
      let to = from;
      while (to < keys.to && bytes[to] !== SPACE) to++;
      if (to > from) this.#push(indexHash(ranges.hash(start, from, to)), glance);
      from = to + 1;
    }
    if (tags.from < 0 || tags.from === tags.to) return;
    this.#push(indexHash(ranges.hash(javaHashOn(start, "T#"), tags.from, tags.to)), glance);
  }

  /** The same in general, but for the first `passed` keys. */
  #putTexts(glance: Glance, passed: number): void {
    const { topic, properties } = glance;
    let skipped = passed;
    const unique = getLastProperty(properties, Property.uniqueKey);
    if (unique !== undefined && skipped-- <= 0) this.#push(hashOf(topic, unique), glance);
    for (const key of getLastProperty(properties, Property.keys)?.split(" ") ?? []) {
      if (key !== "" && skipped-- <= 0) this.#push(hashOf(topic, key), glance);
    }
    const tags = getLastProperty(properties, Property.tags) ?? "";
    if (tags !== "" && skipped-- <= 0) this.#push(hashOf(topic, `T#${tags}`), glance);
  }

  /** Looks a key up, from the newest record back; `T#tags` finds by tags. */
  find(query: KeyQuery): KeyHits {
    const positions: number[] = [];
    const walk = this.#walk(query, positions);
    while (walk.next().done === false);
    return { positions, ...this.#lastUpdate() };
  }

  /** The same; `pause` lets the event loop go on now and then. */
  async search(query: KeyQuery, pause: () => Promise<void>): Promise<KeyHits> {
    const positions: number[] = [];
    const walk = this.#walk(query, positions);
    while (walk.next().done === false) await pause();
    return { positions: [...new Set(positions)], ...this.#lastUpdate() };
  }

  *#walk(query: KeyQuery, positions: number[]): Generator<void, void> {
    const { beginMs, endMs, max } = query;
    const wanted = { hash: hashOf(query.topic, query.key), beginMs, endMs, max };
    findPending(this.#pending, wanted, positions);
    findPending(this.#writing, wanted, positions);
    for (const file of this.#files.toReversed()) {
      if (positions.length >= max) break;
      if (file.isRemoved) continue;
      if (file.header.beginTimestamp <= endMs) yield* file.walk(wanted, positions);
      if (file.header.beginTimestamp < beginMs) break;
    }
  }

  /**
   * Writes, durably, the entries of all records below `position`; what fails can be tried again.
   */
  async writeOut(position: number, pause: () => Promise<void>): Promise<void> {
    const batch = this.#pending;
    batch.moveFrom(position, this.#writing);
    this.#pending = this.#writing;
    this.#writing = batch;
    let done = 0;
    try {
      while (done < batch.length) {
        const file = await this.#fileFor(batch.timestamps[done]);
        done += await file.append(batch, done, pause);
      }
    } catch (error) {
      this.#pending = batch.joined(done, this.#pending);
      this.#isTorn = true;
      throw error;
    } finally {
      batch.clear();
      this.#writing = batch;
    }
  }

  /** Removes files, never the last, that hold nothing at or above `position`. */
  async removeBelow(position: number): Promise<void> {
    const { disk, files, directory } = this.#options;
    while (this.#files.length > 1 && this.#files[0].header.endPosition < position) {
      const [file] = this.#files.splice(0, 1);
      file.isRemoved = true;
      files.close(file.pooled);
      await disk.removeAside(file.pooled.path);
      await disk.syncDirectoryAside(directory);
    }
  }

  /**
   * Takes up the files that are there. `trust` says what to believe: a mark's header of the
   * newest file, all that stands there, or all but the newest file. Returns the position from
   * which records are to be indexed again: 0 for all of them, undefined where those behind the
   * mark are enough.
   */
  load(trust: KeysMark | "none" | "all" | "all but last"): number | undefined {
    this.#files = this.#soundFiles();
    const isUnused = this.#files.length === 0 && typeof trust === "string";
    const isMarked = typeof trust !== "string";
    if (trust === "none") this.#removeBehind("");
    if (isMarked) this.#removeBehind(trust.name);
    if (trust === "all but last") this.#removeBehind(this.#files.at(-2)?.name ?? "");
    const last = this.#files.at(-1);
    const isThere = isMarked && last?.name === trust.name;
    if (isThere && !isSameHeader(last.header, trust.header)) last.restore(trust.header);
    if (last !== undefined) this.#reached = reachOf(last);
    if (isThere || isUnused || trust === "none" || !this.#options.isEnabled) return undefined;
    return last?.header.endPosition ?? 0;
  }

  #push(hash: number, glance: Glance): void {
    this.#pending.push(hash, glance.position, glance.storeTimestamp);
  }

  /** The file that takes the next entry. */
  async #fileFor(timestamp: number): Promise<KeyFile> {
    const last = this.#files.at(-1);
    if (this.#isTorn) last?.restore(last.header);
    this.#isTorn = false;
    if (last !== undefined && last.room > 0) return last;
    return await this.#newFile(timestamp, last);
  }

  async #newFile(timestamp: number, last: KeyFile | undefined): Promise<KeyFile> {
    const { disk, files, directory, sizes } = this.#options;
    if (!disk.exists(directory)) disk.makeDirectory(directory);
    const name = indexNameAfter(timestamp, last?.name);
    const file = new KeyFile(files, { directory, name }, sizes);
    file.create(last?.header);
    await disk.syncDirectoryAside(directory);
    await disk.syncDirectoryAside(directory.slice(0, directory.lastIndexOf("/")));
    this.#files.push(file);
    return file;
  }

  /** The files up to the first whose size or header cannot be; those from there on are removed. */
  #soundFiles(): KeyFile[] {
    const { disk, files, directory, sizes } = this.#options;
    const names = disk.list(directory).map((entry) => entry.name).filter(isIndexName).sort();
    const found = names.map((name) => new KeyFile(files, { directory, name }, sizes));
    const odd = found.findIndex((file) => !file.load());
    if (odd < 0) return found;
    for (const file of found.splice(odd)) this.#discard(file);
    disk.syncDirectory(directory);
    return found;
  }

  #removeBehind(name: string): void {
    for (const file of this.#files.filter((other) => other.name > name)) this.#remove(file);
  }

  #remove(file: KeyFile): void {
    this.#discard(file);
    this.#files = this.#files.filter((other) => other !== file);
    this.#options.disk.syncDirectory(this.#options.directory);
  }

  #discard(file: KeyFile): void {
    file.isRemoved = true;
    this.#options.files.close(file.pooled);
    this.#options.disk.remove(file.pooled.path);
  }

  #lastUpdate(): { lastUpdateMs: number; lastUpdatePosition: number } {
    for (const buffer of [this.#pending, this.#writing]) {
      const at = buffer.length - 1;
      if (at < 0) continue;
      return { lastUpdateMs: buffer.timestamps[at], lastUpdatePosition: buffer.positions[at] };
    }
    const header = this.#files.at(-1)?.header;
    return {
      lastUpdateMs: header?.endTimestamp ?? 0,
      lastUpdatePosition: header?.endPosition ?? 0,
    };
  }
}

/** A full file may end between two keys of one record; the rest of them stand in the next one. */
function reachOf(file: KeyFile): { position: number; keys: number } {
  if (file.header.count === 1) return { position: -1, keys: Infinity };
  const keys = file.room > 0 ? Infinity : file.countOfLast();
  return { position: file.header.endPosition, keys };
}

function findPending(buffer: KeyBuffer, query: HashQuery, positions: number[]): void {
  for (let at = buffer.length - 1; at >= 0 && positions.length < query.max; at--) {
    if (buffer.hashes[at] !== query.hash) continue;
    const timestamp = buffer.timestamps[at];
    const isInTime = timestamp >= query.beginMs && timestamp <= query.endMs;
    if (isInTime) addPosition(positions, buffer.positions[at]);
  }
}

function hashOf(topic: string, key: string): number {
  return indexHash(javaHashOn(topicHash(topic), key));
}

/** Of what every key of a topic begins with: its name and `#`. */
function topicHash(topic: string): number {
  return javaHashOn(javaHashOn(0, topic), "#");
}

/** `|hashCode(topic#key)|`, 0 where that is no positive int (`IndexFile.indexKeyHashMethod`). */
function indexHash(hash: number): number {
  return hash === -0x80000000 ? 0 : Math.abs(hash);
}

function javaHashOn(start: number, text: string): number {
  let hash = start;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}
