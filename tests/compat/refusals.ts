import { goGroup, javaGroups } from "./client_groups.ts";
import type { Group } from "./scenario.ts";
import type { World } from "./world.ts";

const SETTINGS = { autoCreateTopicEnable: "false", autoCreateSubscriptionGroup: "false" };

/** What each client sees where it is refused, on brokers that create nothing by themselves. */
export function refusalGroups(world: World): Group[] {
  const common = {
    settings: { ...SETTINGS, enablePropertyFilter: "true" },
    // The other one knows no SQL92, and lets few pulls of one client wait.
    strict: { ...SETTINGS, enablePropertyFilter: "false", pullWaitersPerLinkMax: "2" },
  };
  const java = "java/common/compat/RefusalSuite.java";
  return [
    ...javaGroups(world, { name: "refusals-java", source: java, ...common }),
    goGroup(world, { name: "refusals-go", source: "go/refusals.go", ...common }),
  ];
}
