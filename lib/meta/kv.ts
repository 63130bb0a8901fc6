import type { DataVersion } from "../model/data_version.ts";
import type { Committer } from "./committer.ts";
import type { Plan } from "./named_table.ts";
import type { Rows, TextRow } from "./rows.ts";
import { storedText } from "./settings.ts";
import type { TableVersion } from "./table_version.ts";

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Namespace, key, value. */
export type KvEntry = readonly [namespace: string, key: string, value: string];

const NO_VERSION: DataVersion = { stateVersion: 0, timestamp: 0, counter: 0 };

/** Texts by namespace and key: the name server's table (100–102, 219), and small ones like it. */
export class KvTable {
  readonly #rows: Rows;
  readonly #committer: Committer;
  readonly #spaces = new Map<string, Map<string, string>>();
  readonly #version: TableVersion | undefined;
  #size = 0;

  /** With a version where the table is exported. */
  constructor(rows: Rows, committer: Committer, version?: TableVersion) {
    this.#rows = rows;
    this.#committer = committer;
    this.#version = version;
  }

  /** Of what can be seen. */
  get version(): DataVersion {
    return this.#version?.current ?? NO_VERSION;
  }

  /** Entries of all namespaces. */
  get size(): number {
    return this.#size;
  }

  get(namespace: string, key: string): string | undefined {
    return this.#spaces.get(namespace)?.get(key);
  }

  /** All entries. */
  *all(): Iterable<KvEntry> {
    for (const [namespace, space] of this.#spaces) {
      for (const [key, value] of space) yield [namespace, key, value];
    }
  }

  /** The entries of a namespace; do not keep it, it changes. */
  ofNamespace(namespace: string): ReadonlyMap<string, string> {
    return this.#spaces.get(namespace) ?? NOTHING;
  }

  /** Seen when this resolves. @throws {Refusal} `unavailable` */
  async put(namespace: string, key: string, value: string): Promise<void> {
    const next = this.#version?.next();
    const more = next === undefined ? [] : [next.write];
    await this.#committer.commit([this.#put([[namespace, key, value]]), ...more]);
    this.#set(namespace, key, value);
    if (next !== undefined) this.#version?.settle(next.version);
  }

  /** Another broker's table in the place of this one, as a change of its own. */
  replacement(entries: readonly KvEntry[]): Plan {
    const next = this.#version?.next();
    return {
      writes: [this.#rows.remove(), this.#put(entries), ...next === undefined ? [] : [next.write]],
      apply: () => {
        this.#spaces.clear();
        this.#size = 0;
        for (const entry of entries) this.#set(...entry);
        if (next !== undefined) this.#version?.settle(next.version);
      },
    };
  }

  /** Puts others in the place of all. @throws {Refusal} `unavailable` */
  async replace(entries: readonly KvEntry[]): Promise<void> {
    const { writes, apply } = this.replacement(entries);
    await this.#committer.commit(writes);
    apply();
  }

  /** Those that are missing here: their own rows were damaged. */
  completion(entries: readonly KvEntry[]): Plan & { readonly count: number } {
    const missing = entries.filter(([namespace, key]) => this.get(namespace, key) === undefined);
    return {
      count: missing.length,
      writes: [this.#put(missing)],
      apply: () => missing.forEach((entry) => this.#set(...entry)),
    };
  }

  /** Nothing happens where there is none. @throws {Refusal} `unavailable` */
  async remove(namespace: string, key: string): Promise<void> {
    await this.#committer.commit([this.#rows.remove(namespace, key)]);
    const space = this.#spaces.get(namespace);
    if (space === undefined || !space.delete(key)) return;
    this.#size--;
    if (space.size === 0) this.#spaces.delete(namespace);
  }

  /** Takes a stored row at the start; false where it makes no sense. */
  restore({ keys: [namespace, key], text }: TextRow): boolean {
    const value = storedText(text);
    if (value !== undefined) this.#set(namespace, key, value);
    return value !== undefined;
  }

  #put(entries: readonly KvEntry[]) {
    return this.#rows.put(entries.map(([namespace, key, value]) => {
      return { keys: [namespace, key], text: JSON.stringify(value) };
    }));
  }

  #set(namespace: string, key: string, value: string): void {
    const space = this.#spaces.get(namespace) ?? new Map<string, string>();
    this.#spaces.set(namespace, space);
    if (!space.has(key)) this.#size++;
    space.set(key, value);
  }
}
