import type { Sqlite } from "../port/sqlite.ts";
import { commit } from "./commit.ts";
import { sealed, unsealed } from "./sealed.ts";

const NONE: ReadonlyMap<string, string> = new Map();

/** The name server's key-value entries, by namespace. */
export class KvTable {
  readonly #sqlite: Sqlite;
  readonly #namespaces = new Map<string, Map<string, string>>();
  #size = 0;
  #damaged = 0;

  constructor(sqlite: Sqlite) {
    this.#sqlite = sqlite;
  }

  /** Rows that were not what had been written, and were left out. */
  get damaged(): number {
    return this.#damaged;
  }

  /** Entries of all namespaces. */
  get size(): number {
    return this.#size;
  }

  async load(): Promise<void> {
    const sql = "SELECT namespace, name, value, sum FROM key_value";
    for (const row of await this.#sqlite.query(sql)) {
      const columns = unsealed(row, ["namespace", "name", "value"]);
      if (columns === undefined) this.#damaged++;
      else this.#set(String(columns[0]), String(columns[1]), String(columns[2]));
    }
  }

  get(namespace: string, key: string): string | undefined {
    return this.#namespaces.get(namespace)?.get(key);
  }

  ofNamespace(namespace: string): ReadonlyMap<string, string> {
    return this.#namespaces.get(namespace) ?? NONE;
  }

  /** @throws {Refusal} `unavailable` */
  async put(namespace: string, key: string, value: string): Promise<void> {
    const sql = "INSERT OR REPLACE INTO key_value VALUES (?, ?, ?, ?)";
    await commit(this.#sqlite, "a key-value entry", [
      { sql, rows: [sealed([namespace, key, value])] },
    ]);
    this.#set(namespace, key, value);
  }

  /** No error where there is none. @throws {Refusal} `unavailable` */
  async remove(namespace: string, key: string): Promise<void> {
    const sql = "DELETE FROM key_value WHERE namespace = ? AND name = ?";
    await commit(this.#sqlite, "a key-value entry", [{ sql, rows: [[namespace, key]] }]);
    const entries = this.#namespaces.get(namespace);
    if (entries?.delete(key)) this.#size--;
    if (entries?.size === 0) this.#namespaces.delete(namespace);
  }

  #set(namespace: string, key: string, value: string): void {
    let entries = this.#namespaces.get(namespace);
    if (entries === undefined) {
      entries = new Map();
      this.#namespaces.set(namespace, entries);
    }
    if (!entries.has(key)) this.#size++;
    entries.set(key, value);
  }
}
