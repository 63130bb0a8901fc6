import { playIn } from "./client_program.ts";
import { makeFolder, work } from "./places.ts";
import type { Outcome } from "./scenario.ts";
import { address, type TargetOptions } from "./target.ts";
import { startsOf, withTried, type World } from "./world.ts";

/** How scenarios of Apache's Go client are run. */
export interface GoRun {
  readonly name: string;
  readonly settings?: TargetOptions["settings"];
  /** A second broker that does otherwise, if they need one. */
  readonly strict?: TargetOptions["settings"];
  readonly wanted: readonly string[];
}

/** What the Go program is told of brokers that run already. */
export interface GoClients {
  readonly name: string;
  readonly nameServerPort: number;
  /** Of a broker that does otherwise. */
  readonly strictPort?: number;
  readonly wanted: readonly string[];
}

/** Runs the Go scenarios that are wanted, in one program, on a broker of their own. */
export function playGo(
  world: World,
  { name, settings, strict, wanted }: GoRun,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  return withTried(world, startsOf({ name, settings, strict }), ([target, other]) => {
    const ports = { nameServerPort: target.nameServerPort, strictPort: other?.nameServerPort };
    return runGo(world, { name, ...ports, wanted }, tell);
  });
}

/** The same on brokers that run already. */
export function runGo(
  world: World,
  { name, nameServerPort, strictPort = nameServerPort, wanted }: GoClients,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  const servers = [nameServerPort, strictPort].map((port) => address(port));
  const words = [world.installed.goClient, ...servers, world.tried, wanted.join(",")];
  // It keeps where broadcast consumers are there, and would go on from an earlier run.
  const environment = { HOME: makeFolder(`${work}/home-${name}`) };
  return playIn({ name, words, environment, output: `${work}/${name}.txt` }, wanted, tell);
}
