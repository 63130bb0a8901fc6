import type { Disk } from "../port/disk.ts";
import { ENTRY_BYTES, fillBlank, isWritten, positionIn } from "./entry.ts";
import { type OpenFiles, PooledFile } from "./open_files.ts";
import { fileNameOf, fileStartOf } from "./segment.ts";
import type { Touched } from "./touched.ts";

/** A longer gap before an entry is not filled up: the offset can hardly be right. */
export const gapFilesMax = 100;

/** What the files of all queues share. */
export interface QueueDisk {
  readonly disk: Disk;
  readonly files: OpenFiles;
  readonly touched: Touched;
  /** `consumequeue` or `batchconsumequeue` in the data directory. */
  readonly directory: string;
  readonly fileEntries: number;
  /** Bytes of an entry; the first 20 of it are what every entry begins with. */
  readonly entryBytes: number;
}

/** What is known of a queue's files while nobody has them: they follow each other without a gap. */
export interface FilesAtRest {
  /** Offsets that the first and the last file start with. */
  readonly first: number;
  readonly last: number;
  /** Exclusive. */
  readonly end: number;
  readonly isAnchored: boolean;
}

/** The files of one queue: entry `i` stands at byte `i × entryBytes`, counted over all files. */
export class QueueFiles {
  readonly #shared: QueueDisk;
  readonly #directory: string;
  readonly #topicDirectory: string;
  /** Offset of the first entry of each file, and the file. */
  #starts: number[] = [];
  #pooled: PooledFile[] = [];
  /** -1 until somebody asks. */
  #end = -1;
  #isAnchored = false;

  /** Looks what is there, unless that is known. A queue without files is empty. */
  constructor(
    shared: QueueDisk,
    { topic, queueId }: { readonly topic: string; readonly queueId: number },
    known?: FilesAtRest,
  ) {
    this.#shared = shared;
    this.#topicDirectory = `${shared.directory}/${topic}`;
    this.#directory = `${this.#topicDirectory}/${queueId}`;
    if (known === undefined) this.#look();
    else this.#resume(known);
  }

