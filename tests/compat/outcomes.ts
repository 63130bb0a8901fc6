import type { Outcome } from "./scenario.ts";

/** The outcomes that a client program printed: a line each, details indented under it. */
export function outcomesIn(output: string): Outcome[] {
  const found = output.matchAll(/^SCENARIO (\S+) (OK|FAIL|SKIP) (\d+)\n((?: {2}.*\n)*)/gm);
  return [...found].map(([, name, outcome, ms, details]) => ({
    name,
    ms: Number(ms),
    ...outcome === "FAIL" && { failure: details },
    ...outcome === "SKIP" && { skipped: details.trim() },
  }));
}

/** Tells what a client program printed, and of every scenario that it lost. */
export function tellAll(
  output: string,
  wanted: readonly string[],
  tell: (outcome: Outcome) => void,
): void {
  const outcomes = outcomesIn(output);
  for (const one of outcomes) tell(one);
  for (const name of wanted) {
    if (outcomes.some((one) => one.name === name)) continue;
    tell({ name, ms: 0, failure: `the client never told how it went:\n${output.slice(-4000)}` });
  }
}

/** Plays scenarios as a part of another one: each of them must be well. */
export async function mustAll(
  who: string,
  play: (tell: (outcome: Outcome) => void) => Promise<void>,
): Promise<void> {
  const bad: string[] = [];
  await play(({ name, failure }) => {
    if (failure !== undefined) bad.push(`${name}: ${failure}`);
  });
  if (bad.length > 0) throw new Error(`${who} failed:\n${bad.join("\n")}`);
}
