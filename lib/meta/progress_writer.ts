import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { Lines } from "../port/lines.ts";
import type { TableParts } from "./named_table.ts";
import type { TextRow } from "./rows.ts";
import type { TableVersion } from "./table_version.ts";
import type { ProgressOf, ProgressRow } from "./progress_rows.ts";
import { formatOffsets } from "./queue_offsets.ts";

/** What a writer works with. */
export interface WriterParts extends TableParts {
  readonly clock: Clock;
  readonly lines: Lines;
  /** Its time is that of the last moment whose progress is written whole. */
  readonly whole: TableVersion;
}

interface Waiter {
  /** How many of the marks have to be written. */
  readonly upTo: number;
  resolve(): void;
  reject(why: unknown): void;
}

/** Rows in one transaction at the most, so that no batch stops the event loop for long. */
const BATCH_ROWS = 5_000;

/**
 * Writes the rows that changed, a batch after the other. What a batch holds is fixed first, then
 * the barrier makes the log durable up to there, then it is committed.
 */
export class ProgressWriter {
  readonly #parts: WriterParts;
  #barrier: () => Promise<void> = () => Promise.resolve();
  #dirty: ProgressRow[] = [];
  /** Rows marked so far, and how many of those marks are committed. */
  #marked = 0;
  #written = 0;
  #waiters: Waiter[] = [];
  #isRunning = false;
  #isFailing = false;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** Rows that wait to be written. */
  get waiting(): number {
    return this.#marked - this.#written;
  }

  /** What each batch waits for before it is written. */
  beforeWrite(barrier: () => Promise<void>): void {
    this.#barrier = barrier;
  }

  /** The row has changed. */
  mark(row: ProgressRow): void {
    if (row.isDirty) return;
    row.isDirty = true;
    this.#dirty.push(row);
    this.#marked++;
  }

  /**
   * Resolves when all that is marked now is committed; callers of one turn share a transaction.
   * @throws {Refusal} `unavailable` with the reason; the rows stay marked.
   */
  settled(): Promise<void> {
    if (this.waiting === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ upTo: this.#marked, resolve, reject });
      if (this.#isRunning) return;
      this.#isRunning = true;
      this.#parts.clock.soon(() => this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiters.length > 0) {
      try {
        await this.#batch();
        this.#succeeded();
      } catch (fault) {
        this.#failed(fault instanceof Error ? fault.message : String(fault));
      }
    }
    this.#isRunning = false;
  }

  async #batch(): Promise<void> {
    const { rows, committer, version: table, whole } = this.#parts;
    const taken = this.#dirty.splice(0, BATCH_ROWS);
    const moment = this.#dirty.length === 0 ? whole.next() : undefined;
    const texts = taken.map((row) => {
      row.isDirty = false;
      return textRow(row);
    });
    try {
      await this.#barrier();
      const { version, write } = table.next();
      const put = rows.put(texts.filter((_, at) => !taken[at].isGone));
      await committer.commit(moment === undefined ? [put, write] : [put, write, moment.write]);
      table.settle(version);
      if (moment !== undefined) whole.settle(moment.version);
      this.#written += taken.length;
    } catch (fault) {
      // Those that were marked again meanwhile are in the list already.
      const back = taken.filter((row) => !row.isDirty);
      for (const row of back) row.isDirty = true;
      this.#dirty = [...back, ...this.#dirty];
      this.#written += taken.length - back.length;
      throw fault;
    }
  }

  #succeeded(): void {
    if (this.#isFailing) this.#parts.lines.info("Progress is written again.");
    this.#isFailing = false;
    const done = this.#waiters.filter(({ upTo }) => upTo <= this.#written);
    this.#waiters = this.#waiters.filter(({ upTo }) => upTo > this.#written);
    for (const waiter of done) waiter.resolve();
  }

  #failed(why: string): void {
    const text = `Progress cannot be written: ${why}`;
    if (!this.#isFailing) {
      this.#parts.lines.error(`${text} (${this.waiting} rows wait, tried again every second)`);
    }
    this.#isFailing = true;
    const refused = this.#waiters;
    this.#waiters = [];
    for (const waiter of refused) waiter.reject(new Refusal("unavailable", text));
  }
}

/** As it is stored. */
export function textRow({ group, topic, offsets }: ProgressOf): TextRow {
  return { keys: [group, topic], text: formatOffsets(offsets) };
}
