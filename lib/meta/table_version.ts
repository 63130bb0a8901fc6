import { type DataVersion, nextVersion } from "../model/data_version.ts";
import type { Clock } from "../port/clock.ts";
import type { SqlWrite } from "../port/sqlite.ts";
import type { Rows, TextRow } from "./rows.ts";

/** How new one table is; kept in the same transactions as its changes. */
export class TableVersion {
  readonly name: string;
  readonly #rows: Rows;
  readonly #clock: Clock;
  #current: DataVersion = { stateVersion: 0, timestamp: 0, counter: 0 };
  /** What the latest change asked for has, committed or not. */
  #latest = this.#current;

  constructor(name: string, rows: Rows, clock: Clock) {
    this.name = name;
    this.#rows = rows;
    this.#clock = clock;
  }

  /** Of what is committed. */
  get current(): DataVersion {
    return this.#current;
  }

  /** The version of one more change, and the write that goes with it. */
  next(): { readonly version: DataVersion; readonly write: SqlWrite } {
    const version = nextVersion(this.#latest, this.#clock.now());
    this.#latest = version;
    return { version, write: this.put(version) };
  }

  /** The write that keeps this version. */
  put(version: DataVersion): SqlWrite {
    return this.#rows.put([{ keys: [this.name], text: formatVersion(version) }]);
  }

  /** The change with this version is committed. */
  settle(version: DataVersion): void {
    this.#current = version;
  }

  /** Takes a version as it is, with a table that came from elsewhere or from the disk. */
  adopt(version: DataVersion): void {
    this.#current = this.#latest = version;
  }

  /** Takes a stored row at the start; false where it makes no sense. */
  restore({ text }: TextRow): boolean {
    const version = readVersion(text);
    if (version !== undefined) this.adopt(version);
    return version !== undefined;
  }
}

/** State version, timestamp and counter as text. */
export function formatVersion({ stateVersion, timestamp, counter }: DataVersion): string {
  return [stateVersion, timestamp, counter].join(" ");
}

/** The same read back; undefined where the text is none. */
export function readVersion(text: string): DataVersion | undefined {
  const parts = text.split(" ").map(Number);
  if (parts.length !== 3 || !parts.every(Number.isSafeInteger)) return undefined;
  const [stateVersion, timestamp, counter] = parts;
  return { stateVersion, timestamp, counter };
}
