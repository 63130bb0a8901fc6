/** Of so many gaps it is remembered where they are, so that what comes late is known. */
const GAPS_MAX = 1_000_000;

/** Sequences that were passed over, `from` to `to`, which is not one of them. */
interface Gap {
  from: number;
  to: number;
}

/** What is missing of streams that come in order but for gaps. */
export class Gaps {
  readonly #streams = new Map<string, Gap[]>();
  #count = 0;

  /** These are missing so far; they lie behind all others of the stream. */
  open(stream: string, gap: Gap): void {
    if (gap.from >= gap.to || this.#count >= GAPS_MAX) return;
    const gaps = this.#streams.get(stream) ?? [];
    this.#streams.set(stream, gaps);
    gaps.push(gap);
    this.#count++;
  }

  /** One came after all; false where it was not missing. */
  close(stream: string, sequence: number): boolean {
    const gaps = this.#streams.get(stream) ?? [];
    const at = gaps.findLastIndex(({ from }) => from <= sequence);
    const gap = gaps[at];
    if (gap === undefined || sequence >= gap.to) return false;
    const parts = [
      { from: gap.from, to: sequence },
      { from: sequence + 1, to: gap.to },
    ].filter(({ from, to }) => from < to);
    gaps.splice(at, 1, ...parts);
    this.#count += parts.length - 1;
    return true;
  }
}
