import { BLANK_ENTRY_SIZE } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Message } from "../model/message.ts";
import { getProperty, Property, withoutProperty, withProperty } from "../model/properties.ts";
import { decodeRecord } from "../model/record.ts";
import { Refusal } from "../model/refusal.ts";
import { SCHEDULE_TOPIC } from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import { arrived, led } from "./delayed.ts";
import type { Inlet } from "./inlet.ts";

/** What the delay levels work with. */
export interface ScheduleParts {
  readonly log: Pick<Log, "queue" | "read">;
  readonly inlet: Pick<Inlet, "deliver">;
  readonly clock: Clock;
  readonly lines: Lines;
  /** Delays of the levels 1, 2, … */
  readonly delayLevelsMs: readonly number[];
  readonly wake: (job: string) => void;
}

/** Those of arbitrary delays, which a level beats. */
const TIMER = [Property.timerDeliverMs, Property.timerDelaySeconds, Property.timerDelayMs];

/** Messages that one run delivers at the most, so that nobody waits long behind them. */
const RUN_MOST = 500;
/** How soon a message that was led here can be seen in its queue, and the shortest look ahead. */
const SOON_MS = 50;
/** The longest time between two looks: a wall clock that was set forward is noticed so late. */
const LOOK_MS = 1000;
/** How long nothing is delivered after the log refused a message. */
const AFTER_REFUSAL_MS = 1000;

/** Where one level's queue stands. */
interface Level {
  readonly delayMs: number;
  readonly queueId: number;
  /** The next offset to deliver. */
  next: number;
  /** Entries below `heldTo` are due at `heldUntil` (monotonic ms) at the latest. */
  heldTo: number;
  heldUntil: number;
}

/** An entry of a level's queue. */
interface Entry {
  readonly offset: number;
  readonly position: number;
  readonly size: number;
  readonly dueMs: number;
}

/**
 * The delay levels: a message with one waits as a record of SCHEDULE_TOPIC_XXXX, in the queue of
 * its level, whose entries carry the time of delivery. Within a level the order of arrival is the
 * order of delivery, so one offset a level says how far it is.
 */
