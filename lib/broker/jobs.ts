import type { Clock, Timer } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";

interface Row {
  readonly job: Job;
  /** Monotonic ms; Infinity: when woken. */
  dueAt: number;
}

/** How long a job that threw waits before it is tried again, ms. */
const AFTER_FAULT_MS = 1000;

/** The one tick: runs every background job when it is due, over one timer. */
export class Jobs {
  readonly #lines: Lines;
  readonly #rows: Row[] = [];
  #clock: Clock | undefined;
  #timer: Timer | undefined;
  #timerAt = Infinity;
  #running = false;

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  /** Adds a row; it runs for the first time at the start, or at once where that was. */
  add(job: Job): void {
    this.#rows.push({ job, dueAt: -Infinity });
    this.#plan();
  }

  /** Makes the jobs of this name due now. */
  wake(name: string): void {
    for (const row of this.#rows) if (row.job.name === name) row.dueAt = -Infinity;
    this.#plan();
  }

  start(clock: Clock): void {
    this.#clock = clock;
    this.#plan();
  }

  /** No job runs after this. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Infinity;
    this.#clock = undefined;
  }

  #plan(): void {
    const clock = this.#clock;
    if (clock === undefined || this.#running) return;
    let next = Infinity;
    for (const row of this.#rows) if (row.dueAt < next) next = row.dueAt;
    if (next >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = next;
    const delayMs = Math.max(0, Math.ceil(next - clock.monotonic()));
    this.#timer = clock.after(delayMs, () => this.#tick());
  }

  #tick(): void {
    const clock = this.#clock;
    this.#timer = undefined;
    this.#timerAt = Infinity;
    if (clock === undefined) return;
    const now = clock.monotonic();
    this.#running = true;
    for (const row of this.#rows) if (row.dueAt <= now) this.#run(row, now);
    this.#running = false;
    this.#plan();
  }

  #run(row: Row, now: number): void {
    row.dueAt = Infinity;
    let next = now + AFTER_FAULT_MS;
    try {
      next = row.job.run(now);
    } catch (fault) {
      this.#lines.error(`The job ${row.job.name} failed and goes on in a second: ${fault}`);
    }
    row.dueAt = Math.min(row.dueAt, next);
  }
}
