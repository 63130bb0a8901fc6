import { goGroup, javaGroups } from "./client_groups.ts";
import type { Group } from "./scenario.ts";
import type { World } from "./world.ts";

/** A second each: sixteen tries need no hours. */
const SETTINGS = { messageDelayLevel: Array<string>(18).fill("1s").join(" ") };

/** Retries, dead letters, and requests with replies, with each client. */
export function retryGroups(world: World): Group[] {
  const java = "java/common/compat/RetrySuite.java";
  return [
    ...javaGroups(world, { name: "retries-java", source: java, settings: SETTINGS }),
    goGroup(world, { name: "retries-go", source: "go/retries.go", settings: SETTINGS }),
  ];
}
