import { goGroup } from "./client_groups.ts";
import { playGo } from "./go.ts";
import { CLIENTS, type ClientVersion } from "./installed.ts";
import { mustSuite } from "./java.ts";
import { mustAll } from "./outcomes.ts";
import { CODE, commit, createGroup, progressOf, send } from "./requests.ts";
import { attempt, type Group, plays, same, Skipped } from "./scenario.ts";
import { Wire } from "./wire.ts";
import { startTried, withTried, type World } from "./world.ts";

/** Then clients send themselves elsewhere (220). */
const BY_CLIENTS = { useServerSideResetOffset: "false" };

function javaByClients(world: World, version: ClientVersion): Promise<void> {
  const name = `reset-by-clients-${version}`;
  return withTried(world, [{ name, settings: BY_CLIENTS }], ([{ nameServerPort, kind }]) => {
    const wanted = ["reset-live", "reset-offline"];
    return mustSuite(world, { name, version, form: "JSON", nameServerPort, kind, wanted });
  });
}

function goByClients(world: World): Promise<void> {
  const run = { name: "reset-by-clients-go", settings: BY_CLIENTS, wanted: ["reset-live"] };
  return mustAll("Go's client", (tell) => playGo(world, run, tell));
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
  await withTried(world, [{ name, directory, brokerPort }], async ([again]) => {
    const wireAgain = await Wire.connect(again.brokerPort);
    same("progress", 3, await progressOf(wireAgain, "reset_kill", queue));
  });
}

/** Consumers that are asked, and groups that are sent elsewhere, beside `Asking.java`. */
export function askingGroups(world: World): Group[] {
  const kill = plays("reset", new Map([["kill", () => throughKill(world)]]));
  const go = goGroup(world, { name: "asking-go", source: "go/asking.go" });
  return [go, byClients(world), kill];
}
