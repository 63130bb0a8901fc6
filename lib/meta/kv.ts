import type { Committer } from "./committer.ts";
import type { Rows, TextRow } from "./rows.ts";
import { storedText } from "./settings.ts";

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Texts by namespace and key: the name server's table (100–102, 219), and small ones like it. */
export class KvTable {
  readonly #rows: Rows;
  readonly #committer: Committer;
  readonly #spaces = new Map<string, Map<string, string>>();
  #size = 0;

  constructor(rows: Rows, committer: Committer) {
    this.#rows = rows;
    this.#committer = committer;
  }

  /** Entries of all namespaces. */
  get size(): number {
    return this.#size;
  }

  get(namespace: string, key: string): string | undefined {
    return this.#spaces.get(namespace)?.get(key);
  }

  /** All entries: namespace, key, value. */
  *all(): Iterable<[namespace: string, key: string, value: string]> {
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
    const row = { keys: [namespace, key], text: JSON.stringify(value) };
    await this.#committer.commit([this.#rows.put([row])]);
    this.#set(namespace, key, value);
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

  #set(namespace: string, key: string, value: string): void {
    const space = this.#spaces.get(namespace) ?? new Map<string, string>();
    this.#spaces.set(namespace, space);
    if (!space.has(key)) this.#size++;
    space.set(key, value);
  }
}
