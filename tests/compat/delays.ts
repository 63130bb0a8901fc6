import { DelayCycles } from "./delay_cycles.ts";
import { moveDelays } from "./delay_move.ts";
import { startPocketmq } from "./pocketmq.ts";
import { type Group, type Play, plays, Skipped } from "./scenario.ts";
import type { World } from "./world.ts";

const SENDS_EACH = 400;
/** So many cycles are part of the suite. */
const CYCLES = 5;

/** Delayed messages through kills; their clients' scenarios are among the clients' own. */
export function delayGroup(world: World): Group {
  const killed = (flushDiskType: string): Play => async () => {
    if (world.tried !== "pocketmq") throw new Skipped("upstream may deliver again what it did");
    await new DelayCycles({
      ...{ cycles: CYCLES, seed: Date.now() % 1_000_000, sendsEach: SENDS_EACH },
      say: (line) => console.log(`     ${line}`),
      start: (earlier) => {
        const { directory, brokerPort } = earlier ?? {};
        const settings = { flushDiskType, timerMaxDelaySec: "3600" };
        return startPocketmq({
          name: `delay-kill-${flushDiskType}`,
          settings,
          directory,
          brokerPort,
        });
      },
    }).run();
  };
  return plays(
    "delays",
    new Map<string, Play>([
      ["kill-nine-sync", killed("SYNC_FLUSH")],
      ["kill-nine-async", killed("ASYNC_FLUSH")],
      ["moved-in", () => moveDelays(world, "apache", "pocketmq")],
      ["moved-out", () => moveDelays(world, "pocketmq", "apache")],
    ]),
  );
}
