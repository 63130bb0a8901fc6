import type { DataVersion } from "../model/data_version.ts";
import type { SqlWrite } from "../port/sqlite.ts";
import type { Committer } from "./committer.ts";
import type { Rows, TextRow } from "./rows.ts";
import type { TableVersion } from "./table_version.ts";

/** What a table of the catalogue works with. */
export interface TableParts {
  readonly rows: Rows;
  readonly committer: Committer;
  readonly version: TableVersion;
}

/** Something to be committed with others, and what to do in memory when it is. */
export interface Plan {
  readonly writes: readonly SqlWrite[];
  apply(): void;
}

/** How one kind of thing is written and read. */
export interface Codec<T> {
  /** The text that is stored: the same for the same thing. */
  format(value: T): string;
  /** @throws {Error} where the text makes no sense. */
  parse(text: string, name: string): T;
}

/** Things by name, in memory whole; a change is seen when it would survive a power cut. */
export class NamedTable<T extends { readonly name: string }> {
  readonly #parts: TableParts;
  readonly #codec: Codec<T>;
  readonly #values = new Map<string, T>();
  readonly #listeners: ((names: readonly string[]) => void)[] = [];
  /** Changes asked for and not committed yet. */
  #pending = 0;

  constructor(parts: TableParts, codec: Codec<T>) {
    this.#parts = parts;
    this.#codec = codec;
  }

  /** Of what can be seen. */
  get version(): DataVersion {
    return this.#parts.version.current;
  }

  get size(): number {
    return this.#values.size;
  }

  get(name: string): T | undefined {
    return this.#values.get(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  all(): Iterable<T> {
    return this.#values.values();
  }

  /**
   * Adds or replaces, in one transaction; seen when this resolves.
   * @throws {Refusal} `unavailable`: nothing has changed then.
   */
  async put(values: readonly T[]): Promise<void> {
    if (values.length === 0) return;
    const { rows, version: table } = this.#parts;
    const { version, write } = table.next();
    await this.#commit([rows.put(values.map((value) => this.#row(value))), write]);
    for (const value of values) this.#values.set(value.name, value);
    this.#changed(version, values.map(({ name }) => name));
  }

  /**
   * Removes, and says whether it was there.
   * @throws {Refusal} `unavailable`: nothing has changed then.
   */
  async remove(name: string): Promise<boolean> {
    if (!this.#values.has(name) && this.#pending === 0) return false;
    const { rows, version: table } = this.#parts;
    const { version, write } = table.next();
    await this.#commit([rows.remove(name), write]);
    const wasThere = this.#values.delete(name);
    this.#changed(version, [name]);
    return wasThere;
  }

  /** Another broker's table in the place of this one, with its version. */
  replacement(values: readonly T[], version: DataVersion): Plan {
    const { rows, version: table } = this.#parts;
    return {
      writes: [
        rows.remove(),
        rows.put(values.map((value) => this.#row(value))),
        table.put(version),
      ],
      apply: () => {
        this.#values.clear();
        for (const value of values) this.#values.set(value.name, value);
        table.adopt(version);
      },
    };
  }

  /** Those of the values that are missing here: their own rows were damaged. */
  completion(values: readonly T[]): Plan & { readonly count: number } {
    const missing = values.filter(({ name }) => !this.#values.has(name));
    return {
      count: missing.length,
      writes: [this.#parts.rows.put(missing.map((value) => this.#row(value)))],
      apply: () => missing.forEach((value) => this.#values.set(value.name, value)),
    };
  }

  /** Hears of every committed change, with the names that it touched. */
  onChange(listener: (names: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes a stored row at the start; false where it makes no sense. */
  restore({ keys: [name], text }: TextRow): boolean {
    try {
      this.#values.set(name, this.#codec.parse(text, name));
      return true;
    } catch {
      return false;
    }
  }

  #row(value: T): TextRow {
    return { keys: [value.name], text: this.#codec.format(value) };
  }

  async #commit(writes: readonly SqlWrite[]): Promise<void> {
    this.#pending++;
    try {
      await this.#parts.committer.commit(writes);
    } finally {
      this.#pending--;
    }
  }

  #changed(version: DataVersion, names: readonly string[]): void {
    this.#parts.version.settle(version);
    for (const listener of this.#listeners) listener(names);
  }
}
