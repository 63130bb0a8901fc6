import { killDelays } from "./delays.ts";
import { killFilters } from "./filter_lives.ts";
import { killCycles } from "./ledger_group.ts";
import { killOrdered } from "./ordered.ts";
import type { KillsAsk } from "./lives.ts";
import { makeFolder, removeFolder, work } from "./places.ts";
import { endPrograms } from "./programs.ts";
import { killPops } from "./pops.ts";
import { killRetries } from "./retry_lives.ts";
import { killTransactions } from "./transaction_lives.ts";

// deno task kill [what] [cycles] [seed]: kill -9 at random moments, amid what is named below:
// acknowledged sends, 2,000 a cycle, where nothing is; one kind after the other where it is "all".

const KINDS = new Map<string, (ask: KillsAsk) => Promise<void>>([
  ["sends", killCycles],
  ["transactions", killTransactions],
  ["delays", killDelays],
  ["delays-sync", (ask) => killDelays(ask, "SYNC_FLUSH")],
  ["ordered", killOrdered],
  ["retries", killRetries],
  ["pop", killPops],
  ["pop-async", (ask) => killPops(ask, "ASYNC_FLUSH")],
  ["filters", killFilters],
]);

const kind = process.argv.slice(2).find((word) => !/^\d+$/.test(word)) ?? "sends";
const kinds = kind === "all" ? [...KINDS.keys()] : [kind];
const unknown = kinds.find((one) => !KINDS.has(one));
if (unknown !== undefined) {
  throw new Error(`task kill knows no ${unknown}; it knows all, ${[...KINDS.keys()].join(", ")}.`);
}
const words = process.argv.slice(2).filter((word) => /^\d+$/.test(word));
const cycles = Number(words[0] ?? 50);
const seed = Number(words[1] ?? Date.now() % 1_000_000);
makeFolder(work);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    endPrograms();
    process.exit(130);
  });
}
let failed = 0;
for (const one of kinds) if (!await holdsThrough(one)) failed++;
if (failed === 0) removeFolder(work);
else console.log(`The data directories are in ${work}.`);
console.log(`${kinds.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** One kind's kills: each cycle is told where it is the only kind, else what it ends with. */
async function holdsThrough(name: string): Promise<boolean> {
  const began = performance.now();
  let last = "";
  const say = (line: string) => {
    last = line;
    if (kinds.length === 1) console.log(line);
  };
  if (kinds.length === 1) console.log(`${name}, seed ${seed}`);
  try {
    await KINDS.get(name)?.({ cycles, seed, say });
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(`${name}: ${cycles} cycles, seed ${seed}, ${seconds} s; ${last}`);
    return true;
  } catch (fault) {
    console.log(`${name}, seed ${seed}:`, fault instanceof Error ? fault.stack : fault);
    return false;
  } finally {
    endPrograms();
  }
}
