import { anyTemper, keptSectors, keptSizes, sectorBytes } from "./disk_power_cut.ts";
import { cutPages, pageBytes, type Pages, pagesOf, readPages, writePages } from "./memory_pages.ts";
import type { Random } from "./random.ts";

/** A write, or where `bytes` is missing a cut or growth, that is not durable yet. */
interface Change {
  readonly position: number;
  readonly bytes: Uint8Array | undefined;
  readonly sizeAfter: number;
}

/**
 * The bytes of one file, as the kernel shows them and as the platter holds them.
 *
 * `#pages` is what readers see. `#durable` holds the platter's version of each page that differs,
 * or may; `#changes` is how the one became the other. A power cut keeps, of each sector, the
 * platter's version or the one after any of the changes to it; so a change is never there without
 * the earlier ones to the same sector, as on a real page cache. Changes of size keep their order
 * among themselves and may be there without the bytes, which then are zeros, or miss where the
 * bytes are there.
 *
 * After a failed sync the kernel takes the pages for clean: their bytes (`#forsaken`, by sector)
 * are still read, but get to the platter only when their sector is written and synced anew.
 */
export class MemoryContent {
  size = 0;
  modifiedMs = 0;
  /** Does a name stand for it? */
  isLinked = true;
  /** How many hold it open. */
  opened = 0;
  readonly #keepsSynced: boolean;
  readonly #pages: Pages = new Map();
  readonly #durable: Pages = new Map();
  #durableSize = 0;
  #changes: Change[] = [];
  /** How many changes there were before `#changes[0]`. */
  #settled = 0;
  readonly #forsaken = new Map<number, Uint8Array>();

  /** Without `keepsSynced` there is no platter: nothing is kept for a power cut. */
  constructor(keepsSynced: boolean) {
    this.#keepsSynced = keepsSynced;
  }

  /** Pages that take room. */
  get pageCount(): number {
    return this.#pages.size;
  }

