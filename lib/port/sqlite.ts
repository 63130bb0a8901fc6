/** What a column holds. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** One statement of a transaction, run once for each row of parameters. */
export interface SqlWrite {
  readonly sql: string;
  readonly rows: readonly (readonly SqlValue[])[];
}

/**
 * A row by column name; a null-prototype object or Map is not promised, so read named columns
 * only.
 */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * One SQLite database file: WAL, synchronous=FULL, exclusive lock, one writer. Work runs off the
 * event loop; calls are carried out in the order they were made.
 */
export interface Sqlite {
  /** One transaction: all of it or nothing. Resolves when it would survive a power cut. */
  commit(writes: readonly SqlWrite[]): Promise<void>;
  query(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow[]>;
  /** Checkpoints and closes; the lock is free when it resolves. */
  close(): Promise<void>;
}

/**
 * Opens (or makes) the database at `path`; rejects with {@linkcode SqliteBusy} where another
 * holds it.
 */
export type SqliteOpen = (path: string) => Promise<Sqlite>;

/** Another process holds the database's exclusive lock. */
export class SqliteBusy extends Error {
  override readonly name = "SqliteBusy";
}
