import type { DataVersion } from "../model/data_version.ts";
import type { Sqlite, SqlWrite } from "../port/sqlite.ts";
import { sealed, unsealed } from "./sealed.ts";

const NONE: DataVersion = { stateVersion: 0, timestamp: 0, counter: 0 };

/** How new each table is, and how new its export was, by name. */
export class Versions {
  readonly #known = new Map<string, DataVersion>();

  static async load(sqlite: Sqlite): Promise<Versions> {
    const versions = new Versions();
    for (const row of await sqlite.query("SELECT name, state, time, counter, sum FROM version")) {
      const columns = unsealed(row, ["name", "state", "time", "counter"]);
      if (columns === undefined) continue;
      const [name, stateVersion, timestamp, counter] = columns;
      versions.set(String(name), {
        stateVersion: Number(stateVersion),
        timestamp: Number(timestamp),
        counter: Number(counter),
      });
    }
    return versions;
  }

  /** All zero where nothing is known. */
  get(name: string): DataVersion {
    return this.#known.get(name) ?? NONE;
  }

  set(name: string, version: DataVersion): void {
    this.#known.set(name, version);
  }
}

/** The write that keeps a version. */
export function versionWrite(name: string, version: DataVersion): SqlWrite {
  const { stateVersion, timestamp, counter } = version;
  return {
    sql: "INSERT OR REPLACE INTO version VALUES (?, ?, ?, ?, ?)",
    rows: [sealed([name, stateVersion, timestamp, counter])],
  };
}
