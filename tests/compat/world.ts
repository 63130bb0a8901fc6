import { startApache } from "./apache.ts";
import type { Installed } from "./installed.ts";
import { startPocketmq } from "./pocketmq.ts";
import type { Target, TargetOptions } from "./target.ts";

/** What every group of scenarios is given. */
export interface World {
  readonly installed: Installed;
  /** What is tried: our server, or Apache's to see that a scenario is right. */
  readonly tried: "pocketmq" | "apache";
  /** Are golden files to be written anew, from what Apache's broker answers? */
  readonly isRecording: boolean;
}

/** Starts what is tried: name server and broker with a data directory of their own. */
export function startTried(world: World, options: TargetOptions): Promise<Target> {
  const classPath = world.installed.apache;
  return world.tried === "apache" ? startApache({ ...options, classPath }) : startPocketmq(options);
}

/** A broker, and a second one that does otherwise where there are settings for it. */
export function startsOf({ name, settings, strict }: {
  readonly name: string;
  readonly settings?: TargetOptions["settings"];
  readonly strict?: TargetOptions["settings"];
}): TargetOptions[] {
  const other = { name: `${name}-strict`, settings: strict };
  return [{ name, settings }, ...strict === undefined ? [] : [other]];
}

/** Starts so many for a while; whatever comes of it, they are killed in the end. */
export async function withTried(
  world: World,
  starts: readonly TargetOptions[],
  run: (targets: readonly Target[]) => Promise<void>,
): Promise<void> {
  const targets = await Promise.all(starts.map((options) => startTried(world, options)));
  try {
    await run(targets);
  } finally {
    await Promise.all(targets.map((target) => target.kill()));
  }
}
