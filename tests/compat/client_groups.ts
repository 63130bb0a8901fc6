import { readFileSync } from "node:fs";
import { type GoRun, playGo } from "./go.ts";
import { CLIENTS, type ClientVersion } from "./installed.ts";
import { type HeaderForm, runSuite } from "./java.ts";
import { here } from "./places.ts";
import type { Group } from "./scenario.ts";
import type { TargetOptions } from "./target.ts";
import { startsOf, withTried, type World } from "./world.ts";

const JAVA = /^ {4}\w+\.put\("([^"]+)", (?:\w+::|site -> )/gm;
const GO = /^\t\{"([a-z-]+)", \w+\},$/gm;
const RUST = /^ +"([a-z-]+)" => \{$/gm;

function namesIn(path: string): string[] {
  const text = readFileSync(`${here}/${path}`, "utf8");
  const pattern = path.endsWith(".go") ? GO : path.endsWith(".rs") ? RUST : JAVA;
  const parts = [...text.matchAll(/^ {4}(\w+)\.register\(/gm)];
  const folder = path.slice(0, path.lastIndexOf("/"));
  return [
    ...[...text.matchAll(pattern)].map(([, name]) => name),
    ...parts.flatMap(([, part]) => namesIn(`${folder}/${part}.java`)),
  ];
}

/**
 * The names under which a client program's source registers its scenarios, and the classes that
 * it lets register theirs.
 * @throws where two scenarios have one name: only one of them would be told
 */
export function scenariosIn(path: string): string[] {
  const names = namesIn(path);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return names;
  throw new Error(`${path} registers two scenarios as ${twice}: rename one of them`);
}

/** Scenarios of one Java program, and the brokers on which they are played. */
export interface JavaScenarios {
  /** Groups are named after it, the client's version and its form of headers. */
  readonly name: string;
  /** The source of the program. */
  readonly source: `java/${string}/compat/${string}.java`;
  readonly settings?: TargetOptions["settings"];
  /** A second broker that does otherwise, if they need one: the site's strict one. */
  readonly strict?: TargetOptions["settings"];
}

/** Scenarios of a Java program with one client and one form of headers. */
export function javaGroup(
  world: World,
  scenarios: JavaScenarios,
  [version, form]: readonly [ClientVersion, HeaderForm],
): Group {
  const { source, settings, strict } = scenarios;
  const name = `${scenarios.name}-${version}-${form.toLowerCase()}`;
  const main = source.replace(/^java\/\w+\/(\w+)\/(\w+)\.java$/, "$1.$2");
  return {
    name,
    scenarios: scenariosIn(source),
    run: (wanted, tell) =>
      withTried(
        world,
        startsOf({ name, settings, strict }),
        async ([{ nameServerPort, kind }, other]) => {
          const ports = { nameServerPort, strictPort: other?.nameServerPort };
          await runSuite(world, { name, version, form, ...ports, kind, wanted, main }, tell);
        },
      ),
  };
}

/** The Java clients that are tried, each with both forms of headers. */
export const JAVA_CLIENTS = CLIENTS.flatMap((version) => [
  [version, "JSON"] as const,
  [version, "ROCKETMQ"] as const,
]);

/** Scenarios of a Java program with each client and each form of headers. */
export function javaGroups(world: World, scenarios: JavaScenarios): Group[] {
  return JAVA_CLIENTS.map((client) => javaGroup(world, scenarios, client));
}

/** Scenarios of one source of the Go program, and the brokers on which they are played. */
export interface GoScenarios extends Omit<GoRun, "wanted"> {
  readonly source: `go/${string}.go`;
}

/** Scenarios of Apache's Go client. */
export function goGroup(world: World, { source, ...run }: GoScenarios): Group {
  return {
    name: run.name,
    scenarios: scenariosIn(source),
    run: (wanted, tell) => playGo(world, { ...run, wanted }, tell),
  };
}
