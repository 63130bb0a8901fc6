/** One message as an orderly consumer had it; times of the machine's monotonic clock, ns. */
export interface Taken {
  readonly consumer: string;
  readonly begin: number;
  readonly end: number;
  readonly queue: string;
  readonly key: string;
  readonly number: number;
}

/** What a consumer printed: `GOT begin end queue key number`. */
export function takenIn(consumer: string, output: string): Taken[] {
  const lines = output.matchAll(/^GOT (\d+) (\d+) (\S+) (\S+) (\d+)$/gm);
  return [...lines].map(([, begin, end, queue, key, number]) => {
    return {
      ...{ consumer, queue, key },
      ...{ begin: Number(begin), end: Number(end), number: Number(number) },
    };
  });
}

/** What a producer printed: `DONE key count`. */
export function sentIn(output: string): Map<string, number> {
  const lines = output.matchAll(/^DONE (\S+) (\d+)$/gm);
  return new Map([...lines].map(([, key, count]) => [key, Number(count)]));
}

/** The key's numbers that are still to come, in all. */
export function lackingOf(sent: ReadonlyMap<string, number>, taken: readonly Taken[]): number {
  const seen = new Set(taken.map(({ key, number }) => `${key} ${number}`));
  let lacking = 0;
  for (const [key, count] of sent) {
    for (let number = 0; number < count; number++) if (!seen.has(`${key} ${number}`)) lacking++;
  }
  return lacking;
}

/**
 * What is against the order: a number before its predecessor, or a queue in two hands at a time.
 * Numbers may come again, as at-least-once allows.
 */
export function disorderIn(taken: readonly Taken[]): string[] {
  const problems: string[] = [];
  const next = new Map<string, number>();
  const last = new Map<string, Taken>();
  for (const one of taken.toSorted((left, right) => left.begin - right.begin)) {
    const due = next.get(one.key) ?? 0;
    if (one.number > due) problems.push(`key ${one.key}: ${one.number} came when ${due} was due`);
    next.set(one.key, Math.max(due, one.number + 1));
    const before = last.get(one.queue);
    if (before !== undefined && before.end > one.begin && before.consumer !== one.consumer) {
      problems.push(`${one.queue} was with ${before.consumer} and ${one.consumer} at a time`);
    }
    last.set(one.queue, one);
  }
  return problems;
}
