import type { Log } from "../log/log.ts";
import type { DelayTable } from "../meta/delays.ts";
import type { TimerTable } from "../meta/timer_table.ts";
import type { TimerExport } from "../meta/timer_export.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { DelayRecovery } from "./delay_recovery.ts";
import type { Schedule } from "./schedule.ts";
import { TIMER_TOPIC } from "./timer_times.ts";
import { SAVING_JOB, type Timers } from "./timers.ts";

/** What keeping the progress of delays works with. */
export interface DelayProgressParts {
  readonly log: Pick<Log, "durable" | "positionMax" | "queue">;
  readonly clock: Clock;
  readonly timerExport: Pick<TimerExport, "write">;
  readonly delayTable: DelayTable;
  readonly timerTable: TimerTable;
  readonly recovery: DelayRecovery;
  readonly schedule: Schedule;
  readonly timers: Timers;
  readonly lines: Lines;
}

const EVERY_MS = 1000;
/** How soon it looks again while the table is read. */
const LOADING_MS = 10;
/** So much of the log may come without a save, for a start looks through it. */
const GROWN_BYTES = 256 << 20;

/**
 * Keeps how far delayed messages are delivered, once a second where that changed: first the log is
 * made durable, so that nothing counts as delivered that a power cut takes.
 */
export class DelayProgress implements Job {
  readonly name = SAVING_JOB;
  readonly #parts: DelayProgressParts;
  #starting: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #isFailing = false;
  #isOpen = false;

  constructor(parts: DelayProgressParts) {
    this.#parts = parts;
  }

  /** Begins to deliver where the last run stopped, once that is found out. */
  start(): void {
    const { recovery, lines } = this.#parts;
    this.#isOpen = true;
    this.#starting = recovery.run().catch((fault) => {
      this.#isOpen = false;
      lines.error(`Delayed messages are not delivered until the next start: ${reasonOf(fault)}`);
    }).finally(() => this.#starting = undefined);
  }

  /** Delivers nothing more, and keeps what was. */
  async close(): Promise<void> {
    const { schedule, timers } = this.#parts;
    await this.#starting;
    schedule.close();
    timers.close();
    await this.#running;
    await timers.idle();
    if (this.#isOpen && this.#isDue()) await this.#save();
    if (this.#isOpen) await this.#moveOut();
    this.#isOpen = false;
  }

  /** Another broker may have the directory next. */
  async #moveOut(): Promise<void> {
    const { timerExport, timerTable, log, clock, lines } = this.#parts;
    let last: { readonly position: number; readonly size: number } | undefined;
    const before = (timerTable.place?.fed ?? 0) - 1;
    log.queue(TIMER_TOPIC, 0).scan(Math.max(0, before), 1, (offset, position, size) => {
      if (offset === before) last = { position, size };
      return false;
    });
    try {
      await timerExport.write({ now: clock.now(), last });
    } catch (fault) {
      lines.warn(
        `Timed messages are not left to RocketMQ's own broker, which may deliver some of them ` +
          `twice: ${reasonOf(fault)}`,
      );
    }
  }

  run(now: number): number {
    const isReady = this.#isOpen && this.#starting === undefined && this.#running === undefined;
    if (!isReady || !this.#isDue()) return now + EVERY_MS;
    if (this.#parts.timers.isLoading) return now + LOADING_MS;
    this.#running = this.#save().finally(() => this.#running = undefined);
    return now + EVERY_MS;
  }

  #isDue(): boolean {
    const { delayTable, timerTable, schedule, timers, log } = this.#parts;
    const kept = delayTable.all();
    const isBehind = [...schedule.delivered()].some(([level, at]) => at !== (kept.get(level) ?? 0));
    const { position } = timerTable.place ?? { position: 0 };
    return isBehind || timers.hasMoved || log.positionMax - position > GROWN_BYTES;
  }

  async #save(): Promise<void> {
    const { log, delayTable, timerTable, schedule, timers, lines } = this.#parts;
    const end = log.positionMax;
    const delivered = schedule.delivered();
    const changes = timers.changes();
    try {
      await log.durable(end);
      await delayTable.move(delivered, timerTable.writes(changes));
      timerTable.settle(changes.place);
      timers.saved(changes);
      this.#isFailing = false;
    } catch (fault) {
      timers.notSaved(changes);
      if (!this.#isFailing) {
        lines.error(`The progress of delayed messages is not kept: ${reasonOf(fault)}`);
      }
      this.#isFailing = true;
    }
  }
}

function reasonOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
