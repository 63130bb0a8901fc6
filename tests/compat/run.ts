import { adminGroup } from "./admin.ts";
import { askingGroups } from "./asking.ts";
import { delayGroup } from "./delays.ts";
import { enduranceGroup } from "./endurance.ts";
import { everydayGroups } from "./everyday.ts";
import { filterLivesGroup } from "./filter_load.ts";
import { filterGroups } from "./filters.ts";
import { flowGroup } from "./flows.ts";
import { install } from "./installed.ts";
import { ledgerGroup } from "./ledger_group.ts";
import { makeFolder, removeFolder, work } from "./places.ts";
import { endPrograms } from "./programs.ts";
import { orderedGroup } from "./ordered.ts";
import { popGroups } from "./pops.ts";
import { registrationGroup } from "./registration.ts";
import { refusalGroups } from "./refusals.ts";
import { retryGroups } from "./retries.ts";
import { retryLivesGroup } from "./retry_load.ts";
import { rustGroup } from "./rust.ts";
import { storeGroup } from "./store.ts";
import { threeBrokerGroups } from "./three_brokers.ts";
import { traceGroups } from "./trace.ts";
import { transactionLivesGroup } from "./transaction_lives.ts";
import { transactionGroups } from "./transactions.ts";
import type { Group, Outcome } from "./scenario.ts";
import type { World } from "./world.ts";

// deno task compat [part of a name]…   COMPAT_TARGET=peer tries Apache's broker instead of ours,
// COMPAT_PROGRAM="…" another program than dist/pocketmq, COMPAT_KEEP=1 keeps what was written,
// COMPAT_LANES=1 plays one group after the other.

/** Groups at a time. They have their own brokers, and wait more than they work. */
const LANES = Number(process.env.COMPAT_LANES ?? 3);

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

/** The longest first: none of them is left for last, alone. */
function groups(world: World): Group[] {
  return [
    rustGroup(world),
    orderedGroup(world),
    delayGroup(world),
    ...popGroups(world),
    storeGroup(world),
    ...everydayGroups(world),
    ...transactionGroups(world),
    transactionLivesGroup(world),
    ...retryGroups(world),
    retryLivesGroup(world),
    ...refusalGroups(world),
    flowGroup(world),
    filterLivesGroup(world),
    ...askingGroups(world),
    registrationGroup(world),
    ...threeBrokerGroups(world),
    enduranceGroup(world),
    ledgerGroup(world),
    ...traceGroups(world),
    ...filterGroups(world),
    adminGroup(world, "mqadmin", "Admin"),
    adminGroup(world, "mqadmin-tools", "AdminTools"),
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

/** Each lane takes the next group when it is done with one. */
async function inLanes(left: Group[]): Promise<void> {
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await play(next);
  }));
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
await inLanes(groups(world));
console.log(`${Math.round((performance.now() - began) / 1000)} s`);
end(failed === 0 && passed > 0 ? 0 : 1);
