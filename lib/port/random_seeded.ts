import type { Random } from "./random.ts";

/**
 * Chance that repeats: the same seed gives the same numbers on every runtime. xoshiro128** by
 * Blackman and Vigna, its state filled from the seed by splitmix32.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Any whole number; its low and high 32 bits both count. */
  constructor(seed: number) {
    let state = seed | 0;
    const fill = () => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) | 0;
    };
    this.#a = fill();
    this.#b = fill();
    state ^= Math.floor(seed / 2 ** 32);
    this.#c = fill();
    this.#d = fill();
  }

  /** 32 bits, as an unsigned number. */
  word(): number {
    const sum = Math.imul(this.#b, 5);
    const result = Math.imul((sum << 7) | (sum >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  next(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let word = 0;
    for (let at = 0; at < length; at++) {
      word = at % 4 === 0 ? this.word() : word >>> 8;
      bytes[at] = word;
    }
    return bytes;
  }
}
