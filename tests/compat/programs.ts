import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { work } from "./places.ts";

/** A program that this run started. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  /** What it printed up to now, errors too. */
  output(): string;
  isRunning(): boolean;
  /** Resolves with the exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  signal(name: "SIGTERM" | "SIGKILL"): void;
}

const running = new Set<ChildProcess>();

/** How to start a program: its words, where its output goes, variables beside our own. */
export interface Start {
  readonly name: string;
  readonly words: readonly string[];
  readonly output: string;
  readonly environment?: { readonly [name: string]: string };
  readonly directory?: string;
}

/** Starts a program; whatever becomes of this run, `endPrograms` ends it by its pid. */
export function start({ name, words, output, environment, directory }: Start): Program {
  const file = openSync(output, "w");
  const child = spawn(words[0], words.slice(1), {
    stdio: ["ignore", file, file],
    env: { ...process.env, ...environment },
    // Some leave files where they are started.
    cwd: directory ?? work,
  });
  closeSync(file);
  running.add(child);
  let failure = "";
  const ended = new Promise<number | string>((resolve) => {
    child.once("error", (error) => {
      failure = `${error}\n`;
      running.delete(child);
      resolve(String(error));
    });
    child.once("exit", (code, signal) => {
      running.delete(child);
      resolve(code ?? signal ?? "?");
    });
  });
  return {
    name,
    pid: child.pid ?? -1,
    output: () => failure + readFileSync(output, "utf8"),
    isRunning: () => running.has(child),
    ended,
    signal: (name) => tellProcess(child, name),
  };
}

/** By its pid: Deno's `child.kill` takes the signal for the way that the program ended. */
function tellProcess(child: ChildProcess, name: "SIGTERM" | "SIGKILL"): void {
  if (running.has(child) && child.pid !== undefined) process.kill(child.pid, name);
}

/** Runs a program to its end. */
export async function run(one: Start): Promise<{ code: number | string; output: string }> {
  const program = start(one);
  const code = await program.ended;
  return { code, output: program.output() };
}

/** Runs a program that must succeed. */
export async function must(one: Start): Promise<string> {
  const { code, output } = await run(one);
  if (code !== 0) throw new Error(`${one.words.join(" ")} ended with ${code}:\n${output}`);
  return output;
}

/** Ends whatever still runs of what this run started. */
export function endPrograms(): void {
  for (const child of running) tellProcess(child, "SIGKILL");
}
