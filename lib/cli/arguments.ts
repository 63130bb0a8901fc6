import { SETTINGS } from "../config.ts";
import type { Setting } from "../config/kinds.ts";
import { type BenchCommand, parseBench } from "./bench/flags.ts";
import { type Options, parseOptions } from "./parse_options.ts";
import { UsageError } from "./usage_error.ts";

/** What the command line asks for. */
export type Command =
  | {
    readonly name: "start";
    /** Options that stand for a setting, by their names without dashes. */
    readonly flags: Readonly<Record<string, string | boolean>>;
    /** `key=value` of every `--set`. */
    readonly set: readonly string[];
    /** Path of a properties file. */
    readonly config: string | undefined;
  }
  | BenchCommand
  | { readonly name: "version" }
  | { readonly name: "help"; readonly about: string };

const OTHER = new Map([["-h", "help"], ["--help", "help"], ["-V", "version"]]);

/** Reads the arguments behind the program's name. @throws {UsageError} */
export function parseArguments(argv: readonly string[]): Command {
  const [first = "help", ...rest] = argv;
  const name = OTHER.get(first) ?? (first === "--version" ? "version" : first);
  if (rest.some((one) => OTHER.get(one) === "help")) return { name: "help", about: name };
  if (name === "start") return parseStart(rest);
  if (name === "bench") return parseBench(rest);
  if (name === "version" && rest.length === 0) return { name };
  if (name === "help" && rest.length < 2) return { name, about: rest[0] ?? "" };
  const what = name === "version" || name === "help" ? `${name} ${rest.join(" ")}` : name;
  throw new UsageError(`There is no command ${JSON.stringify(what)}; try pocketmq help.`);
}

function parseStart(argv: readonly string[]): Command {
  const options: Options = { config: { type: "string" }, set: { type: "string", multiple: true } };
  for (const [flag, isSwitch] of flagOptions()) {
    options[flag] = { type: isSwitch ? "boolean" : "string" };
  }
  const flags: Record<string, string | boolean> = {};
  const set: string[] = [];
  let config: string | undefined;
  for (const [option, value] of Object.entries(parseOptions(argv, options, "start"))) {
    if (option === "set") set.push(...[value].flat().map(String));
    else if (option === "config") config = String(value);
    else flags[option] = typeof value === "boolean" ? value : String(value);
  }
  return { name: "start", flags, set, config };
}

/** Options that stand for a setting, and whether they come without a value. */
function flagOptions(): [string, boolean][] {
  const rows: Setting<unknown>[] = Object.values(SETTINGS);
  return rows.flatMap(({ flag, fallback }) =>
    flag === undefined ? [] : [[flag, typeof fallback === "boolean"]]
  );
}
