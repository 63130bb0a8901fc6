const SLAB_BYTES = 64 * 1024;
/** Slabs kept for the next reads. */
const FREE_MAX = 64;

/**
 * Memory for what is read from segments. New memory for each pull costs more than the read itself:
 * the runtime clears it, the kernel maps it page by page. What nobody gives back is collected as
 * any other memory.
 */
export class ReadMemory {
  readonly #free: ArrayBuffer[] = [];
  /** Slabs that are out, so that only they, and each once, come back. */
  readonly #lent = new WeakSet<ArrayBufferLike>();

  /** So many bytes, of any content. */
  take(size: number): Uint8Array {
    if (size > SLAB_BYTES) return new Uint8Array(size);
    const slab = this.#free.pop() ?? new ArrayBuffer(SLAB_BYTES);
    this.#lent.add(slab);
    return new Uint8Array(slab, 0, size);
  }

  /** Takes back what nobody looks at any more; other bytes are left alone. */
  giveBack(bytes: Uint8Array): void {
    const { buffer } = bytes;
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return;
    if (this.#free.length < FREE_MAX) this.#free.push(buffer);
  }
}
