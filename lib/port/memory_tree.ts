import { DiskError } from "./disk.ts";
import { anyTemper } from "./disk_power_cut.ts";
import { MemoryContent } from "./memory_content.ts";
import type { Random } from "./random.ts";

/** What a name stands for. */
export type MemoryNode = MemoryDirectory | MemoryContent;

type Names = Map<string, MemoryNode>;

/** A directory: its names as the kernel shows them, and as the platter holds them. */
export class MemoryDirectory {
  readonly names: Names = new Map();
  readonly durable: Names = new Map();
}

/** A name's new meaning, or with no node its end. */
interface Link {
  readonly directory: MemoryDirectory;
  readonly name: string;
  readonly node: MemoryNode | undefined;
}

/** One creation, removal or rename: on the platter wholly or not at all. */
interface NameChange {
  readonly links: readonly Link[];
  /** The sync of its directory failed: no later one makes it durable. */
  isForsaken: boolean;
}

/**
 * The directories of a disk in memory. At a power cut each change of names that was not synced is
 * kept or lost by itself, but never without an earlier change of the same name.
 */
export class MemoryTree {
  readonly root = new MemoryDirectory();
  readonly #keepsSynced: boolean;
  #changes: NameChange[] = [];

  constructor(keepsSynced: boolean) {
    this.#keepsSynced = keepsSynced;
  }

  /** Undefined where there is nothing by that name; a file on the way is `ENOTDIR`. */
  find(operation: string, path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.root;
    for (const part of partsOf(path)) {
      if (node instanceof MemoryContent) throw new DiskError("ENOTDIR", operation, path);
      if (node === undefined) return undefined;
      node = node.names.get(part);
    }
    return node;
  }

  /** The directory that a name is in, which must be there; the root has none. */
  place(operation: string, path: string): { directory: MemoryDirectory; name: string } {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) throw new DiskError("EISDIR", operation, path);
    if (name.includes("\0")) throw new DiskError("ENOENT", operation, path);
    const directory = this.find(operation, `/${parts.join("/")}`);
    if (directory === undefined) throw new DiskError("ENOENT", operation, path);
    if (directory instanceof MemoryContent) throw new DiskError("ENOTDIR", operation, path);
    return { directory, name };
  }

  /** Makes the directory and its parents. */
  makeDirectory(path: string): void {
    let directory = this.root;
    const parts = partsOf(path);
    for (const [at, name] of parts.entries()) {
      let node = directory.names.get(name);
      if (node instanceof MemoryContent) {
        const isLast = at === parts.length - 1;
        throw new DiskError(isLast ? "EEXIST" : "ENOTDIR", "make directory", path);
      }
      if (node === undefined) {
        if (name.includes("\0")) throw new DiskError("ENOENT", "make directory", path);
        node = new MemoryDirectory();
        this.link({ directory, name, node });
      }
      directory = node;
    }
  }

  /** Changes names, all of them at once. */
  link(...links: readonly Link[]): void {
    for (const { directory, name, node } of links) put(directory.names, name, node);
    if (this.#keepsSynced) this.#changes.push({ links, isForsaken: false });
  }

  /** The changes of names in `directory` become durable, with earlier ones that they stand on. */
  persist(directory: MemoryDirectory): void {
    const wanted = this.#standingOn((change) => !change.isForsaken && touches(change, directory));
    for (const { links } of this.#changes.filter((change) => wanted.has(change))) {
      for (const link of links) put(link.directory.durable, link.name, link.node);
    }
    this.#changes = this.#changes.filter((change) => !wanted.has(change));
  }

  /** The sync of `directory` failed. */
  forsake(directory: MemoryDirectory): void {
    for (const change of this.#changes) {
      if (touches(change, directory)) change.isForsaken = true;
    }
  }

  /** What a power cut leaves of it; this one stays as it is. */
  afterPowerCut(random: Random): MemoryTree {
    const temper = anyTemper(random);
    const names = new Map<MemoryDirectory, Names>();
    const namesOf = (directory: MemoryDirectory): Names => {
      const known = names.get(directory) ?? new Map(directory.durable);
      names.set(directory, known);
      return known;
    };
    const lost = new LinkSet();
    for (const { links } of this.#changes) {
      const isKept = random.next() < temper.keep && !links.some((link) => lost.has(link));
      for (const link of links) {
        if (isKept) put(namesOf(link.directory), link.name, link.node);
        else lost.add(link);
      }
    }
    const left = new MemoryTree(this.#keepsSynced);
    const fill = (into: MemoryDirectory, from: MemoryDirectory): void => {
      for (const [name, node] of namesOf(from)) {
        const found = node instanceof MemoryContent
          ? node.afterPowerCut(random)
          : new MemoryDirectory();
        if (node instanceof MemoryDirectory && found instanceof MemoryDirectory) fill(found, node);
        into.names.set(name, found);
        into.durable.set(name, found);
      }
    };
    fill(left.root, this.root);
    return left;
  }

  #standingOn(isWanted: (change: NameChange) => boolean): Set<NameChange> {
    const wanted = new Set<NameChange>();
    const links = new LinkSet();
    for (const change of this.#changes.toReversed()) {
      if (!isWanted(change) && !change.links.some((link) => links.has(link))) continue;
      wanted.add(change);
      for (const link of change.links) links.add(link);
    }
    return wanted;
  }
}

/** A set of (directory, name). */
class LinkSet {
  readonly #names = new Map<MemoryDirectory, Set<string>>();

  has({ directory, name }: Link): boolean {
    return this.#names.get(directory)?.has(name) ?? false;
  }

  add({ directory, name }: Link): void {
    const names = this.#names.get(directory);
    if (names === undefined) this.#names.set(directory, new Set([name]));
    else names.add(name);
  }
}

function put(names: Names, name: string, node: MemoryNode | undefined): void {
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}

function touches(change: NameChange, directory: MemoryDirectory): boolean {
  return change.links.some((link) => link.directory === directory);
}

function partsOf(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts;
}
