import type { Disk } from "../port/disk.ts";
import type { OpenFiles, PooledFile } from "./open_files.ts";

const syncsAtOnce = 8;

/** View files written, and directories changed, since the last time all was made durable. */
export class Touched {
  #files = new Set<PooledFile>();
  #directories = new Set<string>();

  file(pooled: PooledFile): void {
    this.#files.add(pooled);
  }

  directory(path: string): void {
    this.#directories.add(path);
  }

  /** It is gone: there is nothing to sync. */
  forget(pooled: PooledFile): void {
    this.#files.delete(pooled);
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
    this.#files = new Set();
    this.#directories = new Set();
    try {
      await inLanes(pooled, async (file) => {
        // It may have gone with its topic, or by retention, meanwhile.
        if (file.file !== undefined || disk.exists(file.path)) await files.sync(file);
      });
      await inLanes(directories, async (path) => {
        if (disk.exists(path)) await disk.syncDirectoryAside(path);
      });
    } catch (error) {
      for (const file of pooled) this.#files.add(file);
      for (const directory of directories) this.#directories.add(directory);
      throw error;
    }
  }
}

/** Runs it for all, some at a time. */
async function inLanes<T>(all: Iterable<T>, run: (one: T) => Promise<void>): Promise<void> {
  const queue = all[Symbol.iterator]();
  const lane = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) await run(next.value);
  };
  await Promise.all(Array.from({ length: syncsAtOnce }, lane));
}
