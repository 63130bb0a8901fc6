/** Slabs by their size, and how many of each are kept for the next reads: 8 MiB in all. */
const SLABS = [{ bytes: 64 << 10, kept: 64 }, { bytes: 256 << 10, kept: 16 }] as const;

/**
 * Memory for what is read from segments. New memory for each pull costs more than the read itself:
 * the runtime clears it, the kernel maps it page by page. What nobody gives back is collected as
 * any other memory.
 */
export class ReadMemory {
  readonly #free: ArrayBuffer[][] = SLABS.map(() => []);
  /** Slabs that are out, so that only they, and each once, come back. */
  readonly #lent = new WeakSet<ArrayBufferLike>();

  /** So many bytes, of any content. */
  take(size: number): Uint8Array {
    const kind = SLABS.findIndex(({ bytes }) => size <= bytes);
    if (kind < 0) return new Uint8Array(size);
    const slab = this.#free[kind].pop() ?? new ArrayBuffer(SLABS[kind].bytes);
    this.#lent.add(slab);
    return new Uint8Array(slab, 0, size);
  }

  /** Takes back what nobody looks at any more; other bytes are left alone. */
  giveBack(bytes: Uint8Array): void {
    const { buffer } = bytes;
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return;
    const kind = SLABS.findIndex((slab) => buffer.byteLength === slab.bytes);
    if (this.#free[kind].length < SLABS[kind].kept) this.#free[kind].push(buffer);
  }
}
