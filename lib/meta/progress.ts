import type { DataVersion } from "../model/data_version.ts";
import type { Job } from "../port/job.ts";
import type { SqlWrite } from "../port/sqlite.ts";
import type { Plan } from "./named_table.ts";
import {
  type ProgressOf,
  type ProgressRow,
  ProgressWriter,
  textRow,
  type WriterParts,
} from "./progress_writer.ts";
import { offsetOf, type QueueOffsets, readOffsets, setOffset } from "./queue_offsets.ts";
import type { TextRow } from "./rows.ts";

const WRITE_EVERY_MS = 1000;

/**
 * How far groups have consumed: in memory whole, written every second where it changed.
 */
export class ProgressTable {
  readonly #parts: WriterParts;
  readonly #writer: ProgressWriter;
  readonly #groups = new Map<string, Map<string, ProgressRow>>();
  readonly #topicNames = new Map<string, string>();

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#writer = new ProgressWriter(parts);
  }

  /** Of what is committed; counts batches, not offsets. */
  get version(): DataVersion {
    return this.#parts.version.current;
  }

  /** Offsets in all. Counts them. */
  get size(): number {
    let size = 0;
    for (const { offsets } of this.rows()) size += offsets.length / 2;
    return size;
  }

  /** The offset that the group has committed. */
  get(group: string, topic: string, queueId: number): number | undefined {
    const row = this.#groups.get(group)?.get(topic);
    return row === undefined ? undefined : offsetOf(row.offsets, queueId);
  }

  /** Notes the offset; it is written within a second. */
  set(group: string, topic: string, queueId: number, offset: number): void {
    const row = this.#groups.get(group)?.get(topic) ?? this.#add(group, topic, []);
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
    return [...this.#groups.get(group)?.keys() ?? []];
  }

  /** Looks at every group. */
  groupsOf(topic: string): string[] {
    const found: string[] = [];
    for (const [group, topics] of this.#groups) if (topics.has(topic)) found.push(group);
    return found;
  }

  /** Offsets by queue id. */
  ofTopic(group: string, topic: string): ReadonlyMap<number, number> {
    const offsets = this.#groups.get(group)?.get(topic)?.offsets ?? [];
    const byQueue = new Map<number, number>();
    for (let at = 0; at < offsets.length; at += 2) byQueue.set(offsets[at], offsets[at + 1]);
    return byQueue;
  }

  /** Every group's row of every topic, group by group. */
  *rows(): Iterable<ProgressOf> {
    for (const topics of this.#groups.values()) yield* topics.values();
  }

  /** Every group that has committed something. */
  groups(): Iterable<string> {
    return this.#groups.keys();
  }

  /** Gone from memory when this resolves. @throws {Refusal} `unavailable`: nothing has changed. */
  async removeGroup(group: string): Promise<void> {
    const gone = [...this.#groups.get(group)?.values() ?? []];
    await this.#remove(gone, () => this.#parts.rows.remove(group));
  }

  /** Gone from memory when this resolves. @throws {Refusal} `unavailable`: nothing has changed. */
  async removeTopic(topic: string): Promise<void> {
    const gone: ProgressRow[] = [];
    for (const topics of this.#groups.values()) {
      const row = topics.get(topic);
      if (row !== undefined) gone.push(row);
    }
    await this.#remove(gone, () => this.#parts.rows.removeByLast(topic));
  }

  /**
   * Sets offsets beyond the end of their queue back to it, as after a crash that took the queue's
   * end. Returns how many.
   */
  clamp(end: (topic: string, queueId: number) => number): number {
    let clamped = 0;
    for (const topics of this.#groups.values()) {
      for (const row of topics.values()) clamped += this.#clampRow(row, end);
    }
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
        this.#groups.clear();
        this.#take(list);
        table.adopt(version);
      },
    };
  }

  /** Those rows that are missing here: their own were damaged. */
  completion(list: readonly ProgressOf[]): Plan & { readonly count: number } {
    const missing = list.filter(({ group, topic }) => !this.#groups.get(group)?.has(topic));
    return {
      count: missing.length,
      writes: [this.#parts.rows.put(missing.map(textRow))],
      apply: () => this.#take(missing),
    };
  }

  /** Takes a stored row at the start; false where it makes no sense. */
  restore({ keys: [group, topic], text }: TextRow): boolean {
    const offsets = readOffsets(text);
    if (offsets !== undefined) this.#add(group, topic, offsets);
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

  #take(list: readonly ProgressOf[]): void {
    for (const { group, topic, offsets } of list) this.#add(group, topic, offsets);
  }

  #add(group: string, topic: string, offsets: QueueOffsets): ProgressRow {
    let topics = this.#groups.get(group);
    if (topics === undefined) this.#groups.set(group, topics = new Map());
    const row = { group, topic: this.#nameOf(topic), offsets, isDirty: false, isGone: false };
    topics.set(row.topic, row);
    return row;
  }

  /** One string for a topic, however many groups read it. */
  #nameOf(topic: string): string {
    const known = this.#topicNames.get(topic);
    if (known === undefined) this.#topicNames.set(topic, topic);
    return known ?? topic;
  }

  async #remove(gone: readonly ProgressRow[], sql: () => SqlWrite): Promise<void> {
    const { committer, version: table } = this.#parts;
    for (const row of gone) row.isGone = true;
    const { version, write } = table.next();
    try {
      await committer.commit([sql(), write]);
    } catch (fault) {
      for (const row of gone) {
        row.isGone = false;
        this.#writer.mark(row);
      }
      throw fault;
    }
    for (const { group, topic } of gone) this.#drop(group, topic);
    table.settle(version);
  }

  #drop(group: string, topic: string): void {
    const topics = this.#groups.get(group);
    topics?.delete(topic);
    if (topics?.size === 0) this.#groups.delete(group);
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
