import type { Sqlite, SqlWrite } from "../port/sqlite.ts";
import type { Committer } from "./committer.ts";
import type { TimerCheck } from "./timer_check.ts";

/** A timed message as the view of due times keeps it. */
export interface TimerRow {
  /** When something is to be done with it, ms since 1970: delivered, or stored anew. */
  readonly wake: number;
  /**
   * 0 takes another one back, 1 is a message, 2 is to be stored anew: at the same time 0 comes
   * first.
   */
  readonly kind: number;
  /** Of its record in the log. */
  readonly position: number;
  readonly size: number;
}

/** Up to where all that the log holds of delays is in the tables. */
export interface DelayPlace {
  /** Offset in the queue of timed messages: those below it were taken up. */
  readonly fed: number;
  /** Position in the log: what was delivered below it is known to be. */
  readonly position: number;
}

/** What one transaction changes. */
export interface TimerChanges {
  readonly puts: readonly TimerRow[];
  readonly gone: readonly TimerRow[];
  readonly place: DelayPlace;
}

const MAKE = [
  "CREATE TABLE IF NOT EXISTS timers (wake INTEGER NOT NULL, kind INTEGER NOT NULL, " +
  "position INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (wake, kind, position)) " +
  "STRICT, WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS delay_stand (one INTEGER PRIMARY KEY CHECK (one = 1), " +
  "fed INTEGER NOT NULL, position INTEGER NOT NULL, timer_check TEXT NOT NULL) STRICT",
];
const PUT = "INSERT OR REPLACE INTO timers (wake, kind, position, size) " +
  "SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)";
const REMOVE = "DELETE FROM timers WHERE (wake, kind, position) IN " +
  "(SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))";
const PLACE = "INSERT OR REPLACE INTO delay_stand (one, fed, position, timer_check) " +
  "VALUES (1, ?, ?, ?)";
const PAGE = "SELECT json_group_array(json_array(wake, kind, position, size)) AS page FROM " +
  "(SELECT * FROM timers WHERE (wake, kind, position) > (?, ?, ?) " +
  "ORDER BY wake, kind, position LIMIT ?)";
const COUNTS = "SELECT wake / ? AS span, count(*) AS n FROM timers GROUP BY 1";

/**
 * Timed messages by the time at which they are due: a view of the log that can hold far more than
 * fits into memory. It may be deleted: it grows back from the log.
 */
export class TimerTable {
  readonly #sqlite: Sqlite;
  readonly #committer: Committer;
  readonly #readCheck: () => TimerCheck | undefined;
  #place: DelayPlace | undefined;
  #check: TimerCheck | undefined;

  /** `readCheck` says how far another broker was that had this directory. */
  constructor(sqlite: Sqlite, committer: Committer, readCheck: () => TimerCheck | undefined) {
    this.#sqlite = sqlite;
    this.#committer = committer;
    this.#readCheck = readCheck;
  }

  /** Up to where the log is in the tables; undefined where they are new. */
  get place(): DelayPlace | undefined {
    return this.#place;
  }

  /** How far another broker was, where one had the directory. */
  get timerCheck(): TimerCheck | undefined {
    return this.#check;
  }

  /**
   * Makes the tables where they are missing, and reads the place. Where another broker had the
   * directory since, they are made anew from the log. @throws {Refusal} `unavailable`
   */
  async load(): Promise<void> {
    const names = "SELECT count(*) AS n FROM sqlite_schema WHERE name IN ('timers', 'delay_stand')";
    const [{ n }] = await this.#sqlite.query(names);
    if (Number(n) < MAKE.length) {
      await this.#committer.commit(MAKE.map((sql) => ({ sql, rows: [[]] })));
    }
    this.#check = this.#readCheck();
    const [found] = await this.#sqlite.query("SELECT fed, position, timer_check FROM delay_stand");
    if (found === undefined || found.timer_check !== this.#checkText) {
      if (found !== undefined || await this.count() > 0) await this.clear();
      return;
    }
    this.#place = { fed: Number(found.fed), position: Number(found.position) };
  }

  /** The writes that make these changes; `settle` them once they are committed. */
  writes({ puts, gone, place }: TimerChanges): SqlWrite[] {
    const writes: SqlWrite[] = [];
    if (puts.length > 0) writes.push({ sql: PUT, rows: [[listOf(puts)]] });
    if (gone.length > 0) writes.push({ sql: REMOVE, rows: [[listOf(gone)]] });
    return [...writes, { sql: PLACE, rows: [[place.fed, place.position, this.#checkText]] }];
  }

  /** The writes with this place are committed. */
  settle(place: DelayPlace): void {
    this.#place = place;
  }

  /**
   * What this broker writes for others is its own at the next start.
   * @throws {Refusal} `unavailable`
   */
  async adopt(check: TimerCheck): Promise<void> {
    const place = this.#place;
    if (place === undefined) return;
    const row = [place.fed, place.position, textOf(check)];
    await this.#committer.commit([{ sql: PLACE, rows: [row] }]);
    this.#check = check;
  }

  /** Forgets everything: it does not fit to the log. @throws {Refusal} `unavailable` */
  async clear(): Promise<void> {
    const all = ["timers", "delay_stand"].map((name) => `DELETE FROM ${name}`);
    await this.#committer.commit(all.map((sql) => ({ sql, rows: [[]] })));
    this.#place = undefined;
  }

  /** The next rows behind `after`, in order, as one text off the database's thread. */
  async page(after: TimerRow | undefined, most: number): Promise<TimerRow[]> {
    const { wake, kind, position } = after ?? { wake: -1, kind: 0, position: 0 };
    const [{ page }] = await this.#sqlite.query(PAGE, [wake, kind, position, most]);
    const rows: unknown = JSON.parse(String(page));
    return Array.isArray(rows) ? rows.map(rowOf) : [];
  }

  /** By which a file of another broker is told from the one seen before. */
  get #checkText(): string {
    return textOf(this.#check ?? { deliveredTo: 0, takenUpTo: 0 });
  }

  /** Rows that there are. */
  async count(): Promise<number> {
    const [{ n }] = await this.#sqlite.query("SELECT count(*) AS n FROM timers");
    return Number(n);
  }

  /** How many rows there are for each span of so many ms, by its number since 1970. */
  async counts(spanMs: number): Promise<Map<number, number>> {
    const rows = await this.#sqlite.query(COUNTS, [spanMs]);
    return new Map(rows.map(({ span, n }) => [Number(span), Number(n)]));
  }
}

function textOf({ deliveredTo, takenUpTo }: TimerCheck): string {
  return `${deliveredTo} ${takenUpTo}`;
}

function listOf(rows: readonly TimerRow[]): string {
  const list = rows.map(({ wake, kind, position, size }) =>
    `[${wake},${kind},${position},${size}]`
  );
  return `[${list.join(",")}]`;
}

function rowOf(row: unknown): TimerRow {
  const [wake, kind, position, size] = Array.isArray(row) ? row.map(Number) : [];
  return { wake, kind, position, size };
}
