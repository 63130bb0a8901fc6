const CHUNK_BITS = 15;
const CHUNK = 1 << CHUNK_BITS;

/** Offsets of a queue, one bit each: 4 KiB for every 32,768 among which there is one. */
export class OffsetSet {
  readonly #chunks = new Map<number, Uint32Array>();

  has(offset: number): boolean {
    const chunk = this.#chunks.get(Math.floor(offset / CHUNK));
    if (chunk === undefined) return false;
    const at = offset % CHUNK;
    return (chunk[at >> 5] & (1 << (at & 31))) !== 0;
  }

  /** False where it was there. */
  add(offset: number): boolean {
    const number = Math.floor(offset / CHUNK);
    let chunk = this.#chunks.get(number);
    if (chunk === undefined) this.#chunks.set(number, chunk = new Uint32Array(CHUNK >> 5));
    const at = offset % CHUNK;
    const bit = 1 << (at & 31);
    if ((chunk[at >> 5] & bit) !== 0) return false;
    chunk[at >> 5] |= bit;
    return true;
  }

  /** Forgets those below, as far as whole chunks go. */
  forgetBelow(offset: number): void {
    const first = Math.floor(offset / CHUNK);
    for (const number of this.#chunks.keys()) if (number < first) this.#chunks.delete(number);
  }

  /** Bytes that it takes. */
  get bytes(): number {
    return this.#chunks.size * (CHUNK >> 3);
  }
}
