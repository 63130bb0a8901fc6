import type { Clock } from "./clock.ts";
import { type Disk, type DiskEntry, DiskError, type DiskErrorCode, type DiskFile } from "./disk.ts";
import {
  type DiskFault,
  type DiskFaultPlan,
  type DiskOperationKind,
  InjectedFault,
} from "./disk_faults.ts";
import { uninterrupted } from "./disk_loops.ts";
import { MemoryContent } from "./memory_content.ts";
import { MemoryFile } from "./memory_file.ts";
import { pageBytes } from "./memory_pages.ts";
import { MemoryDirectory, MemoryTree } from "./memory_tree.ts";
import type { Random } from "./random.ts";

/** How a disk in memory behaves. */
export interface MemoryDiskOptions {
  /** For modification times, and for the latency of syncs. */
  readonly clock: Clock;
  /** What a `sync()` takes; where it is missing, no time at all. */
  readonly syncMs?: () => number;
  /** Bytes that files may take in all, in pages of 4,096; the default is 1 TiB. */
  readonly totalBytes?: number;
  /** More files open at once are refused with `EMFILE`; no limit by default. */
  readonly openFilesMax?: number;
  /** Says which part of a failed sync reaches the platter; where it is missing, nothing does. */
  readonly random?: Random;
  /**
   * Keeps what was synced apart, for {@linkcode MemoryDisk.powerCut} (default). Where nothing is to
   * outlive the process, false saves the room.
   */
  readonly keepsSynced?: boolean;
}

/**
 * A disk in memory, which fails as disks do. It keeps what was written apart from what was
 * synced, so that the power can be cut; every operation can be told to fail. A path is taken from
 * the root, relative or not.
 */
export class MemoryDisk implements Disk {
  /** Decides which operations fail; none where it is undefined. */
  faults: DiskFaultPlan | undefined;
  readonly #options: MemoryDiskOptions;
  #tree: MemoryTree;
  readonly #open = new Set<MemoryFile>();
  readonly #pages = { used: 0 };
  #count = 0;
  #isDead = false;

  constructor(options: MemoryDiskOptions) {
    this.#options = options;
    this.#tree = new MemoryTree(options.keepsSynced ?? true);
  }

  /** Operations so far: the `count` of the latest {@linkcode DiskOperation}. */
  get operations(): number {
    return this.#count;
  }

  /** Files that are open now. */
  get openFiles(): number {
    return this.#open.size;
  }

  /** Bytes that files take, in whole pages. */
  get usedBytes(): number {
    return this.#pages.used * pageBytes;
  }

  /**
   * Cuts the power: returns the disk as it is found afterwards, by chance one of those that are
   * possible. This one is dead: its files and everything asked of it fail, its syncs never end.
   */
  powerCut(random: Random): MemoryDisk {
    const left = this.image(random);
    this.#die();
    return left;
  }

