import type { TimerRow } from "../meta/timer_table.ts";
import type { NearTimer } from "./near_timers.ts";

/** Who is due within this, ms, is likely done before a save is worth it. */
const SOON_MS = 3000;
/** More than so many wait for none of them: the oldest are saved, soon or not. */
const HELD_MOST = 100_000;

/** A timed message that no table has yet, by its record's offset in the timer topic. */
export interface UnsavedTimer extends NearTimer {
  readonly offset: number;
}

/** What one save brings to the table. */
export interface TimerMoves {
  readonly puts: readonly UnsavedTimer[];
  readonly gone: readonly TimerRow[];
}

/**
 * What the table does not know yet: timed messages that are in memory alone, and rows whose
 * messages are done. The first leave from the front, in their order in the log: where the next one
 * is due soon, it and all behind it wait for it, for what is done before it is saved needs no row.
 */
export class UnsavedTimers {
  #timers: UnsavedTimer[] = [];
  #gone: TimerRow[] = [];
  /** So many of the first timers may go, and so many of them needed a row when that was seen. */
  #ready = 0;
  #rows = 0;

  /** Timers that are here, some of them done. */
  get size(): number {
    return this.#timers.length;
  }

  /** The first that is here; what came before it was saved, or is done. */
  get first(): UnsavedTimer | undefined {
    return this.#timers[0];
  }

  push(timer: UnsavedTimer): void {
    this.#timers.push(timer);
  }

  /** Nothing is left to be done with it: its row goes, where it has one. */
  done(timer: NearTimer): void {
    if (timer.state !== "new") this.#gone.push(timer);
    timer.state = "done";
  }

  /** Do so many wait, for whatever, that no more should come? */
  get isFull(): boolean {
    return this.#timers.length >= 2 * HELD_MOST;
  }

  /** May anything go at this time, ms since 1970, be it only that what is done is forgotten? */
  mayGo(wall: number): boolean {
    this.#look(wall);
    return this.#ready > 0 || this.#gone.length > 0;
  }

  /** How many rows would be put or taken out; at the time Infinity all may go. */
  rows(wall: number): number {
    this.#look(wall);
    return this.#rows + this.#gone.length;
  }

  /** Hands over what may go. */
  take(wall: number): TimerMoves {
    this.#look(wall);
    const puts = this.#timers.slice(0, this.#ready).filter(({ state }) => state === "new");
    for (const timer of puts) timer.state = "saving";
    const gone = this.#gone;
    this.#timers = this.#timers.slice(this.#ready);
    this.#gone = [];
    this.#ready = 0;
    this.#rows = 0;
    return { puts, gone };
  }

  /** Takes back what was handed over last and could not be saved. */
  takeBack({ puts, gone }: TimerMoves): void {
    const back = puts.filter(({ state }) => state === "saving");
    for (const timer of back) timer.state = "new";
    this.#timers = [...back, ...this.#timers];
    this.#gone = [...gone, ...this.#gone];
    this.#ready += back.length;
    this.#rows += back.length;
  }

  #look(wall: number): void {
    const timers = this.#timers;
    const pressed = timers.length - HELD_MOST;
    for (let at = this.#ready; at < timers.length; at++) {
      const { state, wake } = timers[at];
      const isDone = state === "done";
      if (!isDone && wake <= wall + SOON_MS && wall !== Infinity && at >= pressed) return;
      if (!isDone) this.#rows++;
      this.#ready++;
    }
  }
}
