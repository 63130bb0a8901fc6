const entriesFirst = 256;
/** 10 MiB. */
const entriesKept = 1 << 19;

/** Key entries in memory, in the order of the log: hash, position and store time of each. */
export class KeyBuffer {
  hashes = new Int32Array(entriesFirst);
  positions = new Float64Array(entriesFirst);
  timestamps = new Float64Array(entriesFirst);
  length = 0;

  push(hash: number, position: number, timestamp: number): void {
    const at = this.length;
    if (at === this.hashes.length) this.#grow();
    this.hashes[at] = hash;
    this.positions[at] = position;
    this.timestamps[at] = timestamp;
    this.length = at + 1;
  }

  /** Forgets its entries, and keeps the memory of not too many: fresh memory is dear. */
  clear(): void {
    this.length = 0;
    if (this.hashes.length > entriesKept) this.#hold(new KeyBuffer());
  }

  /** Moves the entries at or past `position` to an empty buffer. */
  moveFrom(position: number, into: KeyBuffer): void {
    let count = this.length;
    while (count > 0 && this.positions[count - 1] >= position) count--;
    for (let at = count; at < this.length; at++) into.#copy(this, at);
    this.length = count;
  }

  /** This buffer's entries from `from` on, with those of `later` behind them. */
  joined(from: number, later: KeyBuffer): KeyBuffer {
    const both = new KeyBuffer();
    for (let at = from; at < this.length; at++) both.#copy(this, at);
    for (let at = 0; at < later.length; at++) both.#copy(later, at);
    return both;
  }

  #copy(from: KeyBuffer, at: number): void {
    this.push(from.hashes[at], from.positions[at], from.timestamps[at]);
  }

  #hold(other: KeyBuffer): void {
    this.hashes = other.hashes;
    this.positions = other.positions;
    this.timestamps = other.timestamps;
  }

  #grow(): void {
    const capacity = 2 * this.hashes.length;
    this.hashes = resized(new Int32Array(capacity), this.hashes);
    this.positions = resized(new Float64Array(capacity), this.positions);
    this.timestamps = resized(new Float64Array(capacity), this.timestamps);
  }
}

interface Settable {
  set(source: ArrayLike<number>): void;
}

function resized<T extends Settable>(into: T, from: ArrayLike<number>): T {
  into.set(from);
  return into;
}
