import { BLANK_ENTRY_SIZE } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { TimerCheck } from "../meta/timer_check.ts";
import type { DelayPlace, TimerChanges, TimerTable } from "../meta/timer_table.ts";
import type { Message } from "../model/message.ts";
import { getProperty, Property } from "../model/properties.ts";
import { decodeRecord, type StoredRecord } from "../model/record.ts";
import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { DelaySettings } from "./delay_settings.ts";
import { arrived, dequeued, led, rolled } from "./delayed.ts";
import type { Inlet } from "./inlet.ts";
import { type NearTimer, NearTimers } from "./near_timers.ts";
import { Recalls } from "./recalls.ts";
import { TimerSlots } from "./timer_slots.ts";
import { dueOf, timed, TIMER_TOPIC, wakeOf } from "./timer_times.ts";
import { type TimerMoves, type UnsavedTimer, UnsavedTimers } from "./unsaved_timers.ts";

/** What timed messages work with. */
export interface TimersParts {
  readonly log: Pick<Log, "queue" | "read" | "positionMax">;
  readonly timerTable: Pick<TimerTable, "page">;
  readonly inlet: Pick<Inlet, "deliver">;
  readonly clock: Clock;
  readonly lines: Lines;
  readonly settings: DelaySettings;
  /** How long the log keeps its files, ms. */
  readonly logKeptMs: number;
  readonly wake: (job: string) => void;
}

/** Where timed messages stand at the start. */
export interface TimersStand {
  readonly fed: number;
  readonly foundFrom: number;
  /** How many the table holds, by second since 1970. */
  readonly waiting: ReadonlyMap<number, number>;
}

/** Records that one run takes up, and messages that it delivers, at the most. */
const FEED_MOST = 1000;
const RUN_MOST = 500;
/** So many changes are saved at once; with more than the most nothing more is taken up. */
const SAVED_FROM = 5_000;
const UNSAVED_MOST = 20_000;
/** Timed messages of the table that are kept in memory. */
const NEAR_MOST = 30_000;
/**
 * Fewer in memory than this: the next ones are read from the table, so many at a time. What is due
 * while one transaction runs and a page behind it is read must be there.
 */
const NEAR_LEAST = 12_500;
const PAGE = 5_000;
/** How soon a record that was led here can be seen in its queue: looked for every few ms. */
const SOON_MS = 20;
const SOON_STEP_MS = 2;
/** The longest time between two looks: a wall clock that was set forward is noticed so late. */
const LOOK_MS = 1000;
const AFTER_REFUSAL_MS = 1000;
/** Upstream stores anew what waits longer, and has done so with what is so much later. */
const UPSTREAM_ROLL_MS = 172_800_000;
const ROLLED_LATE_MS = 3_600_000;
/** The job that saves what changed. */
export const SAVING_JOB = "delay progress";

/**
 * Messages with a delivery time: records of RocketMQ's timer topic, taken up in order into a table
 * by due time, of which only the next ones are in memory. The table follows the log once a second,
 * in one transaction with the place up to which it does, and no closer than is worth it: what is
 * due within seconds is delivered from memory, and after a crash found in the log again.
 */
export class Timers implements Job {
  static readonly jobName = "timers";
  readonly name = Timers.jobName;
  readonly #parts: TimersParts;
  readonly #near = new NearTimers();
  readonly #recalls: Recalls;
  /** Records that were delivered after the table's place, by their positions. */
  readonly #already = new Set<number>();
  /** The next offset of the timer topic to take up. */
  #fed = 0;
  /** Nothing is delivered until all below it is taken up: a recall may be among it. */
  #feedFirst = 0;
  readonly #unsaved = new UnsavedTimers();
  #expectedUntil = -Infinity;
  /** From where the log was looked through at the start, and when the last that was found came. */
  #foundFrom = 0;
  #foundUntil = -Infinity;
  #loading: Promise<void> | undefined;
  #check: TimerCheck | undefined;
  #slots = new TimerSlots();
  #isOpen = false;

  constructor(parts: TimersParts) {
    this.#parts = parts;
    this.#recalls = new Recalls((timer) => this.#finish(timer));
  }

  /**
   * Begins to take up records from offset `fed` on, and to deliver. What was delivered was looked
   * for in the log from position `foundFrom` on.
   */
  open({ fed, foundFrom, waiting }: TimersStand): void {
    const { offsetMin, offsetMax } = this.#queue;
    this.#slots = new TimerSlots(waiting);
    this.#foundFrom = foundFrom;
    this.#fed = Math.min(Math.max(fed, offsetMin), offsetMax);
    this.#feedFirst = offsetMax;
    this.#isOpen = true;
    this.#parts.wake(this.name);
  }

  /** Another broker had the directory: what it delivered is not delivered again. */
  movedIn(check: TimerCheck): void {
    this.#check = check;
  }

  /** Delivers nothing more. */
  close(): void {
    this.#isOpen = false;
  }

