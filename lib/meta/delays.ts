import type { DataVersion } from "../model/data_version.ts";
import type { SqlWrite } from "../port/sqlite.ts";
import type { Committer } from "./committer.ts";
import type { Plan, TableParts } from "./named_table.ts";
import type { Rows, TextRow } from "./rows.ts";
import type { TableVersion } from "./table_version.ts";

/** How far each delay level has been delivered, as it was moved in and moves out again. */
export class DelayTable {
  readonly #rows: Rows;
  readonly #version: TableVersion;
  readonly #committer: Committer;
  readonly #offsets = new Map<number, number>();

  constructor({ rows, version, committer }: TableParts) {
    this.#rows = rows;
    this.#version = version;
    this.#committer = committer;
  }

  get version(): DataVersion {
    return this.#version.current;
  }

  /** Offsets by delay level. */
  all(): ReadonlyMap<number, number> {
    return this.#offsets;
  }

  /**
   * Moves levels to these offsets, together with other writes; seen when this resolves.
   * @throws {Refusal} `unavailable`
   */
  async move(offsets: ReadonlyMap<number, number>, more: readonly SqlWrite[] = []): Promise<void> {
    const moved = new Map(
      [...offsets].filter(([level, to]) => (this.#offsets.get(level) ?? 0) !== to),
    );
    if (moved.size === 0) return more.length === 0 ? undefined : await this.#committer.commit(more);
    const { version, write } = this.#version.next();
    await this.#committer.commit([this.#put(moved), write, ...more]);
    this.#take(moved);
    this.#version.settle(version);
  }

  /** Another broker's table in the place of this one, with its version. */
  replacement(offsets: ReadonlyMap<number, number>, version: DataVersion): Plan {
    return {
      writes: [this.#rows.remove(), this.#put(offsets), this.#version.put(version)],
      apply: () => {
        this.#offsets.clear();
        this.#take(offsets);
        this.#version.adopt(version);
      },
    };
  }

  /** Those that are missing here: their own rows were damaged. */
  completion(offsets: ReadonlyMap<number, number>): Plan & { readonly count: number } {
    const missing = new Map([...offsets].filter(([level]) => !this.#offsets.has(level)));
    return {
      count: missing.size,
      writes: [this.#put(missing)],
      apply: () => this.#take(missing),
    };
  }

  /** Takes a stored row at the start; false where it makes no sense. */
  restore({ keys: [level], text }: TextRow): boolean {
    const isSound = [level, text].every((part) => Number.isSafeInteger(Number(part)));
    if (isSound) this.#offsets.set(Number(level), Number(text));
    return isSound;
  }

  #put(offsets: ReadonlyMap<number, number>) {
    const rows = [...offsets].map(([level, offset]) => {
      return { keys: [String(level)], text: String(offset) };
    });
    return this.#rows.put(rows);
  }

  #take(offsets: ReadonlyMap<number, number>): void {
    for (const [level, offset] of offsets) this.#offsets.set(level, offset);
  }
}
