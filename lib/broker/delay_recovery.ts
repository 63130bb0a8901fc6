import type { Log } from "../log/log.ts";
import type { DelayTable } from "../meta/delays.ts";
import type { TimerTable } from "../meta/timer_table.ts";
import { decodeRecord, getLong, layoutOf, type RecordTarget } from "../model/record.ts";
import { SCHEDULE_TOPIC } from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { Lines } from "../port/lines.ts";
import { markedBy } from "./delayed.ts";
import type { Schedule } from "./schedule.ts";
import { SLOT_MS } from "./timer_slots.ts";
import { TIMER_TOPIC } from "./timer_times.ts";
import type { Timers } from "./timers.ts";

/** What finding out where delays stand works with. */
export interface DelayRecoveryParts {
  readonly log: Pick<
    Log,
    "queue" | "recordAt" | "survey" | "positionMax"
  >;
  readonly delayTable: DelayTable;
  readonly timerTable: TimerTable;
  readonly schedule: Schedule;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly lines: Lines;
}

/** Bytes of the log that are looked through before the event loop goes on. */
const PART_BYTES = 4 << 20;

/**
 * Finds out at the start what was delivered: the tables say it up to a place in the log; behind
 * it, each record that was delivered names the one that it was delivered for. So a process that
 * was killed delivers nothing twice.
 */
export class DelayRecovery {
  readonly #parts: DelayRecoveryParts;

  constructor(parts: DelayRecoveryParts) {
    this.#parts = parts;
  }

  /** Opens levels and timers where they stand. @throws {Refusal} `unavailable` */
  async run(): Promise<void> {
    const { schedule, timers, timerTable, delayTable, log } = this.#parts;
    await timerTable.load();
    await this.#checkPlace();
    const { place } = timerTable;
    schedule.stand(delayTable.all());
    const waiting = await timerTable.counts(SLOT_MS);
    const survey = log.survey(place?.position);
    const { from } = survey;
    if (this.#isUsed()) await this.#lookThrough(survey);
    schedule.open();
    if (place === undefined && timerTable.timerCheck) timers.movedIn(timerTable.timerCheck);
    timers.open({ fed: place?.fed ?? 0, foundFrom: from, waiting });
  }

  /** A table that is ahead of the log is of another one: it is made anew. */
  async #checkPlace(): Promise<void> {
    const { timerTable, log, lines } = this.#parts;
    const { place } = timerTable;
    const offsetMax = log.queue(TIMER_TOPIC, 0).offsetMax;
    if (place === undefined) return;
    if (place.fed <= offsetMax && place.position <= log.positionMax) return;
    lines.warn(
      `The table of timed messages is made anew from the log: it stood at offset ${place.fed} ` +
        `and position ${place.position}, but the log ends at ${offsetMax} and ${log.positionMax}.`,
    );
    await timerTable.clear();
  }

  #isUsed(): boolean {
    const { log, schedule } = this.#parts;
    return log.queue(TIMER_TOPIC, 0).offsetMax > 0 || schedule.isUsed;
  }

  async #lookThrough(survey: ReturnType<Log["survey"]>): Promise<void> {
    const { clock } = this.#parts;
    const visit = (source: RecordTarget) => this.#look(source);
    while (survey.next(PART_BYTES, visit)) {
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
  }

  /** A record that names another one was delivered for it, where that one waited. */
  #look({ view, at }: RecordTarget): void {
    const layout = layoutOf(view, at);
    const origin = markedBy(getLong(view, layout.body - 12));
    if (origin === undefined) return;
    const { log, schedule, timers } = this.#parts;
    const bytes = log.recordAt(origin);
    if (bytes === undefined) return;
    const { topic, queueId, offset } = decodeRecord(bytes);
    if (topic === SCHEDULE_TOPIC) schedule.wasDelivered(queueId, offset);
    if (topic === TIMER_TOPIC) timers.wasDelivered(origin, getLong(view, layout.storeTimestamp));
  }
}
