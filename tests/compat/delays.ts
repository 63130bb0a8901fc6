import { DelayCycles } from "./delay_cycles.ts";
import { moveDelays } from "./delay_move.ts";
import { killPlay, type KillsAsk, lives } from "./lives.ts";
import { type Group, type Play, plays } from "./scenario.ts";
import type { World } from "./world.ts";

const SENDS_EACH = 400;

/** Kills our broker amid delayed messages; throws where one is lost, early or comes twice. */
export function killDelays(ask: KillsAsk, flushDiskType = "ASYNC_FLUSH"): Promise<void> {
  const settings = { flushDiskType, timerMaxDelaySec: "3600" };
  const start = lives(`delay-kill-${flushDiskType}`, settings);
  return new DelayCycles({ ...ask, sendsEach: SENDS_EACH, start }).run();
}

/** Delayed messages through kills and moves; clients have theirs among their own scenarios. */
export function delayGroup(world: World): Group {
  const killed = (flush: string) => killPlay(world, (ask) => killDelays(ask, flush));
  return plays(
    "delays",
    new Map<string, Play>([
      ["kill-nine-sync", killed("SYNC_FLUSH")],
      ["kill-nine-async", killed("ASYNC_FLUSH")],
      ["moved-in", () => moveDelays(world, ["apache"], "pocketmq")],
      ["moved-out", () => moveDelays(world, ["pocketmq"], "apache")],
      ["moved-and-back", () => moveDelays(world, ["pocketmq", "apache"], "pocketmq")],
    ]),
  );
}
