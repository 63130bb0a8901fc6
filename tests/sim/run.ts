import { play } from "./scenario.ts";

/** `deno task sim [SEEDS] [FIRST]`: many seeds in a row, each reported where it fails. */
const [count, first] = (globalThis.Deno?.args ?? []).map(Number);
const seeds = count || 1000;
const start = first || 1;
let failed = 0;
let acknowledged = 0;
let restarts = 0;
for (let seed = start; seed < start + seeds; seed++) {
  const outcome = await play(seed);
  acknowledged += outcome.acknowledged;
  restarts += outcome.restarts;
  if (outcome.violations.length === 0) continue;
  failed++;
  console.log(`seed ${seed} (${outcome.digest}):\n  ${outcome.violations.join("\n  ")}`);
}
console.log(
  `${acknowledged} acknowledged messages, ${restarts} restarts, ${failed} of ${seeds} failed`,
);
