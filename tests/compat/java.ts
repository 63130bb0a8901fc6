import { readdirSync, readFileSync } from "node:fs";
import { playIn } from "./client_program.ts";
import type { ClientVersion } from "./installed.ts";
import { java } from "./jvm.ts";
import { here, work } from "./places.ts";
import type { Group } from "./scenario.ts";
import { address } from "./target.ts";
import { startTried, type World } from "./world.ts";

/** How many scenarios one Java program runs at a time. */
const AT_A_TIME = "6";

/** The names under which the Java sources register their scenarios. */
function registered(): string[] {
  const folder = `${here}/java/common/compat`;
  const text = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, "utf8")).join();
  return [...text.matchAll(/scenarios\.put\("([^"]+)"/g)].map(([, name]) => name);
}

/** All scenarios of one Java client with one form of headers, in one program. */
export function javaGroup(world: World, version: ClientVersion, form: "JSON" | "ROCKETMQ"): Group {
  const name = `java-${version}-${form.toLowerCase()}`;
  return {
    name,
    scenarios: registered(),
    async run(wanted, tell) {
      const strictly = { autoCreateTopicEnable: "false" };
      const [target, strict] = await Promise.all([
        startTried(world, { name }),
        startTried(world, { name: `${name}-strict`, settings: strictly }),
      ]);
      const words = java({
        name,
        heap: "512m",
        classPath: world.installed.clients.get(version) ?? "",
        main: "compat.Suite",
        words: [
          ...[address(target.nameServerPort), address(strict.nameServerPort)],
          ...[world.tried, AT_A_TIME, wanted.join(",")],
        ],
        properties: { "rocketmq.serialize.type": form },
      });
      try {
        await playIn({ name, words, output: `${work}/${name}.txt` }, wanted, tell);
      } finally {
        await Promise.all([target.kill(), strict.kill()]);
      }
    },
  };
}
