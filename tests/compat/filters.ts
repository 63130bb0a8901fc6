import { goGroup, javaGroups } from "./client_groups.ts";
import { moveBatches, type Stay } from "./batch_move.ts";
import { type Group, type Play, plays } from "./scenario.ts";
import type { World } from "./world.ts";

/** Upstream filters by SQL92 only where it is told to. */
const SETTINGS = { enablePropertyFilter: "true" };

/** A data directory with a topic of type BatchCQ goes from broker to broker. */
const MOVES: readonly Stay[] = [
  { kind: "pocketmq", end: "stop" },
  { kind: "apache", end: "stop" },
  { kind: "pocketmq", end: "stop" },
];
const KILLS: readonly Stay[] = [
  { kind: "apache", end: "kill" },
  { kind: "pocketmq", end: "kill" },
  { kind: "pocketmq", end: "stop" },
  { kind: "apache", end: "stop" },
];

/** Filters, compressed bodies and batches with each client. */
export function filterGroups(world: World): Group[] {
  const java = "java/common/compat/FilterSuite.java";
  return [
    ...javaGroups(world, { name: "filters-java", source: java, settings: SETTINGS }),
    goGroup(world, { name: "filters-go", source: "go/filters.go", settings: SETTINGS }),
    plays(
      "batches",
      new Map<string, Play>([
        ["moved-in-and-out", () => moveBatches(world, MOVES)],
        ["moved-by-kills", () => moveBatches(world, KILLS)],
      ]),
    ),
  ];
}
