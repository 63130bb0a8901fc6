import { goGroup, javaGroups } from "./client_groups.ts";
import type { Group } from "./scenario.ts";
import type { World } from "./world.ts";

/** What clients do most, and what needs no settings of its own, with each client. */
export function everydayGroups(world: World): Group[] {
  // For this one, no message counts as in memory either: then consumers start where they say.
  const strict = { autoCreateTopicEnable: "false", accessMessageInMemoryMaxRatio: "0" };
  return [
    ...javaGroups(world, {
      name: "java",
      source: "java/common/compat/Suite.java",
      settings: { recallMessageEnable: "true" },
      strict,
    }),
    goGroup(world, {
      name: "go",
      source: "go/everyday.go",
      // This client gives no lock back when a queue goes to another: that one waits for its end.
      settings: { lockMaxLiveTime: "25000" },
      strict,
    }),
  ];
}
