import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";
import { type Sqlite, SqliteBusy, type SqlRow, type SqlValue, type SqlWrite } from "./sqlite.ts";
import { SqliteEngine } from "./sqlite_engine.ts";

/** How the databases in memory behave. */
export interface MemorySqliteOptions {
  readonly clock: Clock;
  /** What a commit takes; no time at all by default. */
  readonly commitMs?: () => number;
}

/**
 * SQLite databases in memory, by path: the same SQL as on disk, in this process, with a commit's
 * time by the clock. What was committed outlives {@linkcode MemorySqlite.powerCut}.
 */
export class MemorySqlite {
  /** The error's text of a commit that is to fail; it leaves nothing behind. */
  faults:
    | ((commit: { readonly path: string; readonly count: number }) => string | undefined)
    | undefined;
  readonly #options: MemorySqliteOptions;
  readonly #engines = new Map<string, SqliteEngine>();
  readonly #open = new Map<string, MemoryDatabase>();
  #commits = 0;
  #isDead = false;

  constructor(options: MemorySqliteOptions) {
    this.#options = options;
  }

  /** Commits asked for so far. */
  get commits(): number {
    return this.#commits;
  }

  readonly open = (path: string): Promise<Sqlite> => {
    if (this.#isDead) {
      return Promise.reject(new Error(`Cannot open ${path}: the process has ended`));
    }
    if (this.#open.has(path)) {
      return Promise.reject(new SqliteBusy(`Cannot open ${path}: another process holds its lock`));
    }
    const engine = this.#engines.get(path) ?? new SqliteEngine(":memory:");
    this.#engines.set(path, engine);
    const database = new MemoryDatabase(path, {
      engine,
      clock: this.#options.clock,
      commitMs: this.#options.commitMs ?? (() => 0),
      fault: () => {
        this.#commits++;
        return this.faults?.({ path, count: this.#commits });
      },
      closed: () => this.#open.delete(path),
    });
    this.#open.set(path, database);
    return Promise.resolve(database);
  };

  /**
   * Cuts the power, or kills the process: returns the databases as they are found afterwards,
   * with all that was committed. A commit under way is there or not, by chance; later ones are
   * not. What was open is dead: its promises never settle.
   */
  powerCut(random: Random): MemorySqlite {
    this.#isDead = true;
    for (const database of this.#open.values()) database.die(random.below(2) === 0);
    const left = new MemorySqlite(this.#options);
    for (const [path, engine] of this.#engines) left.#engines.set(path, engine);
    return left;
  }
}

interface MemoryDatabaseParts {
  readonly engine: SqliteEngine;
  readonly clock: Clock;
  readonly commitMs: () => number;
  readonly fault: () => string | undefined;
  readonly closed: () => void;
}

/** Something asked for, done when its turn and time have come. */
interface Turn {
  readonly takesMs: number;
  /** Can it be half done when the power goes? */
  readonly isCommit: boolean;
  readonly run: () => void;
}

class MemoryDatabase implements Sqlite {
  readonly #path: string;
  readonly #parts: MemoryDatabaseParts;
  readonly #turns: Turn[] = [];
  #closed: Promise<void> | undefined;
  #isDead = false;

  constructor(path: string, parts: MemoryDatabaseParts) {
    this.#path = path;
    this.#parts = parts;
  }

  commit(writes: readonly SqlWrite[]): Promise<void> {
    const own = structuredClone(writes);
    const fault = this.#parts.fault();
    const takesMs = this.#parts.commitMs();
    return this.#queue({ takesMs, isCommit: fault === undefined }, () => {
      if (fault !== undefined) throw new Error(`Cannot commit to ${this.#path}: ${fault}`);
      this.#parts.engine.commit(own);
    });
  }

  query(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlRow[]> {
    const own = structuredClone(parameters);
    return this.#queue({ takesMs: 0, isCommit: false }, () => this.#parts.engine.query(sql, own));
  }

  close(): Promise<void> {
    this.#closed ??= this.#queue({ takesMs: 0, isCommit: false }, () => this.#parts.closed());
    return this.#closed;
  }

  /** Its process is gone; the commit under way was in time, or not. */
  die(wasInTime: boolean): void {
    const first = this.#turns[0];
    this.#isDead = true;
    if (wasInTime && first?.isCommit) first.run();
    this.#turns.length = 0;
  }

  #queue<T>(kind: { takesMs: number; isCommit: boolean }, work: () => T): Promise<T> {
    if (this.#closed !== undefined || this.#isDead) {
      return Promise.reject(new Error(`Cannot use ${this.#path}: it was closed`));
    }
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          const result = work();
          if (!this.#isDead) resolve(result);
        } catch (error) {
          if (!this.#isDead) reject(error);
        }
      };
      this.#turns.push({ ...kind, run });
      if (this.#turns.length === 1) this.#next();
    });
  }

  #next(): void {
    const turn = this.#turns[0];
    if (turn === undefined) return;
    const finish = () => {
      if (this.#isDead) return;
      turn.run();
      this.#turns.shift();
      this.#next();
    };
    if (turn.takesMs > 0) this.#parts.clock.after(turn.takesMs, finish);
    else this.#parts.clock.soon(finish);
  }
}
