import type { SettingsTable } from "../meta/settings.ts";
import { Refusal } from "../model/refusal.ts";
import type { Lines } from "../port/lines.ts";
import type { BrokerSettings } from "./settings.ts";

/** A setting as tools change it. `lib/config.ts` holds what it means. */
export interface Tunable {
  /** RocketMQ's property name. */
  readonly name: string;
  /** Does a change take effect at once? Else at the next start. */
  readonly isLive: boolean;
  /** Its value now, as text. */
  current(): string;
  /**
   * Reads a new value and gives back what puts it in place. @throws {Refusal} `parameter-invalid`
   */
  prepare(value: string): () => void;
}

/** What tuning works with. */
export interface TuningParts {
  readonly tunables: readonly Tunable[];
  readonly settingsTable: Pick<SettingsTable, "put">;
  readonly settings: Pick<BrokerSettings, "tuningBlackList">;
  readonly lines: Lines;
}

/** Settings by their Java property names, read and changed while running (codes 25 and 26). */
export class Tuning {
  readonly #parts: TuningParts;
  readonly #byName: ReadonlyMap<string, Tunable>;
  readonly #listeners: ((names: readonly string[]) => void)[] = [];

  constructor(parts: TuningParts) {
    this.#parts = parts;
    this.#byName = new Map(parts.tunables.map((tunable) => [tunable.name, tunable]));
  }

  /** Every setting and its value now. */
  current(): Map<string, string> {
    return new Map(this.#parts.tunables.map((tunable) => [tunable.name, tunable.current()]));
  }

  /**
   * Changes what is named, all or nothing, and keeps it for the next start. Names that are unknown
   * here are passed over, as upstream does it, with a warning.
   * @throws {Refusal} `no-permission` for a name in the black list, `parameter-invalid` for a
   * value.
   */
  async change(entries: ReadonlyMap<string, string>): Promise<void> {
    const black = this.#parts.settings.tuningBlackList.split(";").map((name) => name.trim());
    for (const name of entries.keys()) {
      if (!black.includes(name)) continue;
      throw new Refusal("no-permission", `Can not update config in black list: ${name}.`);
    }
    const known = new Map([...entries].filter(([name]) => this.#byName.has(name)));
    const unknown = [...entries.keys()].filter((name) => !this.#byName.has(name));
    if (unknown.length > 0) {
      this.#parts.lines.warn(
        `Settings that are unknown here were not changed: ${unknown.join(", ")}.`,
      );
    }
    const changes = [...known].map(([name, value]) => this.#byName.get(name)?.prepare(value));
    if (known.size === 0) return;
    await this.#parts.settingsTable.put(known);
    for (const put of changes) put?.();
    this.#tell(known);
  }

  /** Hears of changes, by property name, after they are in place. */
  onChange(listener: (names: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  #tell(changed: ReadonlyMap<string, string>): void {
    for (const [name, value] of changed) {
      const when = this.#byName.get(name)?.isLive ? "" : ", from the next start on";
      this.#parts.lines.info(`The setting ${name} is ${JSON.stringify(value)} now${when}.`);
    }
    for (const listener of this.#listeners) listener([...changed.keys()]);
  }
}
