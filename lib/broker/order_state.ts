import type { JsonObject } from "../model/loose_json.ts";

/** A queue of a group that consumes it in order. */
export interface OrderName {
  readonly topic: string;
  readonly group: string;
  readonly queueId: number;
}

/** What of it was popped last (`ConsumerOrderInfoManager.OrderInfo`). */
export interface OrderState {
  /** Whoever comes with the same one again gets the same messages again. */
  readonly attemptId: string | undefined;
  readonly popMs: number;
  readonly invisibleMs: number;
  readonly offsets: readonly number[];
  readonly acknowledged: ReadonlySet<number>;
  /** When messages are visible again whose time was changed, ms since 1970. */
  readonly visibleMs: ReadonlyMap<number, number>;
  /** How often messages were popped before. */
  readonly counts: ReadonlyMap<number, number>;
}

export function orderKey({ topic, group, queueId }: OrderName): string {
  return `${topic}@${queueId}@${group}`;
}

/** Until when nothing more of the queue may be popped, ms since 1970; 0: now. */
export function blockedUntil(state: OrderState, now: number): number {
  for (const offset of state.offsets) {
    if (state.acknowledged.has(offset)) continue;
    const until = state.visibleMs.get(offset) ?? state.popMs + state.invisibleMs;
    if (now < until) return until;
  }
  return 0;
}

/** How often each of the new offsets was popped before (`mergeOffsetConsumedCount`). */
export function countsAfter(
  before: OrderState | undefined,
  attemptId: string | undefined,
  offsets: readonly number[],
): ReadonlyMap<number, number> {
  if (before === undefined) return new Map();
  if (attemptId !== undefined && attemptId === before.attemptId) return before.counts;
  const known = new Set(before.offsets);
  const again = offsets.filter((offset) => known.has(offset));
  return new Map(again.map((offset) => [offset, (before.counts.get(offset) ?? 0) + 1]));
}

/** Is all of it acknowledged? */
export function isOver({ offsets, acknowledged }: OrderState): boolean {
  return offsets.every((one) => acknowledged.has(one));
}

/** The first offset that is not acknowledged, or the one behind the last. */
export function nextOf(state: OrderState): number {
  const open = state.offsets.find((offset) => !state.acknowledged.has(offset));
  return open ?? state.offsets[state.offsets.length - 1] + 1;
}

/** Numbers by offset, as JSON has them. */
export function pairs(numbers: ReadonlyMap<number, number>): JsonObject {
  return new Map([...numbers].map(([offset, number]) => [String(offset), number]));
}

export function byNumber(table: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  return new Map([...table].map(([offset, number]) => [Number(offset), number]));
}
