import { delays } from "./delay_load.ts";
import { FILTERS } from "./filter_load.ts";
import { install } from "./installed.ts";
import { type Ending, type Kind, live, summary } from "./lives.ts";
import { ordered } from "./ordered.ts";
import { makeFolder, removeFolder, work } from "./places.ts";
import { pops } from "./pop_load.ts";
import { ORDERLY_POPS } from "./pop_order_load.ts";
import { endPrograms } from "./programs.ts";
import { RETRIES } from "./retry_load.ts";
import { SENDS } from "./send_load.ts";
import { TRANSACTIONS } from "./transaction_lives.ts";

// deno task kill [what] [cycles] [seed]: kill -9 at random moments, amid what is named below:
// acknowledged sends, 2,000 a cycle, where nothing is; one kind after the other where it is "all".

const KINDS = new Map<string, () => Kind | Promise<Kind>>([
  ["sends", () => SENDS],
  ["transactions", () => TRANSACTIONS],
  ["delays", () => delays("ASYNC_FLUSH")],
  ["delays-sync", () => delays("SYNC_FLUSH")],
  ["ordered", async () => {
    const installed = await install();
    return ordered({ installed, tried: "pocketmq", isRecording: false }, "5.5.0");
  }],
  ["retries", () => RETRIES],
  ["pop", () => pops("SYNC_FLUSH")],
  ["pop-async", () => pops("ASYNC_FLUSH")],
  ["pop-orderly", () => ORDERLY_POPS],
  ["filters", () => FILTERS],
]);
/** What a start may take until it serves, ms, on a machine that does nothing else. */
const SERVE_LIMIT_MS = 2000;
const HEAD = ["kind", "cycles", "acknowledged", "violations", "slowest start", "seed", "time"];

const given = process.argv.slice(2);
const kind = given.find((word) => !/^\d+$/.test(word)) ?? "sends";
const names = kind === "all" ? [...KINDS.keys()] : [kind];
const [cycles = 50, seed = Date.now() % 1_000_000] = given.filter((one) => /^\d+$/.test(one))
  .map(Number);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    endPrograms();
    process.exit(130);
  });
}
const rows: string[][] = [];
let failed = 0;
for (const name of names) {
  makeFolder(work);
  const began = performance.now();
  const { violations, ...ending } = await endingOf(name);
  const seconds = `${Math.round((performance.now() - began) / 1000)} s`;
  const figures = [cycles, ending.acknowledged, violations.length];
  const row = [name, ...figures, `${ending.slowestMs} ms`, seed, seconds, ending.told];
  rows.push(row.map(String));
  endPrograms();
  if (violations.length > 0) {
    failed++;
    console.log(`${name}, ${summary(violations, seed)}`);
  } else if (failed === 0) removeFolder(work);
}
console.log();
const widths = HEAD.map((word, at) => Math.max(word.length, ...rows.map((row) => row[at].length)));
for (const row of [HEAD, ...rows]) {
  console.log(row.map((word, at) => word.padEnd(widths[at] ?? 0)).join("  ").trimEnd());
}
if (failed > 0) console.log(`The data directories are in ${work}.`);
console.log(`${names.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** One kind's kills; what keeps it from beginning is a violation, too. */
async function endingOf(name: string): Promise<Ending> {
  try {
    const one = await KINDS.get(name)?.();
    if (one === undefined) throw new Error(`There is no ${name}: all, ${[...KINDS.keys()]}.`);
    const say = (line: string) => console.log(`${name}: ${line}`);
    return await live(one, { cycles, seed, serveLimitMs: SERVE_LIMIT_MS, say });
  } catch (fault) {
    const violations = [fault instanceof Error ? `${fault.stack}` : String(fault)];
    return { acknowledged: 0, told: "", violations, slowestMs: 0 };
  }
}