export class Schedule implements Job {
  static readonly jobName = "delay levels";
  readonly name = Schedule.jobName;
  readonly #parts: ScheduleParts;
  readonly #levels: readonly Level[];
  /** Monotonic ms until which something that was just led here may still be invisible. */
  #expectedUntil = -Infinity;
  #isOpen = false;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
    this.#levels = parts.delayLevelsMs.map((delayMs, queueId) => {
      return { delayMs, queueId, next: 0, heldTo: 0, heldUntil: Infinity };
    });
  }

  /** Each level stands at its offset of `delivered`, at its first one where it has none. */
  stand(delivered: ReadonlyMap<number, number>): void {
    for (const level of this.#levels) {
      const { offsetMin, offsetMax } = this.#queueOf(level);
      const wanted = delivered.get(level.queueId + 1) ?? offsetMin;
      level.next = Math.min(Math.max(wanted, offsetMin), offsetMax);
      if (level.next !== wanted) this.#parts.lines.warn(moved(level, wanted));
    }
  }

  /** Was there ever a message with a level? */
  get isUsed(): boolean {
    return this.#levels.some((level) => this.#queueOf(level).offsetMax > 0);
  }

  /** Begins to deliver. */
  open(): void {
    this.#isOpen = true;
    this.#parts.wake(this.name);
  }

  /** Delivers nothing more. */
  close(): void {
    this.#isOpen = false;
  }

  /** How far each level that was ever used is, by its number, and where its queue ends. */
  places(): [level: number, next: number, end: number][] {
    return this.#levels.map((level): [number, number, number] => {
      return [level.queueId + 1, level.next, this.#queueOf(level).offsetMax];
    }).filter(([, , end]) => end > 0);
  }

  /** How far each level is, by its number: the next offset to deliver. */
  delivered(): Map<number, number> {
    return new Map(this.#levels.map(({ queueId, next }) => [queueId + 1, next]));
  }

  /** After a crash: the record at this offset of a level was delivered. */
  wasDelivered(queueId: number, offset: number): void {
    const level = this.#levels[queueId];
    if (level !== undefined && level.next <= offset) level.next = offset + 1;
  }

  /** Leads a message with a delay level here, the last level where there is none so high. */
  readonly detour = (message: Message): Message => {
    const { clock, wake } = this.#parts;
    const asked = Number(getProperty(message.properties, Property.delayLevel) ?? 1);
    const level = Math.min(asked, this.#levels.length);
    const timed = TIMER.reduce(withoutProperty, message.properties);
    const properties = level === asked
      ? timed
      : withProperty(timed, Property.delayLevel, String(level));
    this.#expectedUntil = clock.monotonic() + SOON_MS;
    wake(this.name);
    return led(message, { topic: SCHEDULE_TOPIC, queueId: level - 1, properties });
  };

  run(now: number): number {
    if (!this.#isOpen) return Infinity;
    let left = RUN_MOST;
    let next = now < this.#expectedUntil ? this.#expectedUntil : Infinity;
    for (const level of this.#levels) {
      try {
        const before = level.next;
        next = Math.min(next, this.#deliverDue(level, left, now));
        left -= level.next - before;
      } catch (fault) {
        if (!(fault instanceof Refusal)) throw fault;
        this.#parts.lines.warn(`Delayed messages wait another second: ${fault.message}`);
        return now + AFTER_REFUSAL_MS;
      }
    }
    return next;
  }

  /** Delivers what is due, `most` at the most, and returns when to look again, monotonic ms. */
  #deliverDue(level: Level, most: number, now: number): number {
    const queue = this.#queueOf(level);
    if (level.next >= queue.offsetMax) return Infinity;
    if (most <= 0) return now;
    const wall = this.#parts.clock.now();
    const isDue = ({ offset, dueMs }: Entry) =>
      dueMs <= wall || (offset < level.heldTo && now >= level.heldUntil);
    const entries: Entry[] = [];
    queue.scan(level.next, most, (...[offset, position, size, dueMs]) => {
      const entry = { offset, position, size, dueMs };
      entries.push(entry);
      return isDue(entry);
    });
    for (const entry of entries) {
      if (!isDue(entry)) return now + Math.min(this.#waitOf(level, entry, now), LOOK_MS);
      this.#deliver(level, entry);
      level.next = entry.offset + 1;
    }
    return level.next < queue.offsetMax ? now : Infinity;
  }

  /**
   * How long a message still waits, ms. One that was stored later than now was stored before the
   * wall clock was set back: it and all that are there wait for their delay from now on.
   */
  #waitOf(level: Level, { offset, dueMs }: Entry, now: number): number {
    const wall = this.#parts.clock.now();
    const queue = this.#queueOf(level);
    if (dueMs - wall > level.delayMs && offset >= level.heldTo) {
      if (queue.storeTimestampAt(offset) <= wall) return dueMs - wall;
      level.heldTo = queue.offsetMax;
      level.heldUntil = now + level.delayMs;
    }
    return offset < level.heldTo ? Math.min(dueMs - wall, level.heldUntil - now) : dueMs - wall;
  }

  #deliver(level: Level, { offset, position, size }: Entry): void {
    const { log, inlet, lines } = this.#parts;
    if (position === 0 && size === BLANK_ENTRY_SIZE) return;
    const bytes = log.read(position, size, true);
    const message = bytes && arrived(decodeRecord(bytes));
    if (message !== undefined) inlet.deliver(message);
    else lines.error(lost(level, offset, position));
  }

  #queueOf(level: Level) {
    return this.#parts.log.queue(SCHEDULE_TOPIC, level.queueId);
  }
}

function moved({ queueId, next }: Level, wanted: number): string {
  return `Delay level ${queueId + 1} goes on at offset ${next}: ${wanted}, where it was, is not ` +
    `in its queue.`;
}

function lost({ queueId }: Level, offset: number, position: number): string {
  return `A message of delay level ${queueId + 1} is lost: its record at position ${position} ` +
    `(offset ${offset}) is gone or damaged.`;
}