  /** After a crash: the record at this position was delivered, at this time. */
  wasDelivered(position: number, timestamp: number): void {
    this.#already.add(position);
    this.#foundUntil = Math.max(this.#foundUntil, timestamp);
  }

  /** Resolves when nothing is read from the table. */
  async idle(): Promise<void> {
    await this.#loading;
  }

  /** Is the table read just now? Then nothing is to be saved. */
  get isLoading(): boolean {
    return this.#loading !== undefined;
  }

  /** Timed messages in memory. */
  get inMemory(): number {
    return this.#near.size;
  }

  /** Records of the timer topic that are not taken up yet. */
  get behind(): number {
    return this.#queue.offsetMax - this.#fed;
  }

  /** Timed messages that wait. */
  get waiting(): number {
    return this.#slots.total;
  }

  /** Does so much wait to be saved that nothing more is taken up? */
  get isPressed(): boolean {
    return this.#unsaved.isFull || this.#unsaved.rows(this.#saveWall) >= UNSAVED_MOST;
  }

  /** Is there anything to be saved? */
  get hasMoved(): boolean {
    return this.#unsaved.mayGo(this.#saveWall);
  }

  /** Leads a message with a delivery time here; one whose time has come stays as it is. */
  readonly detour = (message: Message): Message => {
    const { clock, settings, wake } = this.#parts;
    if (!settings.timers) {
      throw new Refusal(
        "failed",
        "accurate timer message is not enabled, timerWheelEnable is false",
      );
    }
    const properties = timed(message.properties, clock.now(), settings);
    if (properties === undefined) return undelayed(message);
    this.#slots.admit(properties, this.behind, settings);
    this.#expectedUntil = clock.monotonic() + SOON_MS;
    wake(this.name);
    return led(message, { topic: TIMER_TOPIC, queueId: 0, properties });
  };

  run(now: number): number {
    if (!this.#isOpen) return Infinity;
    try {
      this.#feed();
      if (this.#fed >= this.#feedFirst) this.#deliverDue();
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault;
      this.#parts.lines.warn(`Timed messages wait another second: ${fault.message}`);
      return now + AFTER_REFUSAL_MS;
    }
    this.#load();
    return this.#nextLook(now);
  }

  /** Hands over what is to be saved, with the place up to which the log is in the table then. */
  changes(): TimerMoves & TimerChanges {
    const moves = this.#unsaved.take(this.#saveWall);
    return { ...moves, place: this.#place };
  }

  /** What was handed over is saved. */
  saved({ puts }: TimerMoves): void {
    for (const timer of puts) {
      if (timer.state === "saving") timer.state = "saved";
    }
    if (!this.isLoading) this.#near.trim(NEAR_MOST + this.#unsaved.size);
    if (this.#isOpen) this.#parts.wake(this.name);
  }

  /** It is not: it is handed over again with what comes meanwhile. */
  notSaved(moves: TimerMoves): void {
    this.#unsaved.takeBack(moves);
  }

  /** After a crash all from here on is taken up again, and looked for among what was delivered. */
  get #place(): DelayPlace {
    const { offset, position } = this.#unsaved.first ??
      { offset: this.#fed, position: this.#parts.log.positionMax };
    // What was found delivered and did not come up yet has to be found again after a crash.
    const isKnown = this.#already.size === 0;
    return { fed: offset, position: isKnown ? position : this.#foundFrom };
  }

  /** A stop saves all there is. */
  get #saveWall(): number {
    return this.#isOpen ? this.#parts.clock.now() : Infinity;
  }

  get #queue() {
    return this.#parts.log.queue(TIMER_TOPIC, 0);
  }

  #feed(): void {
    const queue = this.#queue;
    if (this.#fed >= queue.offsetMax || this.isPressed) return;
    const { log, clock } = this.#parts;
    const now = clock.now();
    const entries: [number, number, number][] = [];
    queue.scan(this.#fed, FEED_MOST, (...[offset, position, size]) => {
      entries.push([offset, position, size]);
      return true;
    });
    for (const [offset, position, size] of entries) {
      const bytes = log.read(position, size, true);
      if (bytes !== undefined) this.#takeUp(decodeRecord(bytes), now);
      else if (size !== BLANK_ENTRY_SIZE) this.#parts.lines.error(lost(position));
      this.#fed = offset + 1;
    }
  }

  #takeUp(record: StoredRecord, now: number): void {
    const { offset, position, size } = record;
    const due = dueOf(record, this.#parts.settings.timerPrecisionMs);
    if (Number.isNaN(due)) return this.#parts.lines.error(lost(position));
    if (this.#already.delete(position) || this.#isDone(record)) return;
    const isRecall = takesBack(record);
    const wake = wakeOf(due, now, this.#rollMs);
    const kind = wake < due ? 2 : isRecall ? 0 : 1;
    const timer: UnsavedTimer = { wake, kind, position, size, state: "new", offset };
    this.#near.push(timer);
    this.#unsaved.push(timer);
    this.#slots.count(wake, 1);
  }

  /** Did another broker deliver it, or store it anew, before the directory was moved in? */
  #isDone({ offset, properties, storeTimestamp }: StoredRecord): boolean {
    const { deliveredTo, takenUpTo } = this.#check ?? { deliveredTo: 0, takenUpTo: 0 };
    if (offset >= takenUpTo) return false;
    const out = Number(getProperty(properties, Property.timerOutMs));
    const wake = wakeOf(out, storeTimestamp, UPSTREAM_ROLL_MS);
    return out < deliveredTo || (wake < out && wake + ROLLED_LATE_MS < deliveredTo);
  }

  #deliverDue(): void {
    const wall = this.#parts.clock.now();
    const reached = this.#reached(wall);
    this.#recalls.expire(reached);
    if (reached > this.#foundUntil) this.#already.clear();
    for (let left = RUN_MOST; left > 0; left--) {
      const timer = this.#near.first();
      if (timer === undefined || timer.wake > wall) return;
      this.#handle(timer, wall);
    }
  }

  /** All that is due before it was handled. */
  #reached(wall: number): number {
    const first = this.#near.first();
    if (first === undefined) return this.#near.hasMore ? -Infinity : wall;
    return Math.min(first.wake, wall);
  }

  /** Does what is due with the first timer, and takes it out of the near ones. */
  #handle(timer: NearTimer, wall: number): void {
    const { log, inlet, lines, settings } = this.#parts;
    const { position, size } = timer;
    if (this.#already.delete(position)) return this.#done(timer);
    const bytes = log.read(position, size, true);
    const record = bytes && decodeRecord(bytes);
    if (record?.topic !== TIMER_TOPIC) {
      lines.error(lost(position));
      return this.#done(timer);
    }
    const due = dueOf(record, settings.timerPrecisionMs);
    if (due > wall) {
      inlet.deliver(rolled(record, wall));
      return this.#done(timer);
    }
    if (timer.kind !== 1 && takesBack(record)) {
      this.#near.pop();
      return this.#recalls.add(timer, record);
    }
    if (!this.#recalls.takesBack(record)) this.#deliver(record, wall);
    this.#done(timer);
  }

  #deliver(record: StoredRecord, wall: number): void {
    const message = arrived(record, dequeued(record, wall));
    if (message !== undefined) this.#parts.inlet.deliver(message);
    else this.#parts.lines.error(lost(record.position));
  }

  #done(timer: NearTimer): void {
    this.#near.pop();
    this.#finish(timer);
  }

  #finish(timer: NearTimer): void {
    this.#slots.count(timer.wake, -1);
    this.#unsaved.done(timer);
  }

