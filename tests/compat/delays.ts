import { DelayCycles, type DelayCyclesAsk } from "./delay_cycles.ts";
import { moveDelays } from "./delay_move.ts";
import { startPocketmq } from "./pocketmq.ts";
import { type Group, type Play, plays, Skipped } from "./scenario.ts";
import type { World } from "./world.ts";

const SENDS_EACH = 400;
/** So many cycles are part of the suite; `deno task kill delays` makes fifty. */
const CYCLES = 5;

type Ask = Pick<DelayCyclesAsk, "cycles" | "seed" | "say">;

/** Kills our broker amid delayed messages; throws where one is lost, early or comes twice. */
export function killDelays(ask: Ask, flushDiskType = "ASYNC_FLUSH"): Promise<void> {
  return new DelayCycles({
    ...ask,
    sendsEach: SENDS_EACH,
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
}

/** Delayed messages through kills and moves; clients have theirs among their own scenarios. */
export function delayGroup(world: World): Group {
  const killed = (flushDiskType: string): Play => async () => {
    if (world.tried !== "pocketmq") throw new Skipped("upstream may deliver again what it did");
    const say = (line: string) => console.log(`     ${line}`);
    await killDelays({ cycles: CYCLES, seed: Date.now() % 1_000_000, say }, flushDiskType);
  };
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
