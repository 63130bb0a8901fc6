import { adminGroup } from "./admin.ts";
import { askingGroups } from "./asking.ts";
import { delayGroup } from "./delays.ts";
import { enduranceGroup } from "./endurance.ts";
import { everydayGroups } from "./everyday.ts";
import { filterLivesGroup } from "./filter_lives.ts";
import { filterGroups } from "./filters.ts";
import { install } from "./installed.ts";
import { ledgerGroup } from "./ledger_group.ts";
import { makeFolder, removeFolder, work } from "./places.ts";
import { endPrograms } from "./programs.ts";
import { orderedGroup } from "./ordered.ts";
import { popGroups } from "./pops.ts";
import { registrationGroup } from "./registration.ts";
import { refusalGroups } from "./refusals.ts";
import { retryGroups } from "./retries.ts";
import { retryLivesGroup } from "./retry_lives.ts";
import { rustGroup } from "./rust.ts";
import { storeGroup } from "./store.ts";
import { threeBrokerGroups } from "./three_brokers.ts";
import { traceGroups } from "./trace.ts";
import { transactionLivesGroup } from "./transaction_lives.ts";
import { transactionGroups } from "./transactions.ts";
import type { Group, Outcome } from "./scenario.ts";
import type { World } from "./world.ts";

// deno task compat [part of a name]…   COMPAT_TARGET=peer tries Apache's broker instead of ours,
// COMPAT_PROGRAM="…" another program than dist/pocketmq, COMPAT_KEEP=1 keeps what was written.

const filters = process.argv.slice(2).filter((word) => !word.startsWith("--"));
let passed = 0;
let failed = 0;

function tell(group: string, { name, ms, failure, skipped }: Outcome): void {
  const full = `${group}/${name}`;
  if (skipped !== undefined) return console.log(`skip ${full}: ${skipped}`);
  if (failure === undefined) passed++;
  else failed++;
  console.log(`${failure === undefined ? "ok  " : "FAIL"} ${full} (${ms} ms)`);
  if (failure !== undefined) console.log(failure.replace(/^/gm, "     ").trimEnd());
}

function groups(world: World): Group[] {
  return [
    ...everydayGroups(world),
    ...retryGroups(world),
    retryLivesGroup(world),
    ...transactionGroups(world),
    transactionLivesGroup(world),
    ...traceGroups(world),
    ...filterGroups(world),
    filterLivesGroup(world),
    ...refusalGroups(world),
    rustGroup(world),
    adminGroup(world, "mqadmin", "Admin"),
    adminGroup(world, "mqadmin-tools", "AdminTools"),
    ...askingGroups(world),
    registrationGroup(world),
    storeGroup(world),
    enduranceGroup(world),
    ledgerGroup(world),
    orderedGroup(world),
    ...threeBrokerGroups(world),
    delayGroup(world),
    ...popGroups(world),
  ];
}

async function play(group: Group): Promise<void> {
  const wanted = group.scenarios.filter((name) =>
    filters.length === 0 || filters.some((filter) => `${group.name}/${name}`.includes(filter))
  );
  if (wanted.length === 0) return;
  try {
    await group.run(wanted, (outcome) => tell(group.name, outcome));
  } catch (fault) {
    const failure = fault instanceof Error ? fault.stack : String(fault);
    tell(group.name, { name: "(the group itself)", ms: 0, failure });
  }
}

function end(code: number): void {
  endPrograms();
  if (process.env.COMPAT_KEEP === undefined && code === 0) removeFolder(work);
  else console.log(`What the programs wrote is in ${work}.`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(code);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => end(130));
makeFolder(work);
const began = performance.now();
const tried = process.env.COMPAT_TARGET === "peer" ? "apache" : "pocketmq";
const isRecording = process.argv.includes("--record");
if (isRecording && tried !== "apache") throw new Error("--record goes with COMPAT_TARGET=peer");
const world: World = { installed: await install(), tried, isRecording };
for (const group of groups(world)) await play(group);
console.log(`${Math.round((performance.now() - began) / 1000)} s`);
end(failed === 0 && passed > 0 ? 0 : 1);
