import { Chance } from "./chance.ts";
import { pause, until } from "./pause.ts";
import { killAtStart, startPocketmq } from "./pocketmq.ts";
import { CODE } from "./requests.ts";
import { type Play, Skipped } from "./scenario.ts";
import type { Target } from "./target.ts";
import { askOnce, Cut, Wire } from "./wire.ts";
import type { World } from "./world.ts";

/** What a run of kills amid some work is asked to do. */
export interface KillsAsk {
  readonly cycles: number;
  readonly seed: number;
  /** What a start may take until it serves, ms. */
  readonly serveLimitMs: number;
  readonly say: (line: string) => void;
}

/** Work amid which a broker is killed, and what is to be judged of it. */
export interface Load {
  /** How much the broker has promised. */
  readonly acknowledged: number;
  /** What else there is to tell, such as "12 popped". */
  readonly told?: string;
  /** What is wrong, a sentence each. */
  readonly violations: readonly string[];
  /** Makes what the work needs, at the begin of each life. */
  join?(wires: readonly Wire[]): Promise<unknown>;
  /** Workers that end when the connections break, by a {@linkcode Cut} or without. */
  work(wires: readonly Wire[], target: Target): readonly Promise<unknown>[];
  /** Looks at what a kill has left. */
  look?(wire: Wire): Promise<void>;
  /** Looks at everything, after the last kill. */
  judge(wire: Wire): Promise<void>;
  /** Ends what it started. */
  end?(): void;
}

/** What the loop of kills does for one kind of work. */
export interface Kind {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Connections for the work. */
  readonly wires: number;
  /** How much is promised in each life before it is killed. */
  readonly each: number;
  /** The kill comes up to so much later, ms. */
  readonly mostMs: number;
  /** The broker stays dead up to so long, ms. */
  readonly deadMs?: number;
  load(chance: Chance): Load;
}

/** How a run of kills went. */
export interface Ending {
  readonly acknowledged: number;
  readonly told: string;
  readonly violations: readonly string[];
  /** The slowest start until a request was answered, ms. */
  readonly slowestMs: number;
}

/** A part of the suite, beside other work; `deno task kill …` makes fifty cycles, alone. */
const IN_SUITE = { cycles: 5, serveLimitMs: 20_000 };
const WORK_LIMIT_MS = 120_000;
/** So many of the starts are killed on their way, within so many ms. */
const KILLED_STARTS = 0.25;
const KILLED_START_MS = 250;

/** The lives of one broker, on one directory and under the same ports. */
class Lives {
  readonly #chance: Chance;
  #target: Target | undefined;
  slowestMs = 0;

  constructor(readonly kind: Kind, readonly load: Load, seed: number) {
    this.#chance = new Chance(seed);
  }

  async run({ cycles, say }: KillsAsk): Promise<void> {
    const { load } = this;
    let target = await this.#serve();
    for (let cycle = 1; cycle <= cycles && load.violations.length === 0; cycle++) {
      await this.#workAndKill(target);
      target = await this.#serve();
      const wire = await Wire.connect(target.brokerPort);
      await (cycle === cycles ? load.judge(wire) : load.look?.(wire));
      wire.close();
      say(`cycle ${cycle}: ${load.acknowledged} acknowledged${tail(load)}`);
    }
    await target.stop();
  }

  async end(): Promise<void> {
    this.load.end?.();
    await this.#target?.kill();
  }

  /** Starts, sometimes after a start that was killed on its way. */
  async #serve(): Promise<Target> {
    const { name, settings } = this.kind;
    const { directory, brokerPort, nameServerPort: ownNameServerPort } = this.#target ?? {};
    const options = { name: `${name}-kill`, settings, directory, brokerPort, ownNameServerPort };
    if (directory !== undefined && this.#chance.next() < KILLED_STARTS) {
      await killAtStart(options, this.#chance.below(KILLED_START_MS));
    }
    const began = performance.now();
    const target = this.#target = await startPocketmq(options);
    await askOnce(target.brokerPort, { code: CODE.maxOffset, fields: { topic: "T", queueId: 0 } });
    const ms = performance.now() - began;
    this.slowestMs = Math.max(this.slowestMs, Math.round(ms));
    return target;
  }

  async #workAndKill(target: Target): Promise<void> {
    const { load, kind } = this;
    const before = load.acknowledged;
    const wires = await Promise.all(
      Array.from({ length: kind.wires }, () => Wire.connect(target.brokerPort)),
    );
    await load.join?.(wires);
    const work = Promise.allSettled(load.work(wires, target));
    await until(
      WORK_LIMIT_MS,
      () => load.acknowledged >= before + kind.each || undefined,
      () => `only ${load.acknowledged - before} of ${kind.each} acknowledged: ${target.output()}`,
    );
    await pause(this.#chance.below(kind.mostMs));
    await target.kill();
    for (const one of await work) {
      if (one.status === "rejected" && !(one.reason instanceof Cut)) throw one.reason;
    }
    for (const wire of wires) wire.close();
    await pause(this.#chance.below(kind.deadMs ?? 1));
  }
}

function tail({ told = "" }: Pick<Load, "told">): string {
  return told === "" ? "" : `, ${told}`;
}

/** Starts, feeds, kills and starts again so many times; whatever goes wrong is a violation. */
export async function live(kind: Kind, ask: KillsAsk): Promise<Ending> {
  const { cycles, seed, serveLimitMs, say } = ask;
  const load = kind.load(new Chance(seed + 1));
  const lives = new Lives(kind, load, seed);
  const faults: string[] = [];
  try {
    await lives.run(ask);
  } catch (fault) {
    faults.push(fault instanceof Error ? `${fault.stack}` : String(fault));
  } finally {
    await lives.end();
  }
  const { slowestMs } = lives;
  if (slowestMs > serveLimitMs) faults.push(`slow: it served only after ${slowestMs} ms`);
  const violations = [...load.violations, ...faults];
  const { acknowledged, told = "" } = load;
  say(
    `${acknowledged} acknowledged${tail(load)}, ${cycles} cycles, ` +
      `${violations.length} violations, slowest start ${slowestMs} ms, seed ${seed}`,
  );
  return { acknowledged, told, violations, slowestMs };
}

/** Kills as a scenario: of our broker alone. */
export function killPlay(world: World, kind: Kind): Play {
  return async () => {
    if (world.tried !== "pocketmq") throw new Skipped("the promise is ours");
    const seed = Date.now() % 1_000_000;
    // Others play at the same time: each line has its seed.
    const say = (line: string) => console.log(`     (${seed}) ${line}`);
    const { violations } = await live(kind, { ...IN_SUITE, seed, say });
    if (violations.length > 0) throw new Error(summary(violations, seed));
  };
}

/** The first violations of a run. */
export function summary(violations: readonly string[], seed: number): string {
  return [`seed ${seed}: ${violations.length} violations`, ...violations.slice(0, 40)].join("\n");
}