  /** Pages that a write there would add. */
  pagesMissing(position: number, length: number): number {
    let missing = 0;
    for (const number of pagesOf(position, length)) if (!this.#pages.has(number)) missing++;
    return missing;
  }

  /** Returns the bytes read, fewer than `into` takes only at the end. */
  read(into: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(into.length, this.size - position));
    readPages(this.#pages, count === into.length ? into : into.subarray(0, count), position);
    return count;
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    this.size = Math.max(this.size, position + bytes.length);
    if (this.#keepsSynced) {
      for (const number of pagesOf(position, bytes.length)) this.#keepPage(number);
      const copy = new Uint8Array(bytes);
      this.#changes.push({ position, bytes: copy, sizeAfter: this.size });
    }
    writePages(this.#pages, bytes, position);
  }

  truncate(size: number): void {
    if (this.#keepsSynced) {
      this.#changes.push({ position: size, bytes: undefined, sizeAfter: size });
    }
    if (size < this.size) this.#cut(size);
    this.size = size;
  }

  /** How many changes were made so far, for {@linkcode MemoryContent.persist}. */
  mark(): number {
    return this.#settled + this.#changes.length;
  }

  /** The first `mark` changes become durable. */
  persist(mark: number): void {
    const count = mark - this.#settled;
    if (count <= 0) return;
    if (count === this.#changes.length && this.#forsaken.size === 0) {
      this.#durable.clear();
    } else {
      const running = this.#running();
      for (const change of this.#changes.slice(0, count)) {
        apply(change, running);
        if (change.bytes === undefined) this.#cutDurable(change.position);
        for (const sector of sectorsOf(change)) {
          copySector(running, this.#durable, sector);
          this.#forsaken.delete(sector);
        }
      }
    }
    this.#durableSize = this.#changes[count - 1].sizeAfter;
    this.#settle(count);
  }

  /**
   * The sync of the first `mark` changes failed: a part of them reached the platter by chance, none
   * where there is no chance; no later sync brings the rest there.
   */
  forsake(mark: number, random: Random | undefined): void {
    const count = mark - this.#settled;
    if (count <= 0) return;
    const changes = this.#changes.slice(0, count);
    const { image, size } = this.#outcome(changes, random);
    for (const [number, page] of image) this.#durable.set(number, page);
    this.#durableSize = size;
    for (const change of changes) {
      for (const sector of sectorsOf(change)) {
        const bytes = new Uint8Array(sectorBytes);
        readPages(this.#pages, bytes, sector * sectorBytes);
        this.#forsaken.set(sector, bytes);
      }
    }
    this.#settle(count);
  }

  /** What a power cut leaves of it; this one stays as it is. */
  afterPowerCut(random: Random): MemoryContent {
    const { image, size } = this.#outcome(this.#changes, random);
    const left = new MemoryContent(this.#keepsSynced);
    for (const [number, page] of this.#pages) {
      if (!image.has(number)) left.#pages.set(number, page?.slice());
    }
    for (const [number, page] of image) if (page !== undefined) left.#pages.set(number, page);
    left.#cut(size);
    left.#durable.clear();
    left.size = left.#durableSize = size;
    left.modifiedMs = this.modifiedMs;
    return left;
  }

  /** The platter's differing pages, and the size, after chance had its way with `changes`. */
  #outcome(changes: readonly Change[], random: Random | undefined): { image: Pages; size: number } {
    const temper = anyTemper(random);
    const sizes = keptSizes(changes.length, temper, random);
    const image = copied(this.#durable);
    const running = this.#running();
    for (const [at, change] of changes.entries()) {
      apply(change, running);
      if (change.bytes === undefined) {
        if (at < sizes) cutPages(image, change.position);
        continue;
      }
      const sectors = [...sectorsOf(change)];
      const isKept = keptSectors(sectors.length, temper, random);
      for (const [place, sector] of sectors.entries()) {
        if (isKept(place)) copySector(running, image, sector);
      }
    }
    const size = sizes === 0 ? this.#durableSize : changes[sizes - 1].sizeAfter;
    cutPages(image, size);
    return { image, size };
  }

  /**
   * What readers saw before the first of `#changes`, for the pages that differ from the platter.
   */
  #running(): Pages {
    const running = copied(this.#durable);
    for (const [sector, bytes] of this.#forsaken) writePages(running, bytes, sector * sectorBytes);
    return running;
  }

  #settle(count: number): void {
    this.#changes = this.#changes.slice(count);
    this.#settled += count;
    if (this.#changes.some((change) => change.bytes === undefined)) return;
    const needed = new Set<number>();
    for (const { position, bytes } of this.#changes) {
      for (const number of pagesOf(position, bytes?.length ?? 0)) needed.add(number);
    }
    for (const sector of this.#forsaken.keys()) {
      needed.add(Math.floor(sector * sectorBytes / pageBytes));
    }
    for (const number of this.#durable.keys()) {
      if (!needed.has(number)) this.#durable.delete(number);
    }
  }

  /** Keeps the platter's version of a page that is about to differ. */
  #keepPage(number: number): void {
    if (!this.#durable.has(number)) this.#durable.set(number, this.#pages.get(number)?.slice());
  }

  #cutDurable(size: number): void {
    cutPages(this.#durable, size);
    for (const [sector, bytes] of this.#forsaken) {
      const kept = size - sector * sectorBytes;
      if (kept <= 0) this.#forsaken.delete(sector);
      else if (kept < sectorBytes) bytes.fill(0, kept);
    }
  }

  #cut(size: number): void {
    const first = Math.ceil(size / pageBytes);
    if (this.#keepsSynced && size % pageBytes !== 0) this.#keepPage(first - 1);
    for (const [number, page] of this.#pages) {
      if (number < first) continue;
      if (this.#keepsSynced && !this.#durable.has(number)) this.#durable.set(number, page);
      this.#pages.delete(number);
    }
    cutPages(this.#pages, size);
  }
}

function copied(pages: Pages): Pages {
  const copy: Pages = new Map();
  for (const [number, page] of pages) copy.set(number, page?.slice());
  return copy;
}

function apply(change: Change, pages: Pages): void {
  if (change.bytes === undefined) cutPages(pages, change.position);
  else writePages(pages, change.bytes, change.position);
}

/** The numbers of the sectors that a write touches; none of a change of size. */
function* sectorsOf({ position, bytes }: Change): Generator<number> {
  if (bytes === undefined) return;
  const last = Math.floor((position + bytes.length - 1) / sectorBytes);
  for (let sector = Math.floor(position / sectorBytes); sector <= last; sector++) yield sector;
}

function copySector(from: Pages, to: Pages, sector: number): void {
  const bytes = new Uint8Array(sectorBytes);
  readPages(from, bytes, sector * sectorBytes);
  writePages(to, bytes, sector * sectorBytes);
}
