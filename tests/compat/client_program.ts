import { tellAll } from "./outcomes.ts";
import { within } from "./pause.ts";
import { type Start, start } from "./programs.ts";
import type { Outcome } from "./scenario.ts";

const LIMIT_MS = 240_000;

/** Runs a program that plays scenarios itself, and passes on how they went. */
export async function playIn(
  program: Start,
  wanted: readonly string[],
  tell: (outcome: Outcome) => void,
): Promise<void> {
  const running = start(program);
  try {
    await within(LIMIT_MS, running.ended, () => `${program.name} does not end`);
  } finally {
    running.signal("SIGKILL");
    tellAll(running.output(), wanted, tell);
  }
}
