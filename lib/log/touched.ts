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
   * Syncs all that was touched until now; what fails stays touched. `pause` lets the event loop
   * go on between directories.
   */
  async sync(disk: Disk, files: OpenFiles, pause: () => Promise<void>): Promise<void> {
    const pooled = this.#files;
    const directories = this.#directories;
    this.#files = new Set();
    this.#directories = new Set();
    try {
      await syncFiles(disk, files, pooled);
      for (const directory of directories) {
        if (disk.exists(directory)) disk.syncDirectory(directory);
        await pause();
      }
    } catch (error) {
      for (const file of pooled) this.#files.add(file);
      for (const directory of directories) this.#directories.add(directory);
      throw error;
    }
  }
}

async function syncFiles(disk: Disk, files: OpenFiles, all: Iterable<PooledFile>): Promise<void> {
  const queue = all[Symbol.iterator]();
  const lane = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const file = next.value;
      // It may have gone with its topic, or by retention, meanwhile.
      if (file.file !== undefined || disk.exists(file.path)) await files.sync(file);
    }
  };
  await Promise.all(Array.from({ length: syncsAtOnce }, lane));
}
