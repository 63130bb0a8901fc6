import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import { Rates } from "./rates.ts";

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** Seconds that the longest window covers. */
const WINDOW = 600;
/** Upper ends of the answer times that are told apart, ms (`StoreStatsService`). */
const SPREAD_MS = [0, 10, 50, 100, 200, 500, 1000, 2000, 3000, 4000, 5000, 10_000];
/** Steps of the finer spread from which percentiles are read: width in ms and how many. */
const FINE: readonly (readonly [number, number])[] = [
  [1, 20],
  [2, 15],
  [5, 10],
  [10, 10],
  [50, 6],
  [100, 5],
  [1000, 9],
];

/** A count since start, with its values of the last ten minutes, one a second. */
export class Counter {
  total = 0;
  readonly #ring = new Float64Array(WINDOW + 1);
  #samples = 0;

  sample(): void {
    this.#ring[this.#samples++ % (WINDOW + 1)] = this.total;
  }

  /** Per second over the last `seconds` seconds, or what there is of them. */
  perSecond(seconds: number): number {
    const span = Math.min(seconds, this.#samples - 1);
    if (span <= 0) return 0;
    const last = this.#ring[(this.#samples - 1) % (WINDOW + 1)];
    const first = this.#ring[(this.#samples - 1 - span) % (WINDOW + 1)];
    return (last - first) / span;
  }
}

/** Totals of sends and pulls at the last two midnights (UTC). */
export interface Mornings {
  readonly yesterday: number;
  readonly today: number;
}

/** What sends and pulls count while they run; a job samples it once a second. */
export class Counters implements Job {
  readonly name = "counters";
  readonly put = new Counter();
  readonly found = new Counter();
  readonly missed = new Counter();
  readonly transferred = new Counter();
  putBytes = 0;
  putFailed = 0;
  putMaxMs = 0;
  pullMaxMs = 0;
  /** Messages stored by topic, and pulled by `topic@group`. */
  readonly topicPuts: Rates;
  readonly groupGets: Rates;
  /** Failed messages by `topic@group`, those that will be tried again and those that will not. */
  readonly sendBacks: Rates;
  readonly deadLetters: Rates;
  /** The same of the broker as a whole: `put` and `get`. */
  readonly whole = new Rates(() => 2);
  putMornings: Mornings = { yesterday: 0, today: 0 };
  getMornings: Mornings = { yesterday: 0, today: 0 };

  readonly #clock: Clock;
  readonly #raised = new Map<string, number>();
  #day: number;
  #minuteAt = -Infinity;
  #spread = new Int32Array(SPREAD_MS.length + 1);
  #lastSpread = new Int32Array(SPREAD_MS.length + 1);
  readonly #fineEnds = fineEnds();
  #fine = new Int32Array(this.#fineEnds.length + 1);
  #lastFine = new Int32Array(this.#fineEnds.length + 1);

  constructor(clock: Clock, ratesMax: () => number) {
    this.#clock = clock;
    this.#day = Math.floor(clock.now() / DAY_MS);
    this.topicPuts = new Rates(ratesMax);
    this.groupGets = new Rates(ratesMax);
    this.sendBacks = new Rates(ratesMax);
    this.deadLetters = new Rates(ratesMax);
  }

  /** So many messages and bytes were stored. */
  stored(topic: string, messages: number, bytes: number): void {
    this.put.total += messages;
    this.putBytes += bytes;
    this.topicPuts.add(topic, messages);
  }

  /** A consumer sent a message back. */
  sentBack(group: string, topic: string, isDead: boolean): void {
    const key = `${topic}@${group}`;
    this.sendBacks.add(key, 1);
    if (isDead) this.deadLetters.add(key, 1);
  }

  /** A send was answered after so long. */
  putTook(ms: number): void {
    if (ms > this.putMaxMs) this.putMaxMs = ms;
    this.#spread[placeOf(SPREAD_MS, ms)]++;
    this.#fine[placeOf(this.#fineEnds, ms)]++;
  }

  run(now: number): number {
    const day = Math.floor(this.#clock.now() / DAY_MS);
    if (day !== this.#day) this.#newDay(day);
    this.#raise("put", this.put.total);
    this.#raise("get", this.transferred.total);
    this.whole.sample(now);
    for (const counter of [this.put, this.found, this.missed, this.transferred]) counter.sample();
    this.topicPuts.sample(now);
    for (const rates of [this.groupGets, this.sendBacks, this.deadLetters]) rates.sample(now);
    if (now - this.#minuteAt >= 60 * SECOND_MS) this.#newMinute(now);
    return now + SECOND_MS;
  }

  pullTook(ms: number): void {
    if (ms > this.pullMaxMs) this.pullMaxMs = ms;
  }

  /** Sends by how long they took, of the last full minute. */
  spread(): Int32Array {
    return this.#lastSpread;
  }

  /** How long the given share of the last full minute's sends took at most, ms. */
  percentile(share: number): number {
    const counts = this.#lastFine;
    let left = counts.reduce((sum, count) => sum + count, 0) * share;
    for (let at = 0; at < counts.length; at++) {
      if (left <= counts[at]) {
        const from = at === 0 ? 0 : this.#fineEnds[at - 1];
        const to = this.#fineEnds[Math.min(at, this.#fineEnds.length - 1)];
        return counts[at] === 0 ? from : from + (to - from) * left / counts[at];
      }
      left -= counts[at];
    }
    return 0;
  }

  #raise(name: "put" | "get", total: number): void {
    this.whole.add(name, total - (this.#raised.get(name) ?? 0));
    this.#raised.set(name, total);
  }

  #newDay(day: number): void {
    this.#day = day;
    this.putMornings = { yesterday: this.putMornings.today, today: this.put.total };
    this.getMornings = { yesterday: this.getMornings.today, today: this.transferred.total };
  }

  #newMinute(now: number): void {
    this.#minuteAt = now;
    this.#lastSpread = this.#spread;
    this.#spread = new Int32Array(SPREAD_MS.length + 1);
    this.#lastFine = this.#fine;
    this.#fine = new Int32Array(this.#fineEnds.length + 1);
  }
}

/** Index of the first end that is at least `ms`; the last place has none. */
function placeOf(ends: readonly number[], ms: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

function fineEnds(): number[] {
  const ends: number[] = [];
  let end = 0;
  for (const [width, times] of FINE) {
    for (let at = 0; at < times; at++) ends.push(end += width);
  }
  return ends;
}
