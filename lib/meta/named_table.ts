import { type DataVersion, nextVersion } from "../model/data_version.ts";
import { formatJson, type Json, type JsonObject, parseLooseJson } from "../model/loose_json.ts";
import type { Clock } from "../port/clock.ts";
import type { Sqlite, SqlWrite } from "../port/sqlite.ts";
import { commit } from "./commit.ts";
import { sealed, unsealed } from "./sealed.ts";
import { type Versions, versionWrite } from "./versions.ts";

/** What a table of things with a name needs. */
export interface NamedTableParts<T> {
  readonly sqlite: Sqlite;
  readonly clock: Clock;
  readonly versions: Versions;
  /** The SQL table, and the name of its version. */
  readonly table: string;
  /** What the rows are, for sentences: `topics`. */
  readonly rows: string;
  toJson(row: T): JsonObject;
  fromJson(json: Json, name: string): T;
}

/**
 * Things with a name, in memory as they are committed: a change can be seen once it would survive a
 * power cut.
 */
export class NamedTable<T extends { readonly name: string }> {
  readonly #parts: NamedTableParts<T>;
  readonly #rows = new Map<string, T>();
  readonly #listeners: (() => void)[] = [];
  /** Of the last change asked for; memory follows when it is committed. */
  #planned: DataVersion;
  #damaged = 0;

  constructor(parts: NamedTableParts<T>) {
    this.#parts = parts;
    this.#planned = parts.versions.get(parts.table);
  }

  /** Grows by one with every change. */
  get version(): DataVersion {
    return this.#parts.versions.get(this.#parts.table);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Rows that were not what had been written, and were left out. */
  get damaged(): number {
    return this.#damaged;
  }

  get(name: string): T | undefined {
    return this.#rows.get(name);
  }

  has(name: string): boolean {
    return this.#rows.has(name);
  }

  all(): Iterable<T> {
    return this.#rows.values();
  }

  /** Hears of every change, once it can be seen. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Reads all rows; damaged ones are counted and left out. */
  async load(): Promise<void> {
    const { sqlite, table } = this.#parts;
    for (const row of await sqlite.query(`SELECT name, json, sum FROM ${table}`)) {
      const read = this.#read(unsealed(row, ["name", "json"]));
      if (read === undefined) this.#damaged++;
      else this.#rows.set(read.name, read);
    }
  }

  /** Adds or replaces rows, all or none. @throws {Refusal} `unavailable` */
  async put(rows: readonly T[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#change([this.#upsert(rows)], () => {
      for (const row of rows) this.#rows.set(row.name, row);
    });
  }

  /** Removes a row; false where there is none. @throws {Refusal} `unavailable` */
  async remove(name: string): Promise<boolean> {
    if (!this.#rows.has(name)) return false;
    const write = { sql: `DELETE FROM ${this.#parts.table} WHERE name = ?`, rows: [[name]] };
    await this.#change([write], () => this.#rows.delete(name));
    return true;
  }

  /** Takes another broker's table in the place of this one, with its version. */
  async replace(rows: readonly T[], version: DataVersion): Promise<void> {
    const { table, rows: what, sqlite, versions } = this.#parts;
    const writes = [
      { sql: `DELETE FROM ${table}`, rows: [[]] },
      this.#upsert(rows),
      versionWrite(table, version),
    ];
    await commit(sqlite, what, writes);
    this.#rows.clear();
    for (const row of rows) this.#rows.set(row.name, row);
    versions.set(table, version);
    this.#planned = version;
  }

  async #change(writes: readonly SqlWrite[], apply: () => void): Promise<void> {
    const { sqlite, clock, table, rows, versions } = this.#parts;
    const version = nextVersion(this.#planned, clock.now());
    this.#planned = version;
    await commit(sqlite, rows, [...writes, versionWrite(table, version)]);
    versions.set(table, version);
    apply();
    for (const hear of this.#listeners) hear();
  }

  #upsert(rows: readonly T[]): SqlWrite {
    const { table, toJson } = this.#parts;
    return {
      sql: `INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?)`,
      rows: rows.map((row) => sealed([row.name, formatJson(toJson(row))])),
    };
  }

  #read(columns: readonly (string | number)[] | undefined): T | undefined {
    if (columns === undefined) return undefined;
    const [name, json] = columns.map(String);
    try {
      return this.#parts.fromJson(parseLooseJson(json), name);
    } catch {
      return undefined;
    }
  }
}
