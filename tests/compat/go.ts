import { playIn } from "./client_program.ts";
import { work } from "./places.ts";
import type { Outcome } from "./scenario.ts";
import { address, type TargetOptions } from "./target.ts";
import { withTried, type World } from "./world.ts";

/** How scenarios of Apache's Go client are run. */
export interface GoRun {
  readonly name: string;
  readonly settings?: TargetOptions["settings"];
  readonly wanted: readonly string[];
}

/** Runs the Go scenarios that are wanted, in one program, on a broker of their own. */
export function playGo(
  world: World,
  { name, settings, wanted }: GoRun,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  return withTried(world, [{ name, settings }], ([{ nameServerPort }]) => {
    const server = address(nameServerPort);
    const words = [world.installed.goClient, server, world.tried, wanted.join(",")];
    return playIn({ name, words, output: `${work}/${name}.txt` }, wanted, tell);
  });
}