  /** What a power cut now might leave; this disk goes on. */
  image(random: Random): MemoryDisk {
    const left = new MemoryDisk(this.#options);
    left.#tree = this.#tree.afterPowerCut(random);
    left.#pages.used = pagesIn(left.#tree.root);
    return left;
  }

  /** Kills the process alone: returns the same disk with nothing lost, while this one is dead. */
  kill(): MemoryDisk {
    const left = new MemoryDisk(this.#options);
    left.#tree = this.#tree;
    left.#pages.used = pagesIn(left.#tree.root);
    this.#die();
    return left;
  }

  open(path: string, mode: "read" | "write" | "create"): DiskFile {
    this.#begin("open", path);
    const found = this.#tree.find("open", path);
    if (found instanceof MemoryDirectory) throw new DiskError("EISDIR", "open", path);
    if (this.#open.size >= (this.#options.openFilesMax ?? Infinity)) {
      throw new DiskError("EMFILE", "open", path);
    }
    const content = found ?? this.#create(path, mode);
    const file = new MemoryFile(path, content, {
      clock: this.#options.clock,
      random: this.#options.random,
      syncMs: this.#options.syncMs,
      pages: this.#pages,
      pagesMax: Math.floor(this.#totalBytes() / pageBytes),
      isWritable: mode !== "read",
      begin: (kind) => this.#attempt(kind, path),
      closed: () => this.#forget(file, content),
    });
    content.opened++;
    this.#open.add(file);
    return file;
  }

  exists(path: string): boolean {
    this.#checkAlive("look for", path);
    try {
      return this.#tree.find("look for", path) !== undefined;
    } catch {
      return false;
    }
  }

  list(directory: string): DiskEntry[] {
    this.#begin("list", directory);
    const found = this.#tree.find("list", directory);
    if (found === undefined) return [];
    if (found instanceof MemoryContent) throw new DiskError("ENOTDIR", "list", directory);
    return [...found.names.keys()].sort().map((name) => {
      return { name, isDirectory: found.names.get(name) instanceof MemoryDirectory };
    });
  }

  makeDirectory(path: string): void {
    this.#begin("make directory", path);
    this.#tree.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.#begin("rename", from);
    const source = this.#tree.place("rename", from);
    const target = this.#tree.place("rename", to);
    const node = source.directory.names.get(source.name);
    const replaced = target.directory.names.get(target.name);
    if (node === undefined) throw new DiskError("ENOENT", "rename", from);
    if (node === replaced) return;
    const code = replaced === undefined ? undefined : refusedRename(node, replaced);
    if (code !== undefined) throw new DiskError(code, "rename", from);
    this.#tree.link({ ...source, node: undefined }, { ...target, node });
    if (replaced instanceof MemoryContent) this.#unlinked(replaced);
  }

  remove(path: string): void {
    this.#begin("remove", path);
    const found = this.#tree.find("remove", path);
    if (found === undefined) return;
    if (found instanceof MemoryDirectory) throw new DiskError("EISDIR", "remove", path);
    this.#tree.link({ ...this.#tree.place("remove", path), node: undefined });
    this.#unlinked(found);
  }

  async removeAside(path: string): Promise<void> {
    this.remove(path);
    await Promise.resolve();
  }

  removeDirectory(path: string): void {
    this.#begin("remove directory", path);
    const found = this.#tree.find("remove directory", path);
    if (found === undefined) return;
    if (found instanceof MemoryContent) throw new DiskError("ENOTDIR", "remove directory", path);
    const place = this.#tree.place("remove directory", path);
    this.#empty(found);
    this.#tree.link({ ...place, node: undefined });
  }

  syncDirectory(path: string): void {
    const found = this.#tree.find("sync directory", path);
    try {
      this.#begin("sync directory", path);
    } catch (error) {
      if (found instanceof MemoryDirectory) this.#tree.forsake(found);
      throw error;
    }
    if (found === undefined) throw new DiskError("ENOENT", "sync directory", path);
    if (found instanceof MemoryContent) throw new DiskError("ENOTDIR", "sync directory", path);
    this.#tree.persist(found);
  }

  async syncDirectoryAside(path: string): Promise<void> {
    this.syncDirectory(path);
    await Promise.resolve();
  }

  space(path: string): { readonly totalBytes: number; readonly freeBytes: number } {
    this.#checkAlive("measure the space of", path);
    if (!this.exists(path)) throw new DiskError("ENOENT", "measure the space of", path);
    const totalBytes = this.#totalBytes();
    return { totalBytes, freeBytes: Math.max(0, totalBytes - this.usedBytes) };
  }

  #totalBytes(): number {
    return this.#options.totalBytes ?? 2 ** 40;
  }

  /** Counts an operation; interruptions are gone on with, but not of a sync. */
  #begin(kind: DiskOperationKind, path: string): void {
    if (kind === "sync directory") this.#failIfTold(kind, path);
    else uninterrupted(kind, path, () => this.#failIfTold(kind, path));
  }

  #failIfTold(kind: DiskOperationKind, path: string): void {
    const fault = this.#attempt(kind, path);
    if (typeof fault !== "string") return;
    if (fault === "EINTR" && kind === "sync directory") throw new DiskError("EIO", kind, path);
    throw fault === "EINTR" ? new InjectedFault(fault) : new DiskError(fault, kind, path);
  }

  #attempt(kind: DiskOperationKind, path: string): DiskFault | undefined {
    this.#checkAlive(kind, path);
    this.#count++;
    return this.faults?.({ kind, path, count: this.#count });
  }

  #checkAlive(operation: string, path: string): void {
    if (this.#isDead) throw new DiskError("EIO", `${operation} (after its end)`, path);
  }

  #create(path: string, mode: string): MemoryContent {
    if (mode !== "create") throw new DiskError("ENOENT", "open", path);
    const content = new MemoryContent(this.#options.keepsSynced ?? true);
    content.modifiedMs = this.#options.clock.now();
    this.#tree.link({ ...this.#tree.place("open", path), node: content });
    return content;
  }

  #forget(file: MemoryFile, content: MemoryContent): void {
    if (!this.#open.delete(file)) return;
    content.opened--;
    this.#freeIfUnused(content);
  }

  #unlinked(content: MemoryContent): void {
    content.isLinked = false;
    this.#freeIfUnused(content);
  }

  #freeIfUnused(content: MemoryContent): void {
    if (!content.isLinked && content.opened === 0) this.#pages.used -= content.pageCount;
  }

  #empty(directory: MemoryDirectory): void {
    for (const [name, node] of [...directory.names]) {
      if (node instanceof MemoryDirectory) this.#empty(node);
      this.#tree.link({ directory, name, node: undefined });
      if (node instanceof MemoryContent) this.#unlinked(node);
    }
  }

  #die(): void {
    this.#isDead = true;
    for (const file of this.#open) file.die();
    this.#open.clear();
  }
}

function refusedRename(
  node: MemoryDirectory | MemoryContent,
  replaced: MemoryDirectory | MemoryContent,
): DiskErrorCode | undefined {
  if (node instanceof MemoryContent) {
    return replaced instanceof MemoryDirectory ? "EISDIR" : undefined;
  }
  if (replaced instanceof MemoryContent) return "ENOTDIR";
  return replaced.names.size > 0 ? "EEXIST" : undefined;
}

function pagesIn(directory: MemoryDirectory): number {
  let pages = 0;
  for (const node of directory.names.values()) {
    pages += node instanceof MemoryContent ? node.pageCount : pagesIn(node);
  }
  return pages;
}
