/** Entries of a queue whose records one pull reads; the lists are kept from pull to pull. */
export class ChosenEntries {
  /** Only the first `count` of each list are of this pull. */
  readonly offsets: number[] = [];
  readonly positions: number[] = [];
  readonly sizes: number[] = [];
  count = 0;

  add(offset: number, position: number, size: number): void {
    const at = this.count++;
    this.offsets[at] = offset;
    this.positions[at] = position;
    this.sizes[at] = size;
  }

  /** The end of the run of records that lie one behind the other from `at` on, of so many bytes. */
  runEnd(at: number, bytesMax: number): number {
    let end = at + 1;
    let bytes = this.sizes[at];
    while (end < this.count) {
      if (this.positions[end] !== this.positions[end - 1] + this.sizes[end - 1]) break;
      bytes += this.sizes[end];
      if (bytes > bytesMax) break;
      end++;
    }
    return end;
  }

  /** Bytes of the run from `at` to `end`, exclusive. */
  runBytes(at: number, end: number): number {
    return this.positions[end - 1] + this.sizes[end - 1] - this.positions[at];
  }
}
