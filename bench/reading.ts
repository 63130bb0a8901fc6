/** What the load generator's line says; NaN where it does not. */
export interface Reading {
  readonly perSecond: number;
  /** µs. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** µs of the server's CPU a message. */
  readonly cpu: number;
  /** µs of that outside the kernel. */
  readonly user: number;
}

/**
 * Reads the generator's line; `isLenient`: errors are told and do no harm.
 * @throws {Error} where it says no figures, or counts errors.
 */
export function readingOf(line: string, isLenient = false): Omit<Reading, "user"> {
  const number = (pattern: RegExp) => Number(pattern.exec(line)?.[1] ?? NaN);
  const perSecond = number(/: (\d+) msg\/s/);
  const isFlawed = !line.includes("errors 0");
  if (Number.isNaN(perSecond) || (isFlawed && !isLenient)) throw new Error(`It failed: ${line}`);
  if (isFlawed) console.log(line);
  return {
    perSecond,
    p50: number(/p50 (\d+)/),
    p99: number(/p99 (\d+)/),
    p999: number(/p99\.9 (\d+)/),
    cpu: number(/cpu ([\d.]+) us/),
  };
}

/** Each figure's own middle: one run may have the best rate and the worst tail. */
export function median(all: readonly Reading[]): Reading {
  const middle = (of: (one: Reading) => number) => middleOf(all.map(of));
  return {
    perSecond: middle((one) => one.perSecond),
    p50: middle((one) => one.p50),
    p99: middle((one) => one.p99),
    p999: middle((one) => one.p999),
    cpu: middle((one) => one.cpu),
    user: middle((one) => one.user),
  };
}

/** The one in the middle. */
export function middleOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
