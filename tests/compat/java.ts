import { playIn } from "./client_program.ts";
import type { ClientVersion } from "./installed.ts";
import { java } from "./jvm.ts";
import { mustAll } from "./outcomes.ts";
import { work } from "./places.ts";
import type { Outcome } from "./scenario.ts";
import { address } from "./target.ts";
import type { World } from "./world.ts";

/** How many scenarios one Java program runs at a time. */
const AT_A_TIME = "6";

/** How clients write the headers of their commands. */
export type HeaderForm = "JSON" | "ROCKETMQ";

/** How the Java scenarios are run. */
export interface SuiteRun {
  readonly name: string;
  readonly version: ClientVersion;
  readonly form: HeaderForm;
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
      address(nameServerPort, host),
      address(strictPort, host),
      run.kind,
      AT_A_TIME,
      wanted.join(","),
    ],
    properties: { "rocketmq.serialize.type": run.form },
  });
  return playIn({ name, words, output: `${work}/${name}.txt` }, wanted, tell);
}

/** The same as a part of another scenario: every one of them must be well. */
export function mustSuite(world: World, run: SuiteRun): Promise<void> {
  return mustAll("Java clients", (tell) => runSuite(world, run, tell));
}
