import { networkInterfaces } from "node:os";
import { mustSuite } from "./java.ts";
import { java } from "./jvm.ts";
import { outcomesIn } from "./outcomes.ts";
import { pause, until, within } from "./pause.ts";
import { work } from "./places.ts";
import { startPocketmq } from "./pocketmq.ts";
import { start } from "./programs.ts";
import { type Group, holds, type Play, plays, Skipped } from "./scenario.ts";
import { address, type Target } from "./target.ts";
import type { World } from "./world.ts";

const SECONDS = 14;

/** The same directory and the same ports as before. */
function again(target: Target, name: string): Promise<Target> {
  const { directory, brokerPort, nameServerPort: ownNameServerPort } = target;
  return startPocketmq({ name, directory, brokerPort, ownNameServerPort });
}

/** A Java producer and consumer at work while our server is killed, and stopped, and comes back. */
async function throughRestarts(world: World): Promise<void> {
  const name = "endure";
  let target = await startPocketmq({ name });
  const words = java({
    name,
    heap: "256m",
    classPath: world.installed.clients.get("4.9.8") ?? "",
    main: "compat.Endure",
    words: [address(target.nameServerPort), String(SECONDS)],
  });
  const client = start({ name, words, output: `${work}/${name}.txt` });
  await until(
    10_000,
    () => client.output().includes("WORKING") || undefined,
    () => `no messages flow: ${client.output()}`,
  );
  await target.kill();
  target = await again(target, name);
  await pause(3000);
  await target.stop();
  await pause(1000);
  target = await again(target, name);
  await within(90_000, client.ended, () => "the client does not end");
  const [outcome] = outcomesIn(client.output());
  holds(outcome !== undefined && outcome.failure === undefined, client.output());
  await target.stop();
}

function otherAddress(): string {
  const found = Object.values(networkInterfaces()).flat()
    .find((one) => one !== undefined && one.family === "IPv4" && !one.internal);
  if (found === undefined) throw new Skipped("this machine has no other address than its own");
  return found.address;
}

/** Nothing is set: clients that ask at another address are sent to that address. */
async function byAnotherAddress(world: World): Promise<void> {
  const host = otherAddress();
  const name = "reached";
  const target = await startPocketmq({ name, host: "0.0.0.0" });
  const wanted = ["quickstart", "lite-subscribe", "look-up"];
  const clients = { version: "5.5.0", form: "ROCKETMQ", kind: "pocketmq", wanted } as const;
  const { nameServerPort } = target;
  await mustSuite(world, { ...clients, name, host, nameServerPort });
  await target.stop();
}

/** What happens to clients in a long life; only with our server. */
export function enduranceGroup(world: World): Group {
  const ours = (play: (world: World) => Promise<void>): Play => () => {
    if (world.tried !== "pocketmq") throw new Skipped("it is about our server");
    return play(world);
  };
  const all = new Map<string, Play>([
    ["through-restarts", ours(throughRestarts)],
    ["by-another-address", ours(byAnotherAddress)],
  ]);
  return plays("endurance", all);
}
