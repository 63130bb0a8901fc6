import type { Disk } from "../port/disk.ts";
import { type OpenFiles, PooledFile } from "./open_files.ts";

const rewrittenAtOnce = 1 << 20;

/** `00000000001073741824`: a file's name is the position or byte that it starts with. */
export function fileNameOf(start: number): string {
  return String(start).padStart(20, "0");
}

/** The start that a file name says, or undefined where it is no such name. */
export function fileStartOf(name: string): number | undefined {
  return /^\d{20}$/.test(name) && Number(name) <= Number.MAX_SAFE_INTEGER
    ? Number(name)
    : undefined;
}

/** One file of the commit log. */
export class Segment {
  readonly start: number;
  readonly bytes: number;
  readonly pooled: PooledFile;
  readonly #files: OpenFiles;

  constructor(files: OpenFiles, path: string, range: { start: number; bytes: number }) {
    this.#files = files;
    this.start = range.start;
    this.bytes = range.bytes;
    this.pooled = new PooledFile(path);
  }

  /** The first position behind it. */
  get end(): number {
    return this.start + this.bytes;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#files.use(this.pooled).write(bytes, position - this.start);
  }

  /** Fills `into` from `position` on; returns the bytes read, fewer at the segment's end. */
  read(into: Uint8Array, position: number): number {
    return this.#files.use(this.pooled).read(into, position - this.start);
  }

  sync(): Promise<void> {
    return this.#files.sync(this.pooled);
  }

  /** Cuts off all from `position` on, durably, and puts zeros in its place. */
  cut(position: number): void {
    const file = this.#files.use(this.pooled);
    file.truncate(position - this.start);
    file.truncate(this.bytes);
    file.syncNow();
  }
}

/** The files of the commit log, in order and without a gap. */
export class Segments {
  readonly directory: string;
  readonly segmentBytes: number;
  readonly #disk: Disk;
  readonly #files: OpenFiles;
  #list: Segment[] = [];
  /** Made, but a power cut might still take it. */
  #fresh: Segment | undefined;

  constructor(disk: Disk, files: OpenFiles, at: { directory: string; segmentBytes: number }) {
    this.#disk = disk;
    this.#files = files;
    this.directory = at.directory;
    this.segmentBytes = at.segmentBytes;
  }

  get list(): readonly Segment[] {
    return this.#list;
  }

  get first(): Segment | undefined {
    return this.#list[0];
  }

  get last(): Segment | undefined {
    return this.#list.at(-1);
  }

  /** Takes up a file that is there, behind the ones taken up before. */
  adopt(start: number): Segment {
    const range = { start, bytes: this.segmentBytes };
    const segment = new Segment(this.#files, this.#pathOf(start), range);
    this.#list.push(segment);
    return segment;
  }

  /** The segment that holds `position`. */
  find(position: number): Segment | undefined {
    const first = this.#list[0];
    if (first === undefined || position < first.start) return undefined;
    return this.#list[Math.floor((position - first.start) / this.segmentBytes)];
  }

  /**
   * Makes the segment that starts at `start`, full of zeros. It is to be held, one way or the
   * other, before anything is written to it.
   */
  create(start: number): Segment {
    const range = { start, bytes: this.segmentBytes };
    const segment = new Segment(this.#files, this.#pathOf(start), range);
    this.#files.create(segment.pooled, this.segmentBytes);
    this.#fresh = segment;
    this.#list.push(segment);
    return segment;
  }

  /** Sees to it that a power cut leaves every segment there. */
  hold(): void {
    if (this.#fresh === undefined) return;
    this.#files.use(this.#fresh.pooled).syncNow();
    this.#disk.syncDirectory(this.directory);
    this.#fresh = undefined;
  }

  /** The same, while others work. */
  async holdAside(): Promise<void> {
    const fresh = this.#fresh;
    if (fresh === undefined) return;
    await fresh.sync();
    await this.#disk.syncDirectoryAside(this.directory);
    if (this.#fresh === fresh) this.#fresh = undefined;
  }

  /** Writes what stands between two positions once more, and syncs it. */
  async rewrite(from: number, to: number): Promise<void> {
    this.#disk.syncDirectory(this.directory);
    const bytes = new Uint8Array(Math.min(rewrittenAtOnce, Math.max(0, to - from)));
    for (const segment of this.#list) {
      const end = Math.min(to, segment.end);
      let at = Math.max(from, segment.start);
      if (at >= end) continue;
      while (at < end) {
        const part = bytes.subarray(0, Math.min(bytes.length, end - at));
        const read = segment.read(part, at);
        segment.write(part.subarray(0, read), at);
        at += part.length;
      }
      await segment.sync();
    }
  }

  /** Removes the newest file; the directory is synced. */
  removeNewest(): void {
    const segment = this.#list.pop();
    if (segment === undefined) return;
    if (segment === this.#fresh) this.#fresh = undefined;
    this.#files.close(segment.pooled);
    this.#disk.remove(segment.pooled.path);
    this.#disk.syncDirectory(this.directory);
  }

  /** Removes the oldest file while others work; where that fails it is still the oldest. */
  async removeOldest(): Promise<void> {
    const segment = this.#list.shift();
    if (segment === undefined) return;
    this.#files.close(segment.pooled);
    try {
      await this.#disk.removeAside(segment.pooled.path);
    } catch (error) {
      this.#list.unshift(segment);
      throw error;
    }
    await this.#disk.syncDirectoryAside(this.directory);
  }

  #pathOf(start: number): string {
    return `${this.directory}/${fileNameOf(start)}`;
  }
}
