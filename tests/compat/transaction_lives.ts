import { Chance } from "./chance.ts";
import { killPlay, type Kind } from "./lives.ts";
import { MovedStore } from "./moved_store.ts";
import { pause } from "./pause.ts";
import { type Group, holds, type Play, plays, same, Skipped } from "./scenario.ts";
import { TransactionLoad } from "./transaction_load.ts";
import type { World } from "./world.ts";

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
  wires: 24,
  each: 100,
  mostMs: 1200,
  load: (chance) => new TransactionLoad(chance, { most: HALVES_EACH, saysTwice: true }),
};

/** Takes a store with open transactions from one broker to the other and back. */
async function move(world: World): Promise<void> {
  const load = new TransactionLoad(new Chance(Date.now()), { most: 40, saysTwice: false });
  const store = new MovedStore(world, "transactions", MOVING);
  for (const [step, kind] of (["pocketmq", "apache", "pocketmq"] as const).entries()) {
    await store.open(kind);
    await load.join([store.wire]);
    await Promise.all(load.work([store.wire]));
    await (step < 2 ? pause(1000) : load.judge(store.wire));
    await store.stop();
  }
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
