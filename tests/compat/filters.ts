import { goGroup, javaGroups } from "./client_groups.ts";
import type { Group } from "./scenario.ts";
import type { World } from "./world.ts";

/** Upstream filters by SQL92 only where it is told to. */
const SETTINGS = { enablePropertyFilter: "true" };

/** Filters, compressed bodies and batches with each client. */
export function filterGroups(world: World): Group[] {
  const java = "java/common/compat/FilterSuite.java";
  return [
    ...javaGroups(world, { name: "filters-java", source: java, settings: SETTINGS }),
    goGroup(world, { name: "filters-go", source: "go/filters.go", settings: SETTINGS }),
  ];
}
