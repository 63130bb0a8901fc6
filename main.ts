import process from "node:process";
import { run } from "./lib/cli/run.ts";

// Not awaited: a module that waits cannot be compiled ahead, which halves the start.
void run({
  arguments: process.argv.slice(2),
  environment: process.env,
  print: (text) => console.log(text),
  complain: (text) => console.error(text),
  status: (line) => process.stderr.write(statusBytes(line)),
  onSignal: (heard) => {
    process.on("SIGTERM", heard);
    process.on("SIGINT", heard);
  },
  onFault: (heard) => {
    process.on("uncaughtException", heard);
    process.on("unhandledRejection", heard);
  },
  exit: (code) => process.exit(code),
});

/** On a terminal the line replaces the one before; elsewhere it is a line of its own. */
function statusBytes(line: string): string {
  if (process.stderr.isTTY) return `\r\x1b[2K${line}`;
  return line === "" ? "" : `${line}\n`;
}
