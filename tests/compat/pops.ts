import { readFileSync } from "node:fs";
import { runSuite } from "./java.ts";
import { here } from "./places.ts";
import type { Group } from "./scenario.ts";
import { startTried, type World } from "./world.ts";

const SOURCE = "java/v5/compat/PopSuite.java";

/** Popping with Java's client of 5.5.0; older ones and Go's cannot, nor binary headers. */
function javaGroup(world: World): Group {
  const name = "pop-java-5.5.0-json";
  const text = readFileSync(`${here}/${SOURCE}`, "utf8");
  return {
    name,
    scenarios: [...text.matchAll(/pops\.put\("([^"]+)"/g)].map(([, scenario]) => scenario),
    async run(wanted, tell) {
      const target = await startTried(world, { name, settings: {} });
      const { nameServerPort, kind } = target;
      const run = { name, version: "5.5.0", form: "JSON", nameServerPort, kind, wanted } as const;
      try {
        await runSuite(world, { ...run, main: "compat.PopSuite" }, tell);
      } finally {
        await target.kill();
      }
    },
  };
}

/** POP with the clients that know it. */
export function popGroups(world: World): Group[] {
  return [javaGroup(world)];
}
