import { SETTINGS, type Settings } from "../config.ts";
import { parseJavaProperties, PropertiesError } from "../model/java_properties.ts";
import { ConfigError, type Given } from "./given.ts";
import type { Setting } from "./kinds.ts";
import { checkPlace, checkPromise, checkTogether } from "./promises.ts";
import { UPSTREAM_KEYS } from "./upstream_keys.ts";

/** All settings, and what is to say about them. */
export interface Configuration {
  readonly settings: Settings;
  /** One sentence about keys that nobody knows. */
  readonly warning: string | undefined;
  /** One sentence about RocketMQ's keys that have no meaning here. */
  readonly remark: string | undefined;
  /**
   * The settings with what was changed while the broker ran before: stronger than the file, weaker
   * than the rest. What does not parse any more is left out.
   */
  withStored(stored: ReadonlyMap<string, string>): Settings;
}

const byName: ReadonlyMap<string, Setting<unknown>> = new Map(Object.entries(SETTINGS));
const byFlag: ReadonlyMap<string, string> = new Map(
  [...byName].flatMap(([name, { flag }]) => flag === undefined ? [] : [[flag, name] as const]),
);
const byVariable: ReadonlyMap<string, string> = new Map(
  [...byName.keys()].map((name) => [variableOf(name), name] as const),
);

/** The environment variable of a setting: `brokerIP1` is POCKETMQ_BROKER_IP1. */
export function variableOf(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(
    /([A-Z])([A-Z][a-z])/g,
    "$1_$2",
  );
  return `POCKETMQ_${words.toUpperCase()}`;
}

/**
 * Settles every setting from what was given, weakest first: a later value of a key wins.
 * @throws {ConfigError} at the first value that does not parse or promises what is not real yet.
 */
export function settle(file: readonly Given[], stronger: readonly Given[] = []): Configuration {
  const unknown: Given[] = [];
  const ignored = new Set<string>();
  for (const one of [...file, ...stronger]) {
    checkPromise(one);
    if (byName.has(one.key)) continue;
    if (UPSTREAM_KEYS.has(one.key)) ignored.add(one.key);
    else unknown.push(one);
  }
  const settings = valuesOf([...file, ...stronger]);
  return {
    settings,
    warning: unknown.length === 0 ? undefined : unknownSentence(unknown),
    remark: ignored.size === 0 ? undefined : ignoredSentence(ignored),
    withStored(stored) {
      const given = [...stored].map(([key, value]) => ({ key, value, where: "catalogue.db" }));
      const usable = given.filter((one) =>
        byName.get(one.key)?.kind.parse(one.value) !== undefined
      );
      return valuesOf([...file, ...usable, ...stronger]);
    },
  };
}

/** @throws {ConfigError} */
function valuesOf(layers: readonly Given[]): Settings {
  const values = new Map<string, unknown>(
    [...byName].map(([name, { fallback }]) => [name, fallback]),
  );
  for (const one of layers) {
    const row = byName.get(one.key);
    if (row !== undefined) values.set(one.key, parse(row, one));
  }
  const settings = Object.fromEntries(values) as Settings;
  checkTogether(settings);
  for (const one of layers) checkPlace(one, settings);
  return settings;
}

/** The lines of a properties file. @throws {ConfigError} where it cannot be read as one. */
export function givenInFile(path: string, content: string): Given[] {
  try {
    return parseJavaProperties(content).map(({ key, value, line }) => ({
      key,
      value,
      where: `${path}, line ${line}`,
    }));
  } catch (fault) {
    if (fault instanceof PropertiesError) throw new ConfigError(`${path}: ${fault.message}`);
    throw fault;
  }
}

/** Variables of the environment that are ours, POCKETMQ_…. */
export function givenInEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Given[] {
  return Object.entries(environment).flatMap(([variable, value]) => {
    if (!variable.startsWith("POCKETMQ_") || value === undefined) return [];
    return [{ key: byVariable.get(variable) ?? variable, value, where: variable }];
  });
}

/** `key=value` of `--set`. @throws {ConfigError} without an equals sign. */
export function givenInSet(pairs: readonly string[]): Given[] {
  return pairs.map((pair) => {
    const at = pair.indexOf("=");
    if (at > 0) return { key: pair.slice(0, at), value: pair.slice(at + 1), where: "--set" };
    throw new ConfigError(
      `Cannot read --set ${pair}: expected key=value, as --set flushDiskType=…`,
    );
  });
}

/** Options of the command line that stand for a setting. */
export function givenInFlags(flags: Readonly<Record<string, string | boolean>>): Given[] {
  return Object.entries(flags).flatMap(([flag, value]) => {
    const key = byFlag.get(flag);
    return key === undefined ? [] : [{ key, value: String(value), where: `--${flag}` }];
  });
}

function parse(row: Setting<unknown>, given: Given): unknown {
  const value = row.kind.parse(given.value.trim());
  if (value !== undefined) return value;
  const shown = JSON.stringify(given.value.slice(0, 80));
  const expected = row.kind.expected;
  throw new ConfigError(`${given.where}: ${given.key} is ${shown}; expected ${expected}.`);
}

function unknownSentence(unknown: readonly Given[]): string {
  const named = unknown.map(({ key, where }) => `${key} (${where})`).join(", ");
  return `These settings are unknown and do nothing: ${named}. Look for a misspelling; ` +
    `pocketmq help settings lists all.`;
}

function ignoredSentence(ignored: ReadonlySet<string>): string {
  return `These settings of RocketMQ have no meaning here and do nothing: ${
    [...ignored].join(", ")
  }.`;
}
