import { startApache } from "./apache.ts";
import { Chance } from "./chance.ts";
import { killPlay, type Kind } from "./lives.ts";
import { pause } from "./pause.ts";
import { startPocketmq } from "./pocketmq.ts";
import { type Group, holds, type Play, plays, same, Skipped } from "./scenario.ts";
import type { Target } from "./target.ts";
import { TransactionLoad } from "./transaction_load.ts";
import { Wire } from "./wire.ts";
import type { World } from "./world.ts";

const WIRES = 6;
/** Halves of a life of the broker, at the most. */
const HALVES_EACH = 500;
const SETTINGS = { transactionCheckInterval: "500", transactionTimeOut: "500" };
/** Time enough for Apache's broker to write the ends of halves between two rounds. */
const MOVING = {
  transactionCheckInterval: "3000",
  transactionTimeOut: "2000",
  transactionOpBatchInterval: "50",
};

/** Kills amid transactions. */
export const TRANSACTIONS: Kind = {
  name: "transactions",
  settings: { ...SETTINGS, transactionCheckMax: "200" },
  wires: WIRES,
  each: 100,
  mostMs: 1200,
  load: (chance) => new TransactionLoad(chance, { most: HALVES_EACH, saysTwice: true }),
};

/** Takes a store with open transactions from one broker to the other and back. */
async function move(world: World): Promise<void> {
  const load = new TransactionLoad(new Chance(Date.now()), { most: 40, saysTwice: false });
  const classPath = world.installed.apache;
  let target: Target | undefined;
  for (const [step, kind] of (["pocketmq", "apache", "pocketmq"] as const).entries()) {
    const options = {
      name: `transactions-${step}`,
      settings: MOVING,
      directory: target?.directory,
    };
    const now = target = kind === "apache"
      ? await startApache({ ...options, classPath })
      : await startPocketmq(options);
    const wires = await Promise.all([...Array(WIRES)].map(() => Wire.connect(now.brokerPort)));
    await load.join(wires);
    await Promise.all(load.work(wires));
    if (step < 2) await pause(1000);
    else await load.judge(target, true);
    for (const wire of wires) wire.close();
    if (step < 2) await target.stop();
  }
  await target?.kill();
  console.log(`     ${load.acknowledged} halves, ${load.told}`);
  holds(load.checks > 0, "no producer was asked");
  same("what is wrong", [], load.violations);
}

/** Transactions through kills of the broker, and through moves of its store. */
export function transactionLivesGroup(world: World): Group {
  const ours = (play: Play): Play => () => {
    if (world.tried !== "pocketmq") throw new Skipped("the promise is ours");
    return play();
  };
  const all = new Map<string, Play>([
    ["kill-nine", killPlay(world, TRANSACTIONS)],
    ["store-goes-to-apache-and-back", ours(() => move(world))],
  ]);
  return plays("transaction-lives", all);
}
