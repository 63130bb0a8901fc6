import type { QueueOffsets } from "./queue_offsets.ts";

/** How far one group is in the queues of one topic. */
export interface ProgressOf {
  readonly group: string;
  readonly topic: string;
  readonly offsets: QueueOffsets;
}

/** The same as it is kept. */
export interface ProgressRow extends ProgressOf {
  /** Does it wait to be written? */
  isDirty: boolean;
  /** Is it removed, or on its way to be? */
  isGone: boolean;
}

const NONE: readonly ProgressRow[] = [];

/**
 * Rows by group, then by topic: nested, so that no two names can run into each other. A group's
 * rows are a sorted list, for most groups have a few, and a Map takes ten times their memory.
 */
export class ProgressRows {
  readonly #groups = new Map<string, ProgressRow[]>();
  /** One string for a topic, however many groups read it. */
  readonly #topicNames = new Map<string, string>();

  find(group: string, topic: string): ProgressRow | undefined {
    const rows = this.#groups.get(group);
    if (rows === undefined) return undefined;
    const row = rows[placeOf(rows, topic)];
    return row?.topic === topic ? row : undefined;
  }

  /** The rows of a group, by topic. */
  of(group: string): readonly ProgressRow[] {
    return this.#groups.get(group) ?? NONE;
  }

  groups(): Iterable<string> {
    return this.#groups.keys();
  }

  /** All rows, group by group. */
  *all(): Iterable<ProgressRow> {
    for (const rows of this.#groups.values()) yield* rows;
  }

  /** Adds a row that is not there yet. */
  add({ group, topic, offsets }: ProgressOf): ProgressRow {
    let rows = this.#groups.get(group);
    if (rows === undefined) this.#groups.set(group, rows = []);
    const known = this.#topicNames.get(topic);
    if (known === undefined) this.#topicNames.set(topic, topic);
    const row = { group, topic: known ?? topic, offsets, isDirty: false, isGone: false };
    rows.splice(placeOf(rows, topic), 0, row);
    return row;
  }

  remove({ group, topic }: ProgressOf): void {
    const rows = this.#groups.get(group);
    const at = rows === undefined ? -1 : placeOf(rows, topic);
    if (rows?.[at]?.topic === topic) rows.splice(at, 1);
    if (rows?.length === 0) this.#groups.delete(group);
  }

  clear(): void {
    this.#groups.clear();
    this.#topicNames.clear();
  }
}

/** Where the topic's row is or would be. */
function placeOf(rows: readonly ProgressRow[], topic: string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle].topic < topic) low = middle + 1;
    else high = middle;
  }
  return low;
}
