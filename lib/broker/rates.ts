/** A span of time whose rate is kept: how often its end is sampled, ms, and how many samples. */
interface Span {
  readonly everyMs: number;
  readonly samples: number;
  /** When samples were taken (monotonic ms), oldest first; the same for all names. */
  readonly times: number[];
}

interface Rate {
  total: number;
  /** Totals by span, oldest first; where the name is young, fewer than there are times. */
  readonly samples: readonly number[][];
}

/** Messages in a span of time, and per second. */
export interface Snapshot {
  readonly sum: number;
  readonly perSecond: number;
}

/** The last minute, hour and day (`StatsItem`). */
export const SPANS = ["minute", "hour", "day"] as const;

function spans(): Span[] {
  return [
    { everyMs: 10_000, samples: 7, times: [] },
    { everyMs: 600_000, samples: 7, times: [] },
    { everyMs: 3_600_000, samples: 25, times: [] },
  ];
}

/** Counts by name, each with its rate over the last minute. Those idle for a day are forgotten. */
export class Rates {
  readonly #rates = new Map<string, Rate>();
  readonly #namesMax: () => number;
  readonly #spans = spans();

  /** Names beyond `namesMax` are not counted: these are figures for tools, no more. */
  constructor(namesMax: () => number) {
    this.#namesMax = namesMax;
  }

  add(name: string, count: number): void {
    const rate = this.#rates.get(name);
    if (rate !== undefined) rate.total += count;
    else if (this.#rates.size < this.#namesMax()) {
      const samples = this.#spans.map(({ times }) => times.length > 0 ? [0] : []);
      this.#rates.set(name, { total: count, samples });
    }
  }

  /** Per second, over the last minute or what there is of it. */
  perSecond(name: string, now: number): number {
    const rate = this.#rates.get(name);
    return rate === undefined ? 0 : this.#snapshot(rate, 0, now).perSecond;
  }

  /** By `SPANS`, each over what there is of it; undefined: an unknown name. */
  snapshots(name: string, now: number): Snapshot[] | undefined {
    const rate = this.#rates.get(name);
    if (rate === undefined) return undefined;
    return this.#spans.map((_span, at) => this.#snapshot(rate, at, now));
  }

  forget(name: string): void {
    this.#rates.delete(name);
  }

  /** Takes samples where some are due; `now` is monotonic ms. */
  sample(now: number): void {
    for (const [at, span] of this.#spans.entries()) {
      const last = span.times[span.times.length - 1] ?? -Infinity;
      if (now - last >= span.everyMs) this.#sample(at, now);
    }
  }

  #sample(at: number, now: number): void {
    const { times, samples: most } = this.#spans[at];
    if (times.push(now) > most) times.shift();
    const isLongest = at === this.#spans.length - 1;
    for (const [name, rate] of this.#rates) {
      const samples = rate.samples[at];
      if (isLongest && samples.length === most && samples[0] === rate.total) {
        this.#rates.delete(name);
      }
      if (samples.push(rate.total) > most) samples.shift();
    }
  }

  #snapshot(rate: Rate, at: number, now: number): Snapshot {
    const samples = rate.samples[at];
    const { times } = this.#spans[at];
    const since = times[times.length - samples.length];
    if (samples.length === 0 || now <= since) return { sum: 0, perSecond: 0 };
    const sum = rate.total - samples[0];
    return { sum, perSecond: sum * 1000 / (now - since) };
  }
}
