import process from "node:process";
import { crc32 } from "../../lib/port/checksum.ts";
import { play } from "./scenario.ts";

/**
 * `deno task sim [SEEDS] [FIRST]`: many seeds in a row; those that fail are named with what they
 * broke. `deno task sim --trace SEED` shows every event and log line of one. The last line holds a
 * digest of all seeds, which is the same on Deno and on Bun.
 */
async function many(seeds: number, first: number): Promise<number> {
  let failed = 0;
  let acknowledged = 0;
  let restarts = 0;
  let digest = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const outcome = await play(seed);
    acknowledged += outcome.acknowledged;
    restarts += outcome.restarts;
    digest = crc32(new TextEncoder().encode(outcome.digest), digest);
    if (outcome.violations.length === 0) continue;
    failed++;
    console.log(`seed ${seed} (${outcome.digest}):\n  ${outcome.violations.join("\n  ")}`);
  }
  console.log(
    `${acknowledged} acknowledged messages, ${restarts} restarts, ${failed} of ${seeds} seeds ` +
      `failed, digest ${digest.toString(16)}`,
  );
  return failed;
}

const given = process.argv.slice(2);
if (given[0] === "--trace") {
  const outcome = await play(Number(given[1]), { trace: (line) => console.log(line) });
  console.log(outcome);
} else {
  process.exitCode = await many(Number(given[0] ?? 1000), Number(given[1] ?? 1)) > 0 ? 1 : 0;
}
