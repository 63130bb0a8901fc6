/** Positions from `from` to `to`, exclusive. */
export interface PositionRange {
  readonly from: number;
  readonly to: number;
}

const rangesMax = 64;

/**
 * Where in the log this broker's own records lie. Only there is the CRC property of a record to be
 * believed: another broker may have stored a message again with a property that no longer fits.
 */
export class OwnRanges {
  #ranges: PositionRange[];

  constructor(ranges: readonly PositionRange[]) {
    this.#ranges = [...ranges];
  }

  get list(): readonly PositionRange[] {
    return this.#ranges;
  }

  has(position: number): boolean {
    for (let at = this.#ranges.length - 1; at >= 0; at--) {
      const range = this.#ranges[at];
      if (position >= range.from) return position < range.to;
    }
    return false;
  }

  /** All from `position` on is written by this broker. The oldest ranges are forgotten past 64. */
  begin(position: number): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && last.to === Infinity) return;
    const goesOn = last !== undefined && last.to === position;
    if (goesOn) this.#ranges.pop();
    this.#ranges.push({ from: goesOn ? last.from : position, to: Infinity });
    this.#ranges = this.#ranges.slice(-rangesMax);
  }

  /** Another broker may have written from `position` on. */
  end(position: number): void {
    this.#ranges = this.#ranges.filter((range) => range.from < position)
      .map((range) => ({ from: range.from, to: Math.min(range.to, position) }));
  }

  /** Nothing lies below `position` any more. */
  forgetBelow(position: number): void {
    this.#ranges = this.#ranges.filter((range) => range.to > position);
  }
}
