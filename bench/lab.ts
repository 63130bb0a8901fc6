import {
  cpuMs,
  load,
  type Running,
  type RunningPeer,
  type RunningPocketmq,
  type StartOptions,
  startPeer,
  startPocketmq,
  userMs,
} from "./programs.ts";
import { PageCache } from "./page_cache.ts";
import { median, type Reading, readingOf } from "./reading.ts";

/** How thorough a session is. */
export interface LabOptions {
  /** A few minutes for all, instead of an hour. */
  readonly quick: boolean;
  /** Beside Apache's broker too. */
  readonly peer: boolean;
  /** An older executable of ours to measure beside. */
  readonly old?: string;
  /** Seconds of one run; undefined: 2 if quick, else 8. */
  readonly seconds?: number;
}

/** What is run against our broker, and against what else. */
export interface Comparison {
  /** The generator's options but port and time. */
  readonly options: readonly string[];
  readonly settings?: readonly string[];
  /** The generator's options that fill the broker before. */
  readonly fill?: readonly string[];
  /** The bare server beside; undefined: none. */
  readonly bare?: () => Promise<Running>;
}

/** What came out, each the middle of its runs. */
export interface Compared {
  readonly own: Reading;
  readonly bare?: Reading;
  readonly peer?: Reading;
}

const TIMES = 3;
const PEER_TRIES = 2;
const WARM_SECONDS = "12";

/** Where figures are measured. */
export class Lab {
  readonly quick: boolean;
  readonly peer: boolean;
  readonly old: string | undefined;
  readonly seconds: number;
  readonly times = TIMES;
  readonly pageCache = new PageCache();

  constructor({ quick, peer, seconds, old }: LabOptions) {
    this.old = old;
    this.quick = quick;
    this.peer = peer;
    this.seconds = seconds ?? (quick ? 2 : 8);
  }

  /** What to do with much time, and with little. */
  scaled(full: number, quick: number): number {
    return this.quick ? quick : full;
  }

  /** Our broker on an empty directory. */
  start(options: StartOptions = {}): Promise<RunningPocketmq> {
    return startPocketmq(options);
  }

  /** Runs against a broker that is there; `isPeer`: what Apache's refuses is told, no more. */
  async reading(
    target: Running,
    options: readonly string[],
    isPeer = false,
  ): Promise<Reading> {
    const [verb] = options;
    const time = verb === "pull" ? [] : ["-d", String(this.seconds), "-W", this.quick ? "1" : "2"];
    this.pageCache.fill();
    const at = ["-p", String(target.port), "-P", String(target.processId)];
    const before = [userMs(target.processId), cpuMs(target.processId)];
    const reading = readingOf(await load(...options, ...time, ...at), isPeer);
    const user = userMs(target.processId) - before[0];
    return { ...reading, user: reading.cpu * user / (cpuMs(target.processId) - before[1]) };
  }

  /** The middle of three runs against a broker that is there. */
  async middle(
    target: Running,
    options: readonly string[],
    isPeer = false,
  ): Promise<Reading> {
    const all: Reading[] = [];
    for (let times = 0; times < TIMES; times++) {
      all.push(await this.reading(target, options, isPeer));
    }
    return median(all);
  }

  /** The middle of three runs, or one where time is short: for what takes long to prepare. */
  once(target: Running, options: readonly string[]): Promise<Reading> {
    return this.quick ? this.reading(target, options) : this.middle(target, options);
  }

  /** Measures in turns, so that a noisy neighbour meets both; takes the middle of each. */
  async compare(comparison: Comparison): Promise<Compared> {
    const { options, settings, fill } = comparison;
    const bare = await comparison.bare?.();
    const own = await this.start({ settings });
    const ofOwn: Reading[] = [];
    const ofBare: Reading[] = [];
    try {
      if (fill !== undefined) await load(...fill, "-p", String(own.port), "-W", "0");
      await this.#warm(own, options);
      for (let times = 0; times < TIMES; times++) {
        if (bare !== undefined) ofBare.push(await this.reading(bare, options));
        ofOwn.push(await this.reading(own, options));
      }
    } finally {
      await Promise.all([own.stop(), bare?.stop()]);
    }
    const peer = this.peer ? await this.#peer(comparison) : undefined;
    return { own: median(ofOwn), bare: bare && median(ofBare), peer };
  }

  /**
   * Runs something against Apache's broker; undefined where it is not asked for, or failed twice:
   * what is measured of ours stays.
   */
  async beside<T>(
    settings: readonly string[],
    run: (peer: RunningPeer) => Promise<T>,
  ): Promise<T | undefined> {
    for (let tries = 0; this.peer && tries < PEER_TRIES; tries++) {
      try {
        return await this.#withPeer(settings, run);
      } catch (fault) {
        console.error("Apache's broker:", fault);
      }
    }
    return undefined;
  }

  async #withPeer<T>(
    settings: readonly string[],
    run: (peer: RunningPeer) => Promise<T>,
  ): Promise<T> {
    const peer = startPeer(...settings);
    try {
      return await run(peer);
    } finally {
      await peer.stop();
    }
  }

  #peer({ options, settings, fill }: Comparison): Promise<Reading | undefined> {
    return this.beside(settings ?? [], async (peer) => {
      if (fill !== undefined) await load(...fill, "-p", String(peer.port), "-W", "0");
      await this.#warm(peer, options);
      return await this.middle(peer, options, true);
    });
  }

  /** Lets a runtime compile what it will run, so that its best is what is measured. */
  async #warm(target: Running, [verb, ...options]: readonly string[]): Promise<void> {
    const time = verb === "pull" ? [] : ["-d", WARM_SECONDS, "-W", "0"];
    const at = ["-p", String(target.port)];
    // Cold, it may fall behind a rate that it holds once it is warm.
    await load(verb, ...options, ...time, ...at).catch(() => "");
  }
}
