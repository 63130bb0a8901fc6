import type { Committer } from "./committer.ts";
import type { Rows, TextRow } from "./rows.ts";

/** Settings that were changed while running (25, 318), by name. */
export class SettingsTable {
  readonly #rows: Rows;
  readonly #committer: Committer;
  readonly #values = new Map<string, string>();

  constructor(rows: Rows, committer: Committer) {
    this.#rows = rows;
    this.#committer = committer;
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  all(): ReadonlyMap<string, string> {
    return this.#values;
  }

  /**
   * Keeps all of them or none; seen when this resolves.
   * @throws {Refusal} `unavailable`
   */
  async put(entries: ReadonlyMap<string, string>): Promise<void> {
    const rows = [...entries].map(([name, value]) => {
      return { keys: [name], text: JSON.stringify(value) };
    });
    await this.#committer.commit([this.#rows.put(rows)]);
    for (const [name, value] of entries) this.#values.set(name, value);
  }

  /** Takes a stored row at the start; false where it makes no sense. */
  restore({ keys: [name], text }: TextRow): boolean {
    const value = storedText(text);
    if (value !== undefined) this.#values.set(name, value);
    return value !== undefined;
  }
}

/** The text that stands in JSON; undefined where the JSON holds something else. */
export function storedText(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
