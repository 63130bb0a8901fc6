import { Database } from "bun:sqlite";
import { SqliteBusy, type SqlRow, type SqlValue, type SqlWrite } from "./sqlite.ts";

/** Prepared statements that are kept. */
const statementsMax = 200;

/**
 * SQLite's own error codes (the low byte) after which no commit is to be trusted: I/O, corrupt,
 * not a database.
 */
const untrustworthy: ReadonlySet<number> = new Set([10, 11, 26]);

const busy = 5;

/** What the SQLite ports share: one open database, used from one place, blocking. */
export class SqliteEngine {
  readonly #path: string;
  readonly #database: Database;
  readonly #statements = new Map<string, Prepared>();
  /** Why nothing is committed any more. */
  #failure: string | undefined;

  /**
   * Opens or makes the file at `path`, takes its lock and checks its pages; `:memory:` has neither.
   * Throws {@linkcode SqliteBusy}, or an Error that says what is wrong with it.
   */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#database = new Database(path, { create: true, safeIntegers: true });
    } catch (error) {
      throw sentence(`open ${path}`, error);
    }
    try {
      if (path !== ":memory:") this.#prepareFile();
    } catch (error) {
      this.#release();
      throw sentence(`open ${path}`, error);
    }
  }

  /** One transaction, durable when this returns. */
  commit(writes: readonly SqlWrite[]): void {
    if (this.#failure !== undefined) {
      throw new Error(`Cannot commit to ${this.#path}: it failed before (${this.#failure})`);
    }
    try {
      this.#statement("BEGIN IMMEDIATE").run([]);
      for (const { sql, rows } of writes) {
        const statement = this.#statement(sql);
        for (const row of rows) statement.run(row);
      }
      this.#statement("COMMIT").run([]);
    } catch (error) {
      this.#rollBack();
      if (untrustworthy.has(codeOf(error) & 0xff)) this.#failure = textOf(error);
      throw sentence(`commit to ${this.#path}`, error);
    }
  }

  /** Rows by column name; whole numbers are numbers where those hold them exactly, else bigints. */
  query(sql: string, parameters: readonly SqlValue[]): SqlRow[] {
    try {
      return this.#statement(sql).all(parameters);
    } catch (error) {
      throw sentence(`query ${this.#path}`, error);
    }
  }

  close(): void {
    this.#release();
  }

  #prepareFile(): void {
    // The lock is taken by the first transaction and kept; no shared memory file is made then.
    for (
      const pragma of [
        "locking_mode=EXCLUSIVE",
        "journal_mode=WAL",
        "synchronous=FULL",
        "mmap_size=0",
        "busy_timeout=0",
        "cell_size_check=ON",
        "journal_size_limit=4194304",
      ]
    ) {
      this.#statement(`PRAGMA ${pragma}`).all([]);
    }
    this.#statement("BEGIN IMMEDIATE").run([]);
    this.#statement("COMMIT").run([]);
    const found = this.#statement("PRAGMA quick_check(3)").all([]);
    const complaints = found.map((row) => String(row.quick_check)).filter((text) => text !== "ok");
    if (complaints.length > 0) throw new Error(`it is damaged (${complaints.join("; ")})`);
  }

  #statement(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    for (const [oldest, statement] of this.#statements) {
      if (this.#statements.size < statementsMax) break;
      statement.finalize();
      this.#statements.delete(oldest);
    }
    const statement = new Prepared(this.#database, sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #rollBack(): void {
    try {
      this.#statement("ROLLBACK").run([]);
    } catch {
      // SQLite has rolled back by itself, or there was no transaction yet.
    }
  }

  /** A statement that is still open would keep the lock. */
  #release(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#database.close(true);
  }
}

/** A statement that binds and reads alike on both runtimes. */
class Prepared {
  readonly #statement: ReturnType<Database["prepare"]>;
  readonly #marks: number;

  constructor(database: Database, sql: string) {
    this.#statement = database.prepare(sql);
    this.#marks = marksIn(sql);
  }

  run(parameters: readonly SqlValue[]): void {
    this.#statement.run(...this.#bound(parameters));
  }

  all(parameters: readonly SqlValue[]): SqlRow[] {
    const rows = this.#statement.all(...this.#bound(parameters)) as Record<string, SqlValue>[];
    for (const row of rows) {
      for (const name in row) row[name] = narrowed(row[name]);
    }
    return rows;
  }

  finalize(): void {
    this.#statement.finalize();
  }

  /** Checked here: one runtime would use the values of the run before. */
  #bound(parameters: readonly SqlValue[]): SqlValue[] {
    if (parameters.length !== this.#marks) {
      throw new Error(`${this.#marks} values expected, ${parameters.length} given`);
    }
    return parameters.map(widened);
  }
}

/**
 * Whole numbers are bound as such, not as REAL. Text with a NUL in it is refused, for one runtime
 * reads it only up to there.
 */
function widened(value: SqlValue): SqlValue {
  if (typeof value === "string" && value.includes("\0")) {
    throw new Error(
      `text with a NUL character is not stored: ${JSON.stringify(value.slice(0, 80))}`,
    );
  }
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
}

function narrowed(value: SqlValue): SqlValue {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** How many `?` stand outside of quotes and comments. */
function marksIn(sql: string): number {
  const found = sql.match(/'[^']*'|"[^"]*"|--[^\n]*|\?/g) ?? [];
  return found.filter((mark) => mark === "?").length;
}

/** SQLite's number, by each runtime's name for it; 0 where it is another error. */
function codeOf(error: unknown): number {
  const { errno, errcode } = error as { errno?: unknown; errcode?: unknown };
  return Number(errno ?? errcode ?? 0) || 0;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sentence(what: string, error: unknown): Error {
  const text = textOf(error);
  if ((codeOf(error) & 0xff) === busy || text === "database is locked") {
    return new SqliteBusy(`Cannot ${what}: another process holds its lock`);
  }
  return new Error(`Cannot ${what}: ${text}`);
}
