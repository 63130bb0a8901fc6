/** How one scenario went. */
export interface Outcome {
  readonly name: string;
  readonly ms: number;
  /** What went wrong. */
  readonly failure?: string;
  /** Why it has no meaning here. */
  readonly skipped?: string;
}

/** Scenarios that share their preparation. */
export interface Group {
  readonly name: string;
  /** Their names within the group. */
  readonly scenarios: readonly string[];
  /** Runs those that are wanted; each is told by its name within the group. */
  run(wanted: readonly string[], tell: (outcome: Outcome) => void): Promise<void>;
}

/** A scenario told as a function: it fails by throwing. */
export type Play = () => Promise<void>;

/** A scenario throws this where it has no meaning. */
export class Skipped extends Error {}

/** Times a scenario and catches what it throws. */
export async function attempt(name: string, play: Play): Promise<Outcome> {
  const began = performance.now();
  const ms = () => Math.round(performance.now() - began);
  try {
    await play();
    return { name, ms: ms() };
  } catch (fault) {
    if (fault instanceof Skipped) return { name, ms: ms(), skipped: fault.message };
    return { name, ms: ms(), failure: fault instanceof Error ? `${fault.stack}` : `${fault}` };
  }
}

/** Scenarios that run one after the other. */
export function plays(name: string, all: ReadonlyMap<string, Play>): Group {
  return {
    name,
    scenarios: [...all.keys()],
    async run(wanted, tell) {
      for (const [one, play] of all) {
        if (wanted.includes(one)) tell(await attempt(one, play));
      }
    },
  };
}

/** Fails with both, where they differ; compared as JSON. */
export function same(what: string, expected: unknown, found: unknown): void {
  const [one, other] = [expected, found].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`${what}: expected ${one}, found ${other}`);
}

export function holds(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}
