import { readFileSync } from "node:fs";
import { playIn } from "./client_program.ts";
import { CLIENTS, type ClientVersion } from "./installed.ts";
import { mustSuite } from "./java.ts";
import { here, work } from "./places.ts";
import { attempt, type Group, type Outcome } from "./scenario.ts";
import { address } from "./target.ts";
import { startTried, type World } from "./world.ts";

/** Then clients send themselves elsewhere (220). */
const BY_CLIENTS = { useServerSideResetOffset: "false" };
type Settings = Readonly<Record<string, string>>;

async function javaByClients(world: World, version: ClientVersion): Promise<void> {
  const name = `reset-by-clients-${version}`;
  const target = await startTried(world, { name, settings: BY_CLIENTS });
  const { nameServerPort, kind } = target;
  try {
    const wanted = ["reset-live", "reset-offline"];
    await mustSuite(world, { name, version, form: "JSON", nameServerPort, kind, wanted });
  } finally {
    await target.kill();
  }
}

async function inGo(
  world: World,
  run: { readonly name: string; readonly settings: Settings; readonly wanted: readonly string[] },
  tell: (outcome: Outcome) => void,
): Promise<void> {
  const { name, settings, wanted } = run;
  const target = await startTried(world, { name, settings });
  const server = address(target.nameServerPort);
  const words = [world.installed.goClient, server, world.tried, wanted.join(",")];
  try {
    await playIn({ name, words, output: `${work}/${name}.txt` }, wanted, tell);
  } finally {
    await target.kill();
  }
}

async function goByClients(world: World): Promise<void> {
  const bad: string[] = [];
  const run = { name: "reset-by-clients-go", settings: BY_CLIENTS, wanted: ["reset-live"] };
  await inGo(world, run, ({ name, failure }) => {
    if (failure !== undefined) bad.push(`${name}: ${failure}`);
  });
  if (bad.length > 0) throw new Error(`Go's client failed:\n${bad.join("\n")}`);
}

function byClients(world: World): Group {
  return {
    name: "reset-by-clients",
    scenarios: [...CLIENTS, "go"],
    async run(wanted, tell) {
      for (const version of CLIENTS) {
        if (!wanted.includes(version)) continue;
        tell(await attempt(version, () => javaByClients(world, version)));
      }
      if (wanted.includes("go")) tell(await attempt("go", () => goByClients(world)));
    },
  };
}

function goGroup(world: World): Group {
  const text = readFileSync(`${here}/go/asking.go`, "utf8");
  const name = "asking-go";
  return {
    name,
    scenarios: [...text.matchAll(/^\t\{"([a-z-]+)", \w+\},$/gm)].map(([, one]) => one),
    run: (wanted, tell) => inGo(world, { name, settings: {}, wanted }, tell),
  };
}

/** Consumers that are asked, and groups that are sent elsewhere, beside `Asking.java`. */
export function askingGroups(world: World): Group[] {
  return [goGroup(world), byClients(world)];
}
