import * as fs from "node:fs";
import { type Disk, type DiskEntry, DiskError, type DiskFile } from "./disk.ts";
import { diskError, errnoName } from "./disk_errno.ts";
import { type RawFile, readFully, uninterrupted, writeFully } from "./disk_loops.ts";

/** The machine's disk. */
export class RealDisk implements Disk {
  open(path: string, mode: "read" | "write" | "create"): DiskFile {
    const { O_RDONLY, O_RDWR, O_CREAT } = fs.constants;
    const flags = { read: O_RDONLY, write: O_RDWR, create: O_RDWR | O_CREAT }[mode];
    const descriptor = uninterrupted("open", path, () => fs.openSync(path, flags, 0o644));
    // Reading a directory is refused by `open` on no system, and only by `read` on some.
    if (mode === "read" && fs.fstatSync(descriptor).isDirectory()) {
      fs.closeSync(descriptor);
      throw new DiskError("EISDIR", "open", path);
    }
    return new RealFile(path, descriptor);
  }

  exists(path: string): boolean {
    return fs.existsSync(path);
  }

  list(directory: string): DiskEntry[] {
    const found = orNone(
      "list",
      directory,
      () => fs.readdirSync(directory, { withFileTypes: true }),
    );
    const entries = (found ?? []).map((entry) => {
      const isDirectory = entry.isSymbolicLink()
        ? leadsToDirectory(`${directory}/${entry.name}`)
        : entry.isDirectory();
      return { name: entry.name, isDirectory };
    });
    return entries.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  makeDirectory(path: string): void {
    uninterrupted("make directory", path, () => fs.mkdirSync(path, { recursive: true }));
  }

  rename(from: string, to: string): void {
    uninterrupted("rename", from, () => fs.renameSync(from, to));
  }

  remove(path: string): void {
    refuseDirectory(path);
    orNone("remove", path, () => fs.unlinkSync(path));
  }

  async removeAside(path: string): Promise<void> {
    refuseDirectory(path);
    await new Promise<void>((resolve, reject) => {
      fs.unlink(path, (error) => {
        if (error && !isNone(error)) reject(diskError(error, "remove", path));
        else resolve();
      });
    });
  }

  removeDirectory(path: string): void {
    const stat = orNone("remove directory", path, () => fs.lstatSync(path));
    if (stat === undefined) return;
    if (!stat.isDirectory()) throw new DiskError("ENOTDIR", "remove directory", path);
    uninterrupted(
      "remove directory",
      path,
      () => fs.rmSync(path, { recursive: true, force: true }),
    );
  }

  syncDirectory(path: string): void {
    const directory = openDirectory(path);
    try {
      fs.fsyncSync(directory);
    } catch (error) {
      throw diskError(error, "sync directory", path);
    } finally {
      fs.closeSync(directory);
    }
  }

  syncDirectoryAside(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const directory = openDirectory(path);
      fs.fsync(directory, (error) => {
        fs.closeSync(directory);
        if (error) reject(diskError(error, "sync directory", path));
        else resolve();
      });
    });
  }

  space(path: string): { readonly totalBytes: number; readonly freeBytes: number } {
    const stat = uninterrupted("measure the space of", path, () => fs.statfsSync(path));
    return { totalBytes: stat.blocks * stat.bsize, freeBytes: stat.bavail * stat.bsize };
  }
}

function openDirectory(path: string): number {
  return uninterrupted("open", path, () => {
    return fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  });
}

class RealFile implements DiskFile, RawFile {
  /** -1 once closed, so that a number that the kernel gives out again is never touched. */
  #descriptor: number;
  #syncs = 0;
  #isClosed = false;

  constructor(readonly path: string, descriptor: number) {
    this.#descriptor = descriptor;
  }

  size(): number {
    return uninterrupted("stat", this.path, () => fs.fstatSync(this.#open()).size);
  }

  modifiedMs(): number {
    return uninterrupted("stat", this.path, () => Math.floor(fs.fstatSync(this.#open()).mtimeMs));
  }

  read(into: Uint8Array, position: number): number {
    return readFully(this, into, position);
  }

  write(bytes: Uint8Array, position: number): void {
    writeFully(this, bytes, position);
  }

  readSome(into: Uint8Array, position: number): number {
    return fs.readSync(this.#open(), into, 0, into.length, position);
  }

  writeSome(bytes: Uint8Array, position: number): number {
    return fs.writeSync(this.#open(), bytes, 0, bytes.length, position);
  }

  truncate(size: number): void {
    uninterrupted("truncate", this.path, () => fs.ftruncateSync(this.#open(), size));
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      const descriptor = this.#open();
      this.#syncs++;
      fs.fdatasync(descriptor, (error) => {
        this.#syncs--;
        this.#closeIfDone();
        if (error) reject(diskError(error, "sync", this.path));
        else resolve();
      });
    });
  }

  /** Never repeated: a sync that failed, even by a signal, is no longer to be trusted. */
  syncNow(): void {
    try {
      fs.fdatasyncSync(this.#open());
    } catch (error) {
      throw diskError(error, "sync", this.path);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#closeIfDone();
  }

  #open(): number {
    if (this.#isClosed) throw new DiskError("EIO", "use the closed file", this.path);
    return this.#descriptor;
  }

  /** The kernel's file stays open until the syncs under way, which hold its number, are done. */
  #closeIfDone(): void {
    if (!this.#isClosed || this.#syncs > 0 || this.#descriptor < 0) return;
    const descriptor = this.#descriptor;
    this.#descriptor = -1;
    fs.closeSync(descriptor);
  }
}

function leadsToDirectory(link: string): boolean {
  return orNone("list", link, () => fs.statSync(link))?.isDirectory() ?? false;
}

/** Undefined where there is no such file. */
function orNone<T>(operation: string, path: string, call: () => T): T | undefined {
  return uninterrupted(operation, path, () => {
    try {
      return call();
    } catch (error) {
      if (isNone(error)) return undefined;
      throw error;
    }
  });
}

/** Nothing of that name is there. */
function isNone(error: unknown): boolean {
  const name = errnoName(error);
  return name === "ENOENT" || name === "ERR_INVALID_ARG_VALUE";
}

/** One runtime's unlink removes an empty directory too. */
function refuseDirectory(path: string): void {
  const stat = orNone("remove", path, () => fs.lstatSync(path));
  if (stat?.isDirectory()) throw new DiskError("EISDIR", "remove", path);
}