  /** Reads the next ones from the table where few are left in memory. */
  #load(): void {
    const near = this.#near;
    const isFull = near.size >= NEAR_LEAST && near.first() !== undefined;
    const isMuch = this.#unsaved.isFull || this.#unsaved.rows(this.#saveWall) >= SAVED_FROM;
    if (isMuch) this.#parts.wake(SAVING_JOB);
    if (this.isLoading || !near.hasMore || isFull || this.isPressed) return;
    this.#loading = this.#parts.timerTable.page(near.horizon, PAGE).then(
      (rows) => near.take(rows, PAGE),
      (fault) => this.#parts.lines.warn(`Timed messages cannot be read: ${fault}`),
    ).finally(() => {
      this.#loading = undefined;
      if (this.#isOpen) this.#parts.wake(this.name);
    });
  }

  #nextLook(now: number): number {
    const wall = this.#parts.clock.now();
    const first = this.#near.first();
    const isBehind = this.#fed < this.#queue.offsetMax && !this.isPressed;
    if (isBehind || (first !== undefined && first.wake <= wall)) return now;
    const waitMs = Math.min(first === undefined ? Infinity : first.wake - wall, LOOK_MS);
    const isIdle = this.#near.size === 0 && !this.#near.hasMore && this.#recalls.size === 0;
    if (now < this.#expectedUntil) return now + Math.min(waitMs, SOON_STEP_MS);
    return isIdle ? Infinity : now + waitMs;
  }

  get #rollMs(): number {
    const { settings, logKeptMs } = this.#parts;
    return Math.min(settings.timerRollSeconds * 1000, Math.floor(logKeptMs * 2 / 3));
  }
}

/** A message whose time has come at once; what takes another one back must lie ahead. */
function undelayed(message: Message): Message {
  if (!takesBack(message)) return message;
  throw new Refusal(
    "message-illegal",
    "timer message illegal, if set del msg, the delay time should be bigger than the current " +
      "time: the message that it takes back is delivered.",
  );
}

/** Does it take another one back? */
function takesBack({ properties }: Message): boolean {
  return getProperty(properties, Property.timerDelete) !== undefined;
}

function lost(position: number): string {
  return `A timed message is lost: its record at position ${position} is gone or damaged.`;
}
