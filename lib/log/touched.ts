import { type Disk, DiskError } from "../port/disk.ts";
import type { OpenFiles, PooledFile } from "./open_files.ts";

const syncsAtOnce = 8;

/** View files written, and directories changed, since the last time all was made durable. */
export class Touched {
  /** By path: a queue that rests and writes again has its file anew. */
  #files = new Map<string, PooledFile>();
  #directories = new Set<string>();

  file(pooled: PooledFile): void {
    this.#files.set(pooled.path, pooled);
  }

  directory(path: string): void {
    this.#directories.add(path);
  }

  /** It is gone: there is nothing to sync. */
  forget(pooled: PooledFile): void {
    this.#files.delete(pooled.path);
  }

  get size(): number {
    return this.#files.size + this.#directories.size;
  }

  /**
   * Syncs all that was touched until now, off the event loop; what fails stays touched.
   */
  async sync(disk: Disk, files: OpenFiles): Promise<void> {
    const pooled = this.#files;
    const directories = this.#directories;
    this.#files = new Map();
    this.#directories = new Set();
    try {
      await inLanes(pooled.values(), (file) => files.sync(file));
      await inLanes(directories, (path) => disk.syncDirectoryAside(path));
    } catch (error) {
      for (const [path, file] of pooled) if (!this.#files.has(path)) this.#files.set(path, file);
      for (const directory of directories) this.#directories.add(directory);
      throw error;
    }
  }
}

/** Syncs all, some at a time, but what has gone with its topic, or by retention, meanwhile. */
async function inLanes<T>(all: Iterable<T>, sync: (one: T) => Promise<void>): Promise<void> {
  const queue = all[Symbol.iterator]();
  const lane = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      try {
        await sync(next.value);
      } catch (error) {
        if (!(error instanceof DiskError && error.code === "ENOENT")) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: syncsAtOnce }, lane));
}
