import { VERSION } from "../config.ts";
import { ConfigError } from "../config/given.ts";
import { realPorts } from "../server/ports.ts";
import { bench } from "./bench.ts";
import { type Command, parseArguments } from "./arguments.ts";
import { EXIT } from "./exit_codes.ts";
import { help } from "./help.ts";
import type { Process } from "./process.ts";
import { start } from "./start.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Does what the command line says. Nothing escapes it: what goes wrong is told and becomes an exit
 * code.
 */
export async function run(outside: Process): Promise<void> {
  try {
    await obey(parseArguments(outside.arguments), outside);
  } catch (fault) {
    const isUsage = fault instanceof UsageError || fault instanceof ConfigError;
    outside.complain(fault instanceof Error ? fault.message : String(fault));
    outside.exit(isUsage ? EXIT.usage : EXIT.failed);
  }
}

async function obey(command: Command, outside: Process): Promise<void> {
  if (command.name === "start") return await start(command, outside, realPorts());
  if (command.name === "bench") return await bench(command, outside, realPorts());
  const text = command.name === "version" ? `PocketMQ ${VERSION}` : help(command.about);
  if (text === undefined) {
    throw new UsageError(`There is no help about that; try pocketmq help.`);
  }
  outside.print(text);
  outside.exit(EXIT.orderly);
}
