import { readdirSync, readFileSync } from "node:fs";
import { playIn } from "./client_program.ts";
import type { ClientVersion } from "./installed.ts";
import { java } from "./jvm.ts";
import { here, work } from "./places.ts";
import type { Group, Outcome } from "./scenario.ts";
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

/** How the Java scenarios are run. */
export interface SuiteRun {
  readonly name: string;
  readonly version: ClientVersion;
  readonly form: "JSON" | "ROCKETMQ";
  readonly nameServerPort: number;
  /** Where both listen; loopback by default. */
  readonly host?: string;
  /** Of a broker that creates no topics by itself; the same as the other where nobody asks. */
  readonly strictPort?: number;
  readonly kind: "apache" | "pocketmq";
  readonly wanted: readonly string[];
  /** The program that has them; the one of most scenarios by default. */
  readonly main?: string;
}

/** Runs the Java scenarios that are wanted, in one program. */
export function runSuite(
  world: World,
  run: SuiteRun,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  const { name, nameServerPort, strictPort = nameServerPort, wanted, host } = run;
  const words = java({
    name,
    heap: "512m",
    classPath: world.installed.clients.get(run.version) ?? "",
    main: run.main ?? "compat.Suite",
    words: [
      ...[
        address(nameServerPort, host),
        address(strictPort, host),
        run.kind,
        AT_A_TIME,
        wanted.join(","),
      ],
    ],
    properties: { "rocketmq.serialize.type": run.form },
  });
  return playIn({ name, words, output: `${work}/${name}.txt` }, wanted, tell);
}

/** The same as a part of another scenario: every one of them must be well. */
export async function mustSuite(world: World, run: SuiteRun): Promise<void> {
  const bad: string[] = [];
  await runSuite(world, run, ({ name, failure }) => {
    if (failure !== undefined) bad.push(`${name}: ${failure}`);
  });
  if (bad.length > 0) throw new Error(`Java clients failed:\n${bad.join("\n")}`);
}

/** All scenarios of one Java client with one form of headers, in one program. */
export function javaGroup(world: World, version: ClientVersion, form: "JSON" | "ROCKETMQ"): Group {
  const name = `java-${version}-${form.toLowerCase()}`;
  return {
    name,
    scenarios: registered(),
    async run(wanted, tell) {
      // For this one, no message counts as in memory either: then consumers start where they say.
      const strictly = { autoCreateTopicEnable: "false", accessMessageInMemoryMaxRatio: "0" };
      const [target, strict] = await Promise.all([
        startTried(world, { name, settings: { recallMessageEnable: "true" } }),
        startTried(world, { name: `${name}-strict`, settings: strictly }),
      ]);
      const { nameServerPort, kind } = target;
      const strictPort = strict.nameServerPort;
      try {
        await runSuite(
          world,
          { name, version, form, nameServerPort, strictPort, kind, wanted },
          tell,
        );
      } finally {
        await Promise.all([target.kill(), strict.kill()]);
      }
    },
  };
}
