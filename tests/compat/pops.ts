import { javaGroup } from "./client_groups.ts";
import { popClusterGroups } from "./pop_cluster.ts";
import { PopCycles } from "./pop_cycles.ts";
import { popEdges } from "./pop_edges.ts";
import { movePops } from "./pop_move.ts";
import { startPocketmq } from "./pocketmq.ts";
import { type Group, type Play, plays, Skipped } from "./scenario.ts";
import type { World } from "./world.ts";

const SENDS_EACH = 300;
/** So many cycles are part of the suite. */
const CYCLES = 5;

/** Pops at their edges, through kills, and in a directory that moves. */
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
      ["edges", () => popEdges(world)],
      ["moved-in", () => movePops(world, "apache", "pocketmq")],
      ["moved-out", () => movePops(world, "pocketmq", "apache")],
    ]),
  );
}

/** POP with the client that knows it, Java's of 5.5.0 with JSON headers; kills; three brokers. */
export function popGroups(world: World): Group[] {
  const settings = { enablePropertyFilter: "true" };
  const scenarios = { name: "pop-java", source: "java/v5/compat/PopSuite.java", settings } as const;
  const calls = javaGroup(world, scenarios, ["5.5.0", "JSON"]);
  return [calls, killGroup(world), ...popClusterGroups(world)];
}
