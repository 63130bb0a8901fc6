import { assert } from "./assert.ts";

/** Values below this are counted exactly; above, in steps of a 1,024th at the most. */
const EXACT = 2048;
const HALF = EXACT / 2;
const EXACT_BITS = 11;
/** Values are 32-bit counters, as long as bits are cheap. */
const VALUE_MAX = 2 ** 31 - 1;

/**
 * Counts whole numbers, 0 to 2 ** 31 - 1, in buckets that grow with the number, as HDR histograms
 * do: every percentile is right to a tenth of a percent, in 180 KB, however many values there are.
 */
export class Histogram {
  readonly #counts = new Float64Array(indexOf(VALUE_MAX) + 1);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  /** Counts a value: rounded, and where it is out of range as the end that is nearer. */
  add(value: number): void {
    assert(!Number.isNaN(value), "a value is a number");
    const whole = Math.min(VALUE_MAX, Math.max(0, Math.round(value)));
    this.#counts[indexOf(whole)]++;
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** Counts all that `other` counted. */
  addAll(other: Histogram): void {
    for (let at = 0; at < this.#counts.length; at++) this.#counts[at] += other.#counts[at];
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /** Forgets everything. */
  clear(): void {
    this.#counts.fill(0);
    this.#count = this.#sum = 0;
    this.#min = Infinity;
    this.#max = -Infinity;
  }

  get count(): number {
    return this.#count;
  }

  /** The smallest and the largest as they came, and the mean; 0 where nothing was counted. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.#count === 0 ? 0 : this.#max;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /**
   * The value that `percent` of all values do not exceed, at its bucket's upper end, though never
   * above the largest; 0 where nothing was counted.
   */
  percentile(percent: number): number {
    assert(percent >= 0 && percent <= 100, `${percent} is a percentage`);
    if (this.#count === 0) return 0;
    // Binary fractions: 99.9 % of 1,000 must be 999, not 1,000.
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.#count - 1e-6));
    let seen = 0;
    for (let at = 0; at < this.#counts.length; at++) {
      seen += this.#counts[at];
      if (seen >= wanted) return Math.min(highestOf(at), this.#max);
    }
    return this.#max;
  }
}

function indexOf(value: number): number {
  if (value < EXACT) return value;
  const shift = 32 - EXACT_BITS - Math.clz32(value);
  return shift * HALF + (value >>> shift);
}

/** The largest value that is counted there. */
function highestOf(index: number): number {
  if (index < EXACT) return index;
  const shift = Math.floor(index / HALF) - 1;
  const lowest = (index - shift * HALF) * 2 ** shift;
  return lowest + 2 ** shift - 1;
}
