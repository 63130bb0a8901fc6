import type { Log } from "../log/log.ts";
import type { DelayTable } from "../meta/delays.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { Schedule } from "./schedule.ts";

/** What keeping the progress of delays works with. */
export interface DelayProgressParts {
  readonly log: Pick<Log, "durable" | "positionMax">;
  readonly delayTable: DelayTable;
  readonly schedule: Schedule;
  readonly lines: Lines;
}

const EVERY_MS = 1000;

/**
 * Keeps how far delayed messages are delivered, once a second where that changed: first the log is
 * made durable, so that nothing counts as delivered that a power cut takes.
 */
export class DelayProgress implements Job {
  readonly name = "delay progress";
  readonly #parts: DelayProgressParts;
  #running: Promise<void> | undefined;
  #isFailing = false;
  #isOpen = false;

  constructor(parts: DelayProgressParts) {
    this.#parts = parts;
  }

  /** Begins to deliver where the last run stopped. */
  start(): void {
    const { schedule, delayTable } = this.#parts;
    schedule.open(delayTable.all());
    this.#isOpen = true;
  }

  /** Delivers nothing more, and keeps what was. */
  async close(): Promise<void> {
    this.#parts.schedule.close();
    this.#isOpen = false;
    await this.#running;
    if (this.#hasMoved()) await this.#save();
  }

  run(now: number): number {
    if (this.#isOpen && this.#running === undefined && this.#hasMoved()) {
      this.#running = this.#save().finally(() => this.#running = undefined);
    }
    return now + EVERY_MS;
  }

  #hasMoved(): boolean {
    const kept = this.#parts.delayTable.all();
    return [...this.#parts.schedule.delivered()].some(([level, at]) =>
      at !== (kept.get(level) ?? 0)
    );
  }

  async #save(): Promise<void> {
    const { log, delayTable, schedule, lines } = this.#parts;
    const delivered = schedule.delivered();
    try {
      await log.durable(log.positionMax);
      await delayTable.move(delivered);
      this.#isFailing = false;
    } catch (fault) {
      const why = fault instanceof Error ? fault.message : String(fault);
      if (!this.#isFailing) lines.error(`The progress of delayed messages is not kept: ${why}`);
      this.#isFailing = true;
    }
  }
}
