import { goGroup, javaGroups } from "./client_groups.ts";
import type { Group } from "./scenario.ts";
import type { World } from "./world.ts";

const SETTINGS = {
  ...{ autoCreateTopicEnable: "false", autoCreateSubscriptionGroup: "false" },
  enablePropertyFilter: "true",
};

/** What each client sees where it is refused, on brokers that create nothing by themselves. */
export function refusalGroups(world: World): Group[] {
  const common = { settings: SETTINGS, strict: { ...SETTINGS, enablePropertyFilter: "false" } };
  const java = "java/common/compat/RefusalSuite.java";
  return [
    ...javaGroups(world, { name: "refusals-java", source: java, ...common }),
    goGroup(world, { name: "refusals-go", source: "go/refusals.go", ...common }),
  ];
}
