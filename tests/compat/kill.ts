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
// acknowledged sends, 2,000 a cycle, where nothing is.

type Asked = KillsAsk;

const KINDS = new Map<string, (ask: Asked) => Promise<void>>([
  ["sends", killCycles],
  ["transactions", killTransactions],
  ["delays", killDelays],
  ["ordered", killOrdered],
  ["retries", killRetries],
  ["pop", killPops],
  ["filters", killFilters],
]);

const kind = process.argv.slice(2).find((word) => !/^\d+$/.test(word)) ?? "sends";
const run = KINDS.get(kind);
if (run === undefined) {
  throw new Error(`task kill knows no ${kind}; it knows ${[...KINDS.keys()].join(", ")}.`);
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
const began = performance.now();
try {
  console.log(`${kind}, seed ${seed}`);
  await run({ cycles, seed, say: (line) => console.log(line) });
  removeFolder(work);
  console.log(`${cycles} cycles, ${Math.round((performance.now() - began) / 1000)} s`);
  console.log("1 passed, 0 failed");
} catch (fault) {
  console.log(fault instanceof Error ? fault.stack : fault);
  console.log(`The data directory is in ${work}.\n0 passed, 1 failed`);
  process.exitCode = 1;
} finally {
  endPrograms();
}
