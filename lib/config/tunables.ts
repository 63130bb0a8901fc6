import { SETTINGS, type Settings } from "../config.ts";
import { Refusal } from "../model/refusal.ts";
import type { Setting } from "./kinds.ts";

/** A setting as tools read and change it over the network (codes 25 and 26). */
export interface TunableSetting {
  readonly name: string;
  /** Does a change take effect at once? Else at the next start. */
  readonly isLive: boolean;
  /** Its value now, as text. */
  current(): string;
  /** Reads a value; what comes back puts it in place. @throws {Refusal} */
  prepare(text: string): () => void;
}

/**
 * All settings for tools. `isLive` says which take effect while the server runs; `apply` hears of
 * every change of one.
 */
export function tunables(
  settings: Settings,
  isLive: (name: string) => boolean,
  apply: (name: string, value: unknown) => void,
): TunableSetting[] {
  const rows: [string, Setting<unknown>][] = Object.entries(SETTINGS);
  const values = new Map<string, unknown>(Object.entries(settings));
  return rows.map(([name, row]) => ({
    name,
    isLive: isLive(name),
    current: () => row.kind.format(values.get(name)),
    prepare(text) {
      const value = read(name, row, text);
      return () => {
        values.set(name, value);
        if (isLive(name)) apply(name, value);
      };
    },
  }));
}

function read(name: string, row: Setting<unknown>, text: string): unknown {
  if (row.isFixed) {
    throw new Refusal(
      "no-permission",
      `Can not update config in black list: ${name}. Set it where the broker is started.`,
    );
  }
  const value = row.kind.parse(text.trim());
  if (value !== undefined) return value;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new Refusal("parameter-invalid", `${name} is ${shown}; expected ${row.kind.expected}.`);
}
