import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { SqlValue } from "./sqlite.ts";

/**
 * Stands in for `bun:sqlite` where the program runs on Deno (`deno.json` maps the one to the
 * other): the part of its shape that the port uses, over `node:sqlite`. Whole numbers are read as
 * bigints.
 */
export class Database {
  readonly #database: DatabaseSync;

  constructor(path: string, _options: { readonly create: true; readonly safeIntegers: true }) {
    this.#database = new DatabaseSync(path);
  }

  prepare(sql: string): Statement {
    return new Statement(this.#database.prepare(sql));
  }

  close(_failWhereBusy: boolean): void {
    this.#database.close();
  }
}

/** A prepared statement. */
export class Statement {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
    this.#statement.setReadBigInts(true);
  }

  run(...parameters: SqlValue[]): void {
    this.#statement.run(...parameters);
  }

  all(...parameters: SqlValue[]): unknown[] {
    return this.#statement.all(...parameters);
  }

  /** Done by itself here, at the latest when the database is closed. */
  finalize(): void {}
}
