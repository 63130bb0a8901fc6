import { parseArgs } from "node:util";
import { UsageError } from "./usage_error.ts";

/** The options that a command takes, by their long names. */
export type Options = Record<
  string,
  { type: "string" | "boolean"; short?: string; multiple?: boolean }
>;

/** Values by option. `about` is the help that a refusal points to. @throws {UsageError} */
export function parseOptions(
  argv: readonly string[],
  options: Options,
  about: string,
): Record<string, unknown> {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (fault) {
    const [said] = fault instanceof Error ? fault.message.split(". ") : [String(fault)];
    throw new UsageError(`${said}; try pocketmq help ${about}.`);
  }
}
