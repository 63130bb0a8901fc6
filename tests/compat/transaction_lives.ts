import { startApache } from "./apache.ts";
import { Chance } from "./chance.ts";
import { killPlay, type KillsAsk, lives } from "./lives.ts";
import { pause } from "./pause.ts";
import { startPocketmq } from "./pocketmq.ts";
import { type Group, holds, type Play, plays, Skipped } from "./scenario.ts";
import type { Target } from "./target.ts";
import { TransactionLoad } from "./transaction_load.ts";
import type { World } from "./world.ts";

const HALVES_EACH = 400;
const SETTINGS = { transactionCheckInterval: "500", transactionTimeOut: "500" };
/** Time enough for Apache's broker to write the ends of halves between two rounds. */
const MOVING = {
  transactionCheckInterval: "3000",
  transactionTimeOut: "2000",
  transactionOpBatchInterval: "50",
};

/** Kills our broker again and again in the middle of transactions; throws with what is wrong. */
export async function killTransactions(ask: KillsAsk): Promise<void> {
  const { cycles, seed, say } = ask;
  const chance = new Chance(seed);
  const load = new TransactionLoad(seed, true);
  const start = lives("transactions-kill", { ...SETTINGS, transactionCheckMax: "200" });
  let target: Target | undefined;
  for (let cycle = 1; cycle <= cycles; cycle++) {
    target = await start(target);
    await load.join(target.brokerPort);
    const sending = load.begin(HALVES_EACH * cycle);
    if (chance.below(2) === 0) await sending;
    await pause(chance.below(1200));
    await target.kill();
    load.leave();
    await sending;
    say(`cycle ${cycle}: ${load.acknowledged} halves, ${load.checks} checks`);
  }
  target = await start(target);
  await load.join(target.brokerPort);
  const violations = await load.verdict(target.brokerPort);
  load.leave();
  await target.kill();
  say(`seed ${seed}: ${load.acknowledged} halves, ${load.checks} checks`);
  holds(violations.length === 0, `seed ${seed}:\n${violations.slice(0, 20).join("\n")}`);
}

/** Takes a store with open transactions from one broker to the other and back. */
async function move(world: World): Promise<void> {
  const load = new TransactionLoad(Date.now(), false);
  const classPath = world.installed.apache;
  let target: Target | undefined;
  let wanted = 0;
  const kinds = ["pocketmq", "apache", "pocketmq"] as const;
  for (const [step, kind] of kinds.entries()) {
    const options = {
      name: `transactions-${step}`,
      settings: MOVING,
      directory: target?.directory,
    };
    target = kind === "apache"
      ? await startApache({ ...options, classPath })
      : await startPocketmq(options);
    await load.join(target.brokerPort);
    await load.begin(wanted += 40);
    if (step === kinds.length - 1) break;
    await pause(1000);
    load.leave();
    await target.stop();
  }
  const violations = await load.verdict(target?.brokerPort ?? 0);
  load.leave();
  await target?.kill();
  console.log(`     ${load.acknowledged} halves, ${load.checks} checks`);
  holds(load.checks > 0, "no producer was asked");
  holds(violations.length === 0, violations.join("\n"));
}

/** Transactions through kills of the broker, and through moves of its store. */
export function transactionLivesGroup(world: World): Group {
  const ours = (play: Play): Play => () => {
    if (world.tried !== "pocketmq") throw new Skipped("the promise is ours");
    return play();
  };
  const all = new Map<string, Play>([
    [
      "kill-nine",
      killPlay(world, killTransactions),
    ],
    ["store-goes-to-apache-and-back", ours(() => move(world))],
  ]);
  return plays("transaction-lives", all);
}
