import { readFileSync } from "node:fs";
import { playIn } from "./client_program.ts";
import { CLIENTS, type ClientVersion } from "./installed.ts";
import { mustSuite } from "./java.ts";
import { here, work } from "./places.ts";
import { CODE, commit, createGroup, progressOf, send } from "./requests.ts";
import { attempt, type Group, type Outcome, plays, same, Skipped } from "./scenario.ts";
import { address } from "./target.ts";
import { Wire } from "./wire.ts";
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

/** What a reset was answered with holds after kill -9; Apache's broker may lose five seconds. */
async function throughKill(world: World): Promise<void> {
  if (world.tried === "apache") throw new Skipped("Apache's broker writes progress later");
  const name = "reset-kill";
  const first = await startTried(world, { name });
  const wire = await Wire.connect(first.brokerPort);
  for (let at = 0; at < 10; at++) {
    await send(wire, { topic: "ResetKill", queueId: 0, body: `message ${at}` });
  }
  await createGroup(wire, "reset_kill");
  const queue = { topic: "ResetKill", queueId: 0 };
  await commit(wire, "reset_kill", { ...queue, commitOffset: 10 });
  const fields = { ...queue, group: "reset_kill", offset: 3, timestamp: 0, isForce: true };
  const reset = await wire.call({ code: CODE.reset, fields });
  same("the answer", [0, ""], [reset.code, reset.remark ?? ""]);
  await first.kill();
  const { directory, brokerPort } = first;
  const again = await startTried(world, { name, directory, brokerPort });
  try {
    const wireAgain = await Wire.connect(again.brokerPort);
    same("progress", 3, await progressOf(wireAgain, "reset_kill", queue));
  } finally {
    await again.kill();
  }
}

/** Consumers that are asked, and groups that are sent elsewhere, beside `Asking.java`. */
export function askingGroups(world: World): Group[] {
  const kill = plays("reset", new Map([["kill", () => throughKill(world)]]));
  return [goGroup(world), byClients(world), kill];
}
