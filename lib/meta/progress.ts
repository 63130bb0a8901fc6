import type { DataVersion } from "../model/data_version.ts";
import type { Job } from "../port/job.ts";
import type { SqlWrite } from "../port/sqlite.ts";
import type { Plan } from "./named_table.ts";
import { type ProgressOf, type ProgressRow, ProgressRows } from "./progress_rows.ts";
import { ProgressWriter, textRow, type WriterParts } from "./progress_writer.ts";
import { offsetOf, readOffsets, setOffset } from "./queue_offsets.ts";
import type { TextRow } from "./rows.ts";

const WRITE_EVERY_MS = 1000;

/**
 * How far groups have consumed: in memory whole, written every second where it changed.
 */
export class ProgressTable {
  readonly #parts: WriterParts;
  readonly #writer: ProgressWriter;
  readonly #rows = new ProgressRows();

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#writer = new ProgressWriter(parts);
  }

  /** Of what is committed; counts batches, not offsets. */
  get version(): DataVersion {
    return this.#parts.version.current;
  }

  /** All that was set before is committed, ms since 1970; 0 where nothing ever was. */
  get wholeMs(): number {
    return this.#parts.whole.current.timestamp;
  }

  /** Offsets in all. Counts them. */
  get size(): number {
    let size = 0;
    for (const { offsets } of this.#rows.all()) size += offsets.length / 2;
    return size;
  }

  /** The offset that the group has committed. */
  get(group: string, topic: string, queueId: number): number | undefined {
    const row = this.#rows.find(group, topic);
    return row === undefined ? undefined : offsetOf(row.offsets, queueId);
  }

  /** Notes the offset; it is written within a second. */
  set(group: string, topic: string, queueId: number, offset: number): void {
    const row = this.#rows.find(group, topic) ?? this.#rows.add({ group, topic, offsets: [] });
    if (setOffset(row.offsets, queueId, offset)) this.#writer.mark(row);
  }

  /**
   * Resolves when all that was set before is committed.
   * @throws {Refusal} `unavailable` with the reason; what was set is tried again.
   */
  settled(): Promise<void> {
    return this.#writer.settled();
  }

  /** What each write waits for: the log durable up to the offsets that it holds. */
  beforeWrite(barrier: () => Promise<void>): void {
    this.#writer.beforeWrite(barrier);
  }

  topicsOf(group: string): string[] {
    return this.#rows.of(group).map(({ topic }) => topic);
  }

  /** Looks at every group. */
  groupsOf(topic: string): string[] {
    const found: string[] = [];
    for (const group of this.#rows.groups()) {
      if (this.#rows.find(group, topic) !== undefined) found.push(group);
    }
    return found;
  }

  /** Offsets by queue id. */
  ofTopic(group: string, topic: string): ReadonlyMap<number, number> {
    const offsets = this.#rows.find(group, topic)?.offsets ?? [];
    const byQueue = new Map<number, number>();
    for (let at = 0; at < offsets.length; at += 2) byQueue.set(offsets[at], offsets[at + 1]);
    return byQueue;
  }

  /** Every group's row of every topic, group by group. */
  rows(): Iterable<ProgressOf> {
    return this.#rows.all();
  }

  /** Every group that has committed something. */
  groups(): Iterable<string> {
    return this.#rows.groups();
  }

  /** Gone from memory when this resolves. @throws {Refusal} `unavailable`: nothing has changed. */
  async removeGroup(group: string): Promise<void> {
    await this.#remove([...this.#rows.of(group)], this.#parts.rows.remove(group));
  }

  /** Gone from memory when this resolves. @throws {Refusal} `unavailable`: nothing has changed. */
  async removeTopic(topic: string): Promise<void> {
    const gone: ProgressRow[] = [];
    for (const row of this.#rows.all()) if (row.topic === topic) gone.push(row);
    await this.#remove(gone, this.#parts.rows.removeByLast(topic));
  }

  /**
   * Sets offsets beyond the end of their queue back to it, as after a crash that took the queue's
   * end. Returns how many.
   */
  clamp(end: (topic: string, queueId: number) => number): number {
    let clamped = 0;
    for (const row of this.#rows.all()) clamped += this.#clampRow(row, end);
    if (clamped > 0) {
      this.#parts.lines.warn(
        `Progress of ${clamped} queues lay behind the end of the log and was set back to it.`,
      );
    }
    return clamped;
  }

  /** Another broker's table in the place of this one, with its version. */
  replacement(list: readonly ProgressOf[], version: DataVersion): Plan {
    const { rows, version: table } = this.#parts;
    return {
      writes: [rows.remove(), rows.put(list.map(textRow)), table.put(version)],
      apply: () => {
        this.#rows.clear();
        for (const one of list) this.#rows.add(one);
        table.adopt(version);
      },
    };
  }

  /** Those rows that are missing here: their own were damaged. */
  completion(list: readonly ProgressOf[]): Plan & { readonly count: number } {
    const missing = list.filter(({ group, topic }) => !this.#rows.find(group, topic));
    return {
      count: missing.length,
      writes: [this.#parts.rows.put(missing.map(textRow))],
      apply: () => missing.forEach((one) => this.#rows.add(one)),
    };
  }

  /** Takes a stored row at the start; false where it makes no sense. */
  restore({ keys: [group, topic], text }: TextRow): boolean {
    const offsets = readOffsets(text);
    if (offsets !== undefined) this.#rows.add({ group, topic, offsets });
    return offsets !== undefined;
  }

  /** The row of the tick that writes what changed. */
  job(): Job {
    return {
      name: "progress",
      run: (now) => {
        // A failure has its log line, and the next run tries again.
        this.settled().catch(() => {});
        return now + WRITE_EVERY_MS;
      },
    };
  }

  async #remove(gone: readonly ProgressRow[], removal: SqlWrite): Promise<void> {
    const { committer, version: table } = this.#parts;
    for (const row of gone) row.isGone = true;
    const { version, write } = table.next();
    try {
      await committer.commit([removal, write]);
    } catch (fault) {
      for (const row of gone) {
        row.isGone = false;
        this.#writer.mark(row);
      }
      throw fault;
    }
    for (const row of gone) this.#rows.remove(row);
    table.settle(version);
  }

  #clampRow(row: ProgressRow, end: (topic: string, queueId: number) => number): number {
    let clamped = 0;
    for (let at = 0; at < row.offsets.length; at += 2) {
      const most = end(row.topic, row.offsets[at]);
      if (row.offsets[at + 1] <= most) continue;
      row.offsets[at + 1] = most;
      clamped++;
    }
    if (clamped > 0) this.#writer.mark(row);
    return clamped;
  }
}
