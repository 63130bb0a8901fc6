import type { Sqlite } from "../port/sqlite.ts";
import { commit } from "./commit.ts";
import { sealed, unsealed } from "./sealed.ts";

/** Settings that were changed while the broker ran, by RocketMQ's names. */
export class SettingsTable {
  readonly #sqlite: Sqlite;
  readonly #values = new Map<string, string>();
  #damaged = 0;

  constructor(sqlite: Sqlite) {
    this.#sqlite = sqlite;
  }

  /** Rows that were not what had been written, and were left out. */
  get damaged(): number {
    return this.#damaged;
  }

  async load(): Promise<void> {
    for (const row of await this.#sqlite.query("SELECT name, value, sum FROM setting")) {
      const columns = unsealed(row, ["name", "value"]);
      if (columns === undefined) this.#damaged++;
      else this.#values.set(String(columns[0]), String(columns[1]));
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  all(): ReadonlyMap<string, string> {
    return this.#values;
  }

  /** Sets them all or none. @throws {Refusal} `unavailable` */
  async put(entries: ReadonlyMap<string, string>): Promise<void> {
    if (entries.size === 0) return;
    const rows = [...entries].map((entry) => sealed(entry));
    const sql = "INSERT OR REPLACE INTO setting VALUES (?, ?, ?)";
    await commit(this.#sqlite, "settings", [{ sql, rows }]);
    for (const [name, value] of entries) this.#values.set(name, value);
  }
}
