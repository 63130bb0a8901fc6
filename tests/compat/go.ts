import { readFileSync } from "node:fs";
import { playIn } from "./client_program.ts";
import { here, work } from "./places.ts";
import type { Group } from "./scenario.ts";
import { address } from "./target.ts";
import { startTried, type World } from "./world.ts";

/** The names under which the Go source keeps its scenarios. */
function registered(): string[] {
  const text = readFileSync(`${here}/go/main.go`, "utf8");
  return [...text.matchAll(/^\t\{"([a-z-]+)", \w+\},$/gm)].map(([, name]) => name);
}

/** All scenarios of Apache's Go client. */
export function goGroup(world: World): Group {
  const name = "go";
  return {
    name,
    scenarios: registered(),
    async run(wanted, tell) {
      // This client gives no lock back when a queue goes to another: that one waits for its end.
      const settings = { lockMaxLiveTime: "25000" };
      const target = await startTried(world, { name, settings });
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
