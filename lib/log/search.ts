/** A row of values that do not fall, some of them unknown. */
export interface Row {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** -1 where unknown. */
  valueAt(at: number): number;
}

/** The first place whose value is known and at least `least`, or `to`. */
export function firstAtLeast(row: Row, least: number): number {
  let low = row.from;
  let high = row.to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const known = nextKnown(row, middle, high);
    if (known === high || row.valueAt(known) >= least) high = middle;
    else low = known + 1;
  }
  return nextKnown(row, low, row.to);
}

/** The last place below `before` whose value is known, or -1. */
export function lastKnown(row: Row, before: number): number {
  for (let at = before - 1; at >= row.from; at--) {
    if (row.valueAt(at) >= 0) return at;
  }
  return -1;
}

function nextKnown(row: Row, from: number, to: number): number {
  let at = from;
  while (at < to && row.valueAt(at) < 0) at++;
  return at;
}
