import type { Random } from "./random.ts";

/** What a disk writes whole or not at all. */
export const sectorBytes = 512;

/** How much of what was not synced a power cut leaves: now nothing, now all, mostly a mixture. */
export interface Temper {
  /** Chance that a change is kept. */
  readonly keep: number;
  /** Chance that a write which is not kept is torn rather than lost. */
  readonly tear: number;
}

const tempers: readonly Temper[] = [
  { keep: 0, tear: 0 },
  { keep: 1, tear: 0 },
  { keep: 0.5, tear: 0.5 },
  { keep: 0.9, tear: 1 },
  { keep: 0.1, tear: 0.3 },
];

/** One of the tempers by chance; the worst, nothing kept, where there is no chance. */
export function anyTemper(random: Random | undefined): Temper {
  return random === undefined ? tempers[0] : tempers[random.below(tempers.length)];
}

/**
 * Which of `sectors` sectors of one write reach the disk: a predicate over 0 … sectors - 1. A torn
 * write keeps its beginning, its end, or any sectors.
 */
export function keptSectors(
  sectors: number,
  temper: Temper,
  random: Random | undefined,
): (sector: number) => boolean {
  if (random === undefined) return () => false;
  if (random.next() < temper.keep) return () => true;
  if (sectors < 2 || random.next() >= temper.tear) return () => false;
  const boundary = 1 + random.below(sectors - 1);
  const how = random.below(4);
  if (how < 2) return (sector) => sector < boundary;
  if (how === 2) return (sector) => sector >= boundary;
  return () => random.next() < 0.5;
}

/** How many of `count` changes of size, in their order, reach the disk. */
export function keptSizes(count: number, temper: Temper, random: Random | undefined): number {
  if (random === undefined || count === 0 || temper.keep === 0) return 0;
  if (temper.keep === 1) return count;
  return random.next() < temper.keep ? count : random.below(count + 1);
}
