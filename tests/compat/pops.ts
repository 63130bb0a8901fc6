import { javaGroup } from "./client_groups.ts";
import { killPlay } from "./lives.ts";
import { popClusterGroups } from "./pop_cluster.ts";
import { popEdges } from "./pop_edges.ts";
import { moveOrders } from "./order_move.ts";
import { pops } from "./pop_load.ts";
import { movePops } from "./pop_move.ts";
import { popRenamed } from "./pop_renamed.ts";
import { ORDERLY_POPS } from "./pop_order_load.ts";
import { type Group, type Play, plays } from "./scenario.ts";
import type { World } from "./world.ts";

/** Pops at their edges, through kills, and in a directory that moves. */
function killGroup(world: World): Group {
  return plays(
    "pops",
    new Map<string, Play>([
      ["kill-nine-sync", killPlay(world, pops("SYNC_FLUSH"))],
      ["kill-nine-async", killPlay(world, pops("ASYNC_FLUSH"))],
      ["kill-nine-orderly", killPlay(world, ORDERLY_POPS)],
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
