import { KEY_HEADER_BYTES } from "./key_header.ts";

/** Slots are read and written by the page where few change, by longer stretches where many do. */
const pageBytes = 4096;
const longBytes = 128 << 10;
/** Entries that are looked at without a pause. */
const step = 1 << 13;

/** Told of each entry: where in the stretch its slot lies, and the entry's number. */
export type SlotVisitor = (place: number, number: number) => void;

/** New entries of an index file, gathered by the stretches of the file where their slots lie. */
export class SlotOrder {
  readonly #hashes: Int32Array;
  readonly #slots: number;
  /** Bytes of a stretch. */
  readonly bytes: number;
  /** Numbers of entries by stretch, oldest first, and where those of each stretch end. */
  readonly #numbers: Uint32Array;
  readonly #ends: Uint32Array;

  private constructor(hashes: Int32Array, slots: number) {
    this.#hashes = hashes;
    this.#slots = slots;
    const all = KEY_HEADER_BYTES + slots * 4;
    this.bytes = hashes.length * pageBytes < all ? pageBytes : longBytes;
    this.#numbers = new Uint32Array(hashes.length);
    this.#ends = new Uint32Array(Math.ceil(all / this.bytes) + 1);
  }

  /** `hashes` of the entries 0, 1, …, in a file with so many slots. */
  static async of(
    hashes: Int32Array,
    slots: number,
    pause: () => Promise<void>,
  ): Promise<SlotOrder> {
    const order = new SlotOrder(hashes, slots);
    const ends = order.#ends;
    for (let number = 0; number < hashes.length; number++) {
      ends[order.#stretchOf(number) + 1]++;
      if (number % step === step - 1) await pause();
    }
    for (let at = 1; at < ends.length; at++) ends[at] += ends[at - 1];
    for (let number = 0; number < hashes.length; number++) {
      order.#numbers[ends[order.#stretchOf(number)]++] = number;
      if (number % step === step - 1) await pause();
    }
    return order;
  }

  /**
   * The stretches that have entries. The last comes first: reading upwards, the kernel would read
   * ahead, which in a file of holes is megabytes of memory to be cleared in one call.
   */
  *stretches(): Generator<number, void> {
    for (let stretch = this.#ends.length - 2; stretch >= 0; stretch--) {
      if (this.#from(stretch) < this.#ends[stretch]) yield stretch;
    }
  }

  /** Visits the entries whose slots lie in this stretch, oldest first. */
  visit(stretch: number, visitor: SlotVisitor): void {
    const start = stretch * this.bytes;
    const to = this.#ends[stretch];
    for (let at = this.#from(stretch); at < to; at++) {
      const number = this.#numbers[at];
      visitor(this.#placeOf(number) - start, number);
    }
  }

  /** Have these two entries the same slot? */
  isShared(number: number, other: number): boolean {
    return this.#placeOf(number) === this.#placeOf(other);
  }

  #from(stretch: number): number {
    return stretch === 0 ? 0 : this.#ends[stretch - 1];
  }

  #stretchOf(number: number): number {
    return Math.trunc(this.#placeOf(number) / this.bytes);
  }

  #placeOf(number: number): number {
    return KEY_HEADER_BYTES + this.#hashes[number] % this.#slots * 4;
  }
}
