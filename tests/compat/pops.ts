import { javaGroup } from "./client_groups.ts";
import { killPlay, type KillsAsk, lives } from "./lives.ts";
import { popClusterGroups } from "./pop_cluster.ts";
import { PopCycles } from "./pop_cycles.ts";
import { popEdges } from "./pop_edges.ts";
import { moveOrders } from "./order_move.ts";
import { movePops } from "./pop_move.ts";
import { popRenamed } from "./pop_renamed.ts";
import { type Group, type Play, plays } from "./scenario.ts";
import type { World } from "./world.ts";

const SENDS_EACH = 300;

/** Kills our broker amid pops; throws where a message is lost, early, or comes behind its ack. */
export function killPops(ask: KillsAsk, flushDiskType = "SYNC_FLUSH"): Promise<void> {
  const start = lives(`pop-kill-${flushDiskType}`, { flushDiskType });
  return new PopCycles({ ...ask, sendsEach: SENDS_EACH, start }).run();
}

/** Pops at their edges, through kills, and in a directory that moves. */
function killGroup(world: World): Group {
  const killed = (flush: string) => killPlay(world, (ask) => killPops(ask, flush));
  return plays(
    "pops",
    new Map<string, Play>([
      ["kill-nine-sync", killed("SYNC_FLUSH")],
      ["kill-nine-async", killed("ASYNC_FLUSH")],
      ["edges", () => popEdges(world)],
      ["renamed", () => popRenamed(world)],
      ["moved-in", () => movePops(world, "apache", "pocketmq")],
      ["moved-out", () => movePops(world, "pocketmq", "apache")],
      ["order-moved-in", () => moveOrders(world, "apache", "pocketmq")],
      ["order-moved-out", () => moveOrders(world, "pocketmq", "apache")],
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