  #resume({ first, last, end, isAnchored }: FilesAtRest): void {
    this.#end = end;
    this.#isAnchored = isAnchored;
    for (let start = first; start <= last; start += this.#shared.fileEntries) {
      this.#starts.push(start);
      this.#pooled.push(this.#fileFrom(start));
    }
  }

  #look(): void {
    for (const { name, isDirectory } of this.#shared.disk.list(this.#directory)) {
      const start = fileStartOf(name);
      if (isDirectory || start === undefined || start % this.#fileBytes !== 0) continue;
      this.#starts.push(start / this.#entryBytes);
      this.#pooled.push(new PooledFile(`${this.#directory}/${name}`));
    }
  }

  get isEmpty(): boolean {
    return this.#starts.length === 0;
  }

  /** Offset of the first entry that a file has room for. */
  get first(): number {
    return this.#starts[0] ?? 0;
  }

  /** Exclusive. */
  get end(): number {
    if (this.#end < 0) this.#end = this.#findEnd();
    return this.#end;
  }

  /** The offset that the file of `offset` starts with. */
  startOf(offset: number): number {
    return offset - offset % this.#shared.fileEntries;
  }

  /** Reads entries from `offset` on, within one file; returns how many. Missing ones are blank. */
  read(offset: number, into: Uint8Array): number {
    const start = this.startOf(offset);
    const room = (start + this.#shared.fileEntries - offset) * this.#entryBytes;
    const wanted = into.subarray(0, Math.min(into.length, room));
    const index = this.#starts.indexOf(start);
    if (index < 0) {
      fillBlank(wanted, this.#entryBytes);
    } else {
      const file = this.#shared.files.use(this.#pooled[index]);
      const bytes = file.read(wanted, (offset - start) * this.#entryBytes);
      wanted.fill(0, bytes);
    }
    return wanted.length / this.#entryBytes;
  }

  /** -1 where the entry is blank or not there. */
  positionAt(offset: number): number {
    if (offset >= this.end) return -1;
    this.read(offset, one);
    return positionIn(oneView, 0);
  }

  /** Writes entries from `offset` on; a gap before it is filled with blanks. */
  write(offset: number, entries: Uint8Array): void {
    const isAfar = this.isEmpty || offset - this.end > gapFilesMax * this.#shared.fileEntries;
    const gapFrom = isAfar ? this.startOf(offset) : this.end;
    for (let at = gapFrom; at < offset; at += this.#shared.fileEntries) {
      const count = Math.min(offset - at, this.#shared.fileEntries);
      this.#put(at, fillBlank(new Uint8Array(count * this.#entryBytes), this.#entryBytes));
    }
    this.#put(offset, entries);
    this.#end = Math.max(this.end, offset + entries.length / this.#entryBytes);
  }

  /** Removes entries from `offset` on: their records are not there. */
  cut(offset: number): void {
    if (offset >= this.end) return;
    const zeros = new Uint8Array((this.end - offset) * this.#entryBytes);
    this.#put(offset, zeros);
    this.#end = offset;
  }

  /** Closes what is open, and tells what spares the next one to look; undefined: he has to. */
  rest(): FilesAtRest | undefined {
    const { end } = this;
    for (const pooled of this.#pooled) this.#shared.files.close(pooled);
    const [first, last = first] = [this.#starts[0], this.#starts.at(-1)];
    const isWhole = last - first === (this.#starts.length - 1) * this.#shared.fileEntries;
    return isWhole ? { first, last, end, isAnchored: this.#isAnchored } : undefined;
  }

  /** Removes all files. */
  clear(): void {
    for (const pooled of this.#pooled) this.#forget(pooled);
    this.#shared.disk.removeDirectory(this.#directory);
    this.#shared.touched.directory(this.#topicDirectory);
    this.#starts = [];
    this.#pooled = [];
    this.#end = 0;
    this.#isAnchored = false;
  }

  /** Removes files, never the last, that hold nothing at or above `position`; returns how many. */
  removeBelow(position: number): number {
    let count = 0;
    while (this.#starts.length > 1 && this.#lastPosition(0) < position) {
      const pooled = this.#pooled[0];
      this.#forget(pooled);
      this.#shared.disk.remove(pooled.path);
      this.#shared.touched.directory(this.#directory);
      this.#starts.shift();
      this.#pooled.shift();
      count++;
    }
    return count;
  }

  get #entryBytes(): number {
    return this.#shared.entryBytes;
  }

  get #fileBytes(): number {
    return this.#shared.fileEntries * this.#entryBytes;
  }

  #forget(pooled: PooledFile): void {
    this.#shared.files.close(pooled);
    this.#shared.touched.forget(pooled);
  }

  /** Of the last entry in a file that is not blank, or -1. */
  #lastPosition(index: number): number {
    const start = this.#starts[index];
    for (let at = start + this.#shared.fileEntries - 1; at >= start; at--) {
      const position = this.positionAt(at);
      if (position >= 0) return position;
    }
    return -1;
  }

  #put(offset: number, entries: Uint8Array): void {
    const { fileEntries, files, touched } = this.#shared;
    this.#anchor();
    let at = 0;
    while (at < entries.length) {
      const target = offset + at / this.#entryBytes;
      const start = this.startOf(target);
      const room = (start + fileEntries - target) * this.#entryBytes;
      const part = entries.subarray(at, at + room);
      const pooled = this.#fileAt(start);
      files.use(pooled).write(part, (target - start) * this.#entryBytes);
      touched.file(pooled);
      at += part.length;
    }
  }

  /**
   * Before the first write: whatever is there may have been made by a process that died before it
   * synced the directories, so they are synced with what is written now.
   */
  #anchor(): void {
    if (this.#isAnchored) return;
    this.#isAnchored = true;
    const { touched, directory } = this.#shared;
    touched.directory(directory.slice(0, directory.lastIndexOf("/")));
    touched.directory(directory);
    touched.directory(this.#topicDirectory);
    touched.directory(this.#directory);
  }

  #fileAt(start: number): PooledFile {
    const index = this.#starts.indexOf(start);
    if (index >= 0) return this.#pooled[index];
    const { disk, files, touched } = this.#shared;
    disk.makeDirectory(this.#directory);
    const pooled = this.#fileFrom(start);
    files.create(pooled, this.#fileBytes);
    touched.directory(this.#directory);
    const place = this.#starts.filter((other) => other < start).length;
    this.#starts.splice(place, 0, start);
    this.#pooled.splice(place, 0, pooled);
    return pooled;
  }

  #fileFrom(start: number): PooledFile {
    return new PooledFile(`${this.#directory}/${fileNameOf(start * this.#entryBytes)}`);
  }

  /** Entries are written from a file's start on; the last files may have none. */
  #findEnd(): number {
    for (let index = this.#starts.length - 1; index >= 0; index--) {
      const count = this.#countIn(this.#pooled[index]);
      if (count > 0 || index === 0) return this.#starts[index] + count;
    }
    return 0;
  }

  /**
   * Looks for the first entry of a file that is not written, at its begin first: a place where
   * nothing was ever written costs the kernel pages full of zeros.
   */
  #countIn(pooled: PooledFile): number {
    const file = this.#shared.files.use(pooled);
    if (file.size() !== this.#fileBytes) {
      file.truncate(this.#fileBytes);
      this.#shared.touched.file(pooled);
    }
    const isThere = (at: number) => {
      file.read(one, at * this.#entryBytes);
      return isWritten(oneView, 0);
    };
    let low = 0;
    let high = 1;
    while (high <= this.#shared.fileEntries && isThere(high - 1)) {
      low = high;
      high *= 2;
    }
    high = Math.min(high - 1, this.#shared.fileEntries);
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (isThere(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const one = new Uint8Array(ENTRY_BYTES);
const oneView = new DataView(one.buffer);
