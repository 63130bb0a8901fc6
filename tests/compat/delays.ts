import { delays } from "./delay_load.ts";
import { moveDelays } from "./delay_move.ts";
import { killPlay } from "./lives.ts";
import { type Group, type Play, plays } from "./scenario.ts";
import type { World } from "./world.ts";

/** Delayed messages through kills and moves; clients have theirs among their own scenarios. */
export function delayGroup(world: World): Group {
  return plays(
    "delays",
    new Map<string, Play>([
      ["kill-nine-sync", killPlay(world, delays("SYNC_FLUSH"))],
      ["kill-nine-async", killPlay(world, delays("ASYNC_FLUSH"))],
      ["moved-in", () => moveDelays(world, ["apache"], "pocketmq")],
      ["moved-out", () => moveDelays(world, ["pocketmq"], "apache")],
      ["moved-and-back", () => moveDelays(world, ["pocketmq", "apache"], "pocketmq")],
    ]),
  );
}
