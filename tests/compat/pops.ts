import { readFileSync } from "node:fs";
import { runSuite } from "./java.ts";
import { here } from "./places.ts";
import { PopCycles } from "./pop_cycles.ts";
import { startPocketmq } from "./pocketmq.ts";
import { type Group, type Play, plays, Skipped } from "./scenario.ts";
import { startTried, type World } from "./world.ts";

const SOURCE = "java/v5/compat/PopSuite.java";

/** Popping with Java's client of 5.5.0; older ones and Go's cannot, nor binary headers. */
function javaGroup(world: World): Group {
  const name = "pop-java-5.5.0-json";
  const text = readFileSync(`${here}/${SOURCE}`, "utf8");
  return {
    name,
    scenarios: [...text.matchAll(/pops\.put\("([^"]+)"/g)].map(([, scenario]) => scenario),
    async run(wanted, tell) {
      const target = await startTried(world, { name, settings: {} });
      const { nameServerPort, kind } = target;
      const run = { name, version: "5.5.0", form: "JSON", nameServerPort, kind, wanted } as const;
      try {
        await runSuite(world, { ...run, main: "compat.PopSuite" }, tell);
      } finally {
        await target.kill();
      }
    },
  };
}

const SENDS_EACH = 300;
/** So many cycles are part of the suite. */
const CYCLES = 5;

/** Pops through kills. */
function killGroup(world: World): Group {
  const killed = (flushDiskType: string): Play => async () => {
    if (world.tried !== "pocketmq") throw new Skipped("upstream keeps newest pops in memory");
    await new PopCycles({
      ...{ cycles: CYCLES, seed: Date.now() % 1_000_000, sendsEach: SENDS_EACH },
      say: (line) => console.log(`     ${line}`),
      start: (earlier) => {
        const { directory, brokerPort } = earlier ?? {};
        const name = `pop-kill-${flushDiskType}`;
        return startPocketmq({ name, settings: { flushDiskType }, directory, brokerPort });
      },
    }).run();
  };
  return plays(
    "pops",
    new Map<string, Play>([
      ["kill-nine-sync", killed("SYNC_FLUSH")],
      ["kill-nine-async", killed("ASYNC_FLUSH")],
    ]),
  );
}

/** POP with the clients that know it, and through kills. */
export function popGroups(world: World): Group[] {
  return [javaGroup(world), killGroup(world)];
}
