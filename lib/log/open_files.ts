import type { Disk, DiskFile } from "../port/disk.ts";

/** A file that is opened when used and may be closed again while nobody holds it. */
export class PooledFile {
  readonly path: string;
  /** For {@linkcode OpenFiles} alone. */
  file: DiskFile | undefined;
  /** While above 0 it stays open. */
  pins = 0;

  constructor(path: string) {
    this.path = path;
  }
}

/** Files held open at the most: the ones used longest ago are closed first, pinned ones never. */
export class OpenFiles {
  readonly #disk: Disk;
  readonly #max: number;
  /** In order of use. */
  readonly #open = new Set<PooledFile>();

  constructor(disk: Disk, max: number) {
    this.#disk = disk;
    this.#max = Math.max(4, max);
  }

  get size(): number {
    return this.#open.size;
  }

  /** The open file, to be used at once: a later call may close it. */
  use(pooled: PooledFile): DiskFile {
    if (pooled.file !== undefined) {
      this.#open.delete(pooled);
      this.#open.add(pooled);
      return pooled.file;
    }
    this.#makeRoom();
    const file = this.#disk.open(pooled.path, "write");
    pooled.file = file;
    this.#open.add(pooled);
    return file;
  }

  /** Creates the file, sized and full of zeros, and keeps it open. Syncs nothing. */
  create(pooled: PooledFile, size: number): DiskFile {
    this.#makeRoom();
    const file = this.#disk.open(pooled.path, "create");
    try {
      file.truncate(size);
    } catch (error) {
      file.close();
      throw error;
    }
    pooled.file = file;
    this.#open.add(pooled);
    return file;
  }

  /** fdatasync, the file held open meanwhile. */
  async sync(pooled: PooledFile): Promise<void> {
    const file = this.use(pooled);
    pooled.pins++;
    try {
      await file.sync();
    } finally {
      pooled.pins--;
    }
  }

  close(pooled: PooledFile): void {
    const file = pooled.file;
    if (file === undefined) return;
    this.#open.delete(pooled);
    pooled.file = undefined;
    file.close();
  }

  closeAll(): void {
    for (const pooled of [...this.#open]) this.close(pooled);
  }

  #makeRoom(): void {
    if (this.#open.size < this.#max) return;
    for (const pooled of this.#open) {
      if (pooled.pins > 0) continue;
      this.close(pooled);
      return;
    }
  }
}
