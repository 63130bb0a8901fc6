/** How often a minute's window is sampled, ms, and how many samples it has (`StatsItem`). */
const SAMPLE_MS = 10_000;
const SAMPLES = 7;

interface Rate {
  total: number;
  /** Totals and their times (monotonic ms), oldest first. */
  samples: { readonly total: number; readonly at: number }[];
}

/** Counts by name, each with its rate over the last minute. Idle names are forgotten. */
export class Rates {
  readonly #rates = new Map<string, Rate>();
  readonly #namesMax: () => number;
  #sampledAt = -Infinity;

  /** Names beyond `namesMax` are not counted: these are figures for tools, no more. */
  constructor(namesMax: () => number) {
    this.#namesMax = namesMax;
  }

  add(name: string, count: number): void {
    const rate = this.#rates.get(name);
    if (rate !== undefined) rate.total += count;
    else if (this.#rates.size < this.#namesMax()) {
      const zero = { total: 0, at: this.#sampledAt };
      this.#rates.set(name, { total: count, samples: zero.at > -Infinity ? [zero] : [] });
    }
  }

  /** Per second, over the last minute or what there is of it. */
  perSecond(name: string, now: number): number {
    const rate = this.#rates.get(name);
    const first = rate?.samples[0];
    if (rate === undefined || first === undefined || now <= first.at) return 0;
    return (rate.total - first.total) * 1000 / (now - first.at);
  }

  forget(name: string): void {
    this.#rates.delete(name);
  }

  /** Takes a sample where one is due; `now` is monotonic ms. */
  sample(now: number): void {
    if (now - this.#sampledAt < SAMPLE_MS) return;
    this.#sampledAt = now;
    for (const [name, rate] of this.#rates) {
      const { samples } = rate;
      if (samples.length === SAMPLES && samples[0].total === rate.total) this.#rates.delete(name);
      samples.push({ total: rate.total, at: now });
      if (samples.length > SAMPLES) samples.shift();
    }
  }
}
