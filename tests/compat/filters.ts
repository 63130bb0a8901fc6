import { readFileSync } from "node:fs";
import { playIn } from "./client_program.ts";
import { CLIENTS, type ClientVersion } from "./installed.ts";
import { runSuite } from "./java.ts";
import { here, work } from "./places.ts";
import type { Group } from "./scenario.ts";
import { address } from "./target.ts";
import { startTried, type World } from "./world.ts";

/** Upstream filters by SQL92 only where it is told to. */
const SETTINGS = { enablePropertyFilter: "true" };

function names(path: string, pattern: RegExp): string[] {
  const text = readFileSync(`${here}/${path}`, "utf8");
  return [...text.matchAll(pattern)].map(([, name]) => name);
}

function javaGroup(world: World, version: ClientVersion, form: "JSON" | "ROCKETMQ"): Group {
  const name = `filters-java-${version}-${form.toLowerCase()}`;
  return {
    name,
    scenarios: names("java/common/compat/FilterSuite.java", /filters\.put\("([^"]+)"/g),
    async run(wanted, tell) {
      const target = await startTried(world, { name, settings: SETTINGS });
      const { nameServerPort, kind } = target;
      const main = "compat.FilterSuite";
      try {
        await runSuite(world, { name, version, form, nameServerPort, kind, wanted, main }, tell);
      } finally {
        await target.kill();
      }
    },
  };
}

function goGroup(world: World): Group {
  const name = "filters-go";
  return {
    name,
    scenarios: names("go/filters.go", /^\t\{"([a-z-]+)", \w+\},$/gm),
    async run(wanted, tell) {
      const target = await startTried(world, { name, settings: SETTINGS });
      const server = address(target.nameServerPort);
      const words = [world.installed.goClient, server, world.tried, wanted.join(",")];
      try {
        await playIn({ name, words, output: `${work}/${name}.txt` }, wanted, tell);
      } finally {
        await target.kill();
      }
    },
  };
}

/** Filters, compressed bodies and batches with each client. */
export function filterGroups(world: World): Group[] {
  return [
    ...CLIENTS.flatMap((version) => [
      javaGroup(world, version, "JSON"),
      javaGroup(world, version, "ROCKETMQ"),
    ]),
    goGroup(world),
  ];
}
