/** What the load generator's line says. */
export interface Figures {
  readonly perSecond: number;
  /** µs; NaN where the generator does not say. */
  readonly p50: number;
  readonly p99: number;
  /** µs of the server's CPU a message. */
  readonly cpu: number;
}

/** One line of the table. */
export interface Outcome {
  readonly name: string;
  readonly own: Figures;
  readonly bare?: Figures;
  readonly peer?: Figures;
}

/** Reads the generator's line. @throws {Error} where it says no figures, or counts errors. */
export function figuresOf(line: string): Figures {
  const number = (pattern: RegExp) => Number(pattern.exec(line)?.[1] ?? NaN);
  const perSecond = number(/: (\d+) msg\/s/);
  if (Number.isNaN(perSecond) || !line.includes("errors 0")) throw new Error(`It failed: ${line}`);
  const [p50, p99, cpu] = [/p50 (\d+)/, /p99 (\d+)/, /cpu ([\d.]+) us/].map(number);
  return { perSecond, p50, p99, cpu };
}

/** The one in the middle by messages a second. */
export function median(all: readonly Figures[]): Figures {
  return all.toSorted((a, b) => a.perSecond - b.perSecond)[all.length >> 1];
}

const HEAD = [
  "| run | msg/s | p50 | p99 | CPU a message | of bare | of Apache |",
  "| --- | ----: | --: | --: | ------------: | ------: | --------: |",
];

/** The outcomes as a table in Markdown. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, own, bare, peer }) => {
    const times = [own.p50, own.p99, own.cpu].map(microseconds);
    const cells = [own.perSecond.toLocaleString("en"), ...times];
    return `| ${[name, ...cells, share(own, bare), share(own, peer)].join(" | ")} |`;
  });
  return [...HEAD, ...rows].join("\n");
}

/** As `0.45`; nothing where there is nothing to compare with. */
export function share(own: Figures, other: Figures | undefined): string {
  return other === undefined ? "" : (own.perSecond / other.perSecond).toFixed(2);
}

function microseconds(value: number): string {
  return Number.isNaN(value) ? "" : `${value} µs`;
}
