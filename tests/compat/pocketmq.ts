import { existsSync, readdirSync, statSync } from "node:fs";
import { pause, until, within } from "./pause.ts";
import { makeFolder, root, work } from "./places.ts";
import { freePort } from "./ports.ts";
import { type Program, start } from "./programs.ts";
import { address, type Target, type TargetOptions } from "./target.ts";

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 20_000;

/** Which roles the process takes; both by default. */
export interface PocketOptions extends TargetOptions {
  readonly role?: "all" | "namesrv" | "broker";
  /** Where it listens; loopback by default. */
  readonly host?: string;
  /** The port of its own name server, to come back under one address. */
  readonly ownNameServerPort?: number;
}

/** The words that start our program: the executable, or `COMPAT_PROGRAM`. */
function program(): readonly string[] {
  return words ??= process.env.COMPAT_PROGRAM?.split(" ") ?? [compiled()];
}

let words: readonly string[] | undefined;

/** The executable. @throws {Error} where it is not of the sources that are here */
function compiled(): string {
  const path = `${root}/dist/pocketmq`;
  const sources = readdirSync(`${root}/lib`, { recursive: true, withFileTypes: true })
    .map((one) => `${one.parentPath}/${one.name}`);
  const changedMs = Math.max(...[...sources, `${root}/main.ts`].map(modifiedMs));
  if (existsSync(path) && modifiedMs(path) >= changedMs) return path;
  throw new Error("dist/pocketmq is not compiled, or older than the sources: run `task compile`.");
}

function modifiedMs(path: string): number {
  return statSync(path).mtimeMs;
}

function settings(options: PocketOptions): string[] {
  const { nameServerPort } = options;
  const elsewhere = nameServerPort === undefined ? {} : { namesrvAddr: address(nameServerPort) };
  const all = { mappedFileSizeCommitLog: "104857600", ...elsewhere, ...options.settings };
  return Object.entries(all).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
}

let count = 0;

interface Launched {
  readonly running: Program;
  readonly directory: string;
  readonly nameServerPort: number;
  readonly brokerPort: number;
}

async function launch(options: PocketOptions): Promise<Launched> {
  const { name, role = "all", host = "127.0.0.1" } = options;
  const isBroker = role !== "namesrv";
  const hasNameServer = role !== "broker" && options.nameServerPort === undefined;
  const nameServerPort = hasNameServer
    ? options.ownNameServerPort ?? await freePort()
    : options.nameServerPort ?? 0;
  const brokerPort = isBroker ? options.brokerPort ?? await freePort() : 0;
  const directory = options.directory ?? makeFolder(`${work}/${name}-data`);
  const words = [...program(), "start", "--data", directory, "--host", host];
  if (role !== "all") words.push("--role", role);
  if (hasNameServer) words.push("--port", String(nameServerPort));
  if (isBroker) words.push("--broker-port", String(brokerPort));
  words.push(...settings(options));
  const output = `${work}/${name}-${++count}.txt`;
  const running = start({ name: `pocketmq ${name}`, words, output });
  return { running, directory, nameServerPort, brokerPort };
}

/** Starts it and kills it so many ms later, ready or not. */
export async function killAtStart(options: PocketOptions, ms: number): Promise<void> {
  const { running } = await launch(options);
  await pause(ms);
  running.signal("SIGKILL");
  await running.ended;
}

/** Our own server, as a user starts it, with free ports and its own data directory. */
export async function startPocketmq(options: PocketOptions): Promise<Target> {
  const began = performance.now();
  const { running, directory, nameServerPort, brokerPort } = await launch(options);
  await until(START_LIMIT_MS, () => {
    if (!running.isRunning()) {
      throw new Error(`pocketmq ended at its start:\n${running.output()}`);
    }
    return running.output().includes(" is ready ") ? true : undefined;
  }, () => `pocketmq is not ready:\n${running.output()}`);
  return {
    kind: "pocketmq",
    directory,
    nameServerPort,
    brokerPort,
    pids: [running.pid],
    startMs: performance.now() - began,
    output: running.output,
    async stop() {
      running.signal("SIGTERM");
      const code = await within(
        STOP_LIMIT_MS,
        running.ended,
        () => `pocketmq does not stop: ${running.output()}`,
      );
      if (code !== 0) throw new Error(`pocketmq ended with ${code}:\n${running.output()}`);
    },
    async kill() {
      running.signal("SIGKILL");
      await running.ended;
    },
  };
}
