import { startPocketmq } from "./pocketmq.ts";
import { type Play, Skipped } from "./scenario.ts";
import type { Target } from "./target.ts";
import type { World } from "./world.ts";

/** What a run of kills amid some work is asked to do. */
export interface KillsAsk {
  readonly cycles: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** So many cycles are part of the suite; `deno task kill …` makes fifty. */
const CYCLES = 5;

/** Starts our broker with these settings, on the directory and under the port of the one before. */
export function lives(name: string, settings: Readonly<Record<string, string>>) {
  return (earlier: Target | undefined): Promise<Target> => {
    const { directory, brokerPort } = earlier ?? {};
    return startPocketmq({ name, settings, directory, brokerPort });
  };
}

/** Kills as a scenario: of our broker alone. */
export function killPlay(world: World, kills: (ask: KillsAsk) => Promise<void>): Play {
  return async () => {
    if (world.tried !== "pocketmq") throw new Skipped("the promise is ours");
    const seed = Date.now() % 1_000_000;
    // Others play at the same time: each line has its seed.
    const say = (line: string) => console.log(`     (${seed}) ${line}`);
    await kills({ cycles: CYCLES, seed, say });
  };
}
