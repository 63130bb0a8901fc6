import type { Clock } from "./clock.ts";
import { DiskError, type DiskFile } from "./disk.ts";
import { type DiskFault, type DiskOperationKind, InjectedFault } from "./disk_faults.ts";
import { type RawFile, readFully, uninterrupted, writeFully } from "./disk_loops.ts";
import type { MemoryContent } from "./memory_content.ts";
import { pageBytes } from "./memory_pages.ts";
import type { Random } from "./random.ts";

/** What an open file needs of its disk. */
export interface MemoryFileParts {
  readonly clock: Clock;
  readonly random: Random | undefined;
  readonly syncMs: (() => number) | undefined;
  /** Pages taken on the whole disk. */
  readonly pages: { used: number };
  readonly pagesMax: number;
  readonly isWritable: boolean;
  /** Counts an operation and says how it is to fail. */
  readonly begin: (kind: DiskOperationKind) => DiskFault | undefined;
  readonly closed: () => void;
}

/** An open file of a disk in memory. */
export class MemoryFile implements DiskFile, RawFile {
  readonly #content: MemoryContent;
  readonly #parts: MemoryFileParts;
  #isClosed = false;
  #isDead = false;

  constructor(readonly path: string, content: MemoryContent, parts: MemoryFileParts) {
    this.#content = content;
    this.#parts = parts;
  }

  size(): number {
    this.#checkOpen();
    return this.#content.size;
  }

  modifiedMs(): number {
    this.#checkOpen();
    return this.#content.modifiedMs;
  }

  read(into: Uint8Array, position: number): number {
    return readFully(this, into, position);
  }

  write(bytes: Uint8Array, position: number): void {
    writeFully(this, bytes, position);
  }

  readSome(into: Uint8Array, position: number): number {
    this.#checkOpen();
    const short = this.#begin("read");
    return this.#content.read(short < into.length ? into.subarray(0, short) : into, position);
  }

  /** Takes what there is room for, as a real disk does. */
  writeSome(bytes: Uint8Array, position: number): number {
    this.#checkWritable("write");
    const short = this.#begin("write");
    const { pages, pagesMax } = this.#parts;
    let part = short < bytes.length ? bytes.subarray(0, short) : bytes;
    let missing = this.#content.pagesMissing(position, part.length);
    if (pages.used + missing > pagesMax) {
      part = part.subarray(0, this.#fitting(position, part.length, pagesMax - pages.used));
      if (part.length === 0) throw new InjectedFault("ENOSPC");
      missing = this.#content.pagesMissing(position, part.length);
    }
    this.#content.write(part, position);
    pages.used += missing;
    this.#content.modifiedMs = this.#parts.clock.now();
    return part.length;
  }

  truncate(size: number): void {
    uninterrupted("truncate", this.path, () => {
      this.#checkWritable("truncate");
      this.#begin("truncate");
      const before = this.#content.pageCount;
      this.#content.truncate(size);
      this.#parts.pages.used += this.#content.pageCount - before;
      this.#content.modifiedMs = this.#parts.clock.now();
    });
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#checkOpen();
      const fault = this.#parts.begin("sync");
      const mark = this.#content.mark();
      const finish = () => {
        if (this.#isDead) return;
        const failure = this.#settle(mark, fault);
        if (failure === undefined) resolve();
        else reject(failure);
      };
      if (this.#parts.syncMs === undefined) finish();
      else this.#parts.clock.after(this.#parts.syncMs(), finish);
    });
  }

  syncNow(): void {
    this.#checkOpen();
    const failure = this.#settle(this.#content.mark(), this.#parts.begin("sync"));
    if (failure !== undefined) throw failure;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.closed();
  }

  /** Its process is gone: whoever still holds it gets errors, and no answer to a sync. */
  die(): void {
    this.#isDead = true;
    this.#isClosed = true;
    this.#content.opened = 0;
  }

  #settle(mark: number, fault: DiskFault | undefined): DiskError | undefined {
    if (typeof fault !== "string") {
      this.#content.persist(mark);
      return undefined;
    }
    this.#content.forsake(mark, this.#parts.random);
    return new DiskError(fault === "EINTR" ? "EIO" : fault, "sync", this.path);
  }

  /** Returns how many bytes may be done at most. */
  #begin(kind: DiskOperationKind): number {
    const fault = this.#parts.begin(kind);
    if (typeof fault === "string") throw new InjectedFault(fault);
    return fault?.short ?? Infinity;
  }

  /** How many bytes go into pages that are there, and into `pages` new ones. */
  #fitting(position: number, length: number, pages: number): number {
    let fitting = 0;
    while (fitting < length) {
      const inPage = (position + fitting) % pageBytes;
      const next = Math.min(length, fitting + pageBytes - inPage);
      if (this.#content.pagesMissing(position, next) > pages) break;
      fitting = next;
    }
    return fitting;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new DiskError("EIO", "use the closed file", this.path);
  }

  #checkWritable(operation: string): void {
    this.#checkOpen();
    if (!this.#parts.isWritable) throw new DiskError("EIO", operation, this.path);
  }
}
