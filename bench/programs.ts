import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { Report } from "./report.ts";

/** A program that runs beside the load, on a core of its own. */
export interface Running {
  readonly processId: number;
  readonly port: number;
  /** Ends it, and leaves nothing behind. */
  stop(): Promise<void>;
}

/** A broker, and where its name server listens. */
export interface RunningBroker extends Running {
  readonly nameServerPort: number;
}

/** Our broker, and the directory that it keeps until `stop`. */
export interface RunningPocketmq extends RunningBroker {
  readonly directory: string;
  /** Ends the process and leaves the directory: in order, or with `SIGKILL`. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Apache's broker; `processId` is its own. */
export interface RunningPeer extends RunningBroker {
  /** Its name server's too. */
  readonly processIds: readonly number[];
}

/** How our broker is to be started. */
export interface StartOptions {
  /** Another executable than what the sources are now. */
  readonly program?: string;
  readonly settings?: readonly string[];
  /** One that another one left; undefined: an empty one. */
  readonly directory?: string;
  /** Memory that it may use, page cache and all; undefined: the machine's. */
  readonly memoryBytes?: number;
  /** Resolves when it is to be taken for started. */
  readonly ready?: (port: number) => Promise<void>;
}

/** The server's core; the load has the other. */
const SERVER_CORE = "0";
const LOAD_CORE = "1";

const root = fileURLToPath(new URL("../", import.meta.url));
/** Where runs keep programs and data; {@linkcode removeLeftovers} makes it. */
export const cache = `${root}.cache`;
const shared = process.env.POCKETMQ_SHARED ?? `${root}../shared`;
const executable = `${root}dist/pocketmq`;

/**
 * Builds a C program where it is missing: its source lies beside the project, or in POCKETMQ_LOAD.
 */
function built(name: "load" | "gc"): string {
  const folder = process.env.POCKETMQ_LOAD ?? `${shared}/load`;
  const source = `${folder}/${name}.c`;
  const program = `${cache}/${name}`;
  if (existsSync(program)) return program;
  if (!existsSync(source)) {
    throw new Error(`There is no ${source}: name the folder of load.c and gc.c in POCKETMQ_LOAD.`);
  }
  mkdirSync(cache, { recursive: true });
  execFileSync("cc", ["-O2", "-o", program, source], { stdio: "inherit" });
  return program;
}

/** Moves this process out of the server's way. */
export function stayOffServerCore(): void {
  execFileSync("taskset", ["-a", "-c", "-p", LOAD_CORE, String(process.pid)], { stdio: "ignore" });
}

/** Runs the generator to its end; returns the line that it prints. */
export function load(...options: string[]): Promise<string> {
  return output("taskset", "-c", LOAD_CORE, built("load"), ...options);
}

/** The disk's own group commit of so many bytes each: commits a second. */
export async function groupCommits(bytes: number, seconds: number): Promise<number> {
  mkdirSync(cache, { recursive: true });
  const options = [String(bytes), String(seconds), `${cache}/gc-file`];
  const line = await output("taskset", "-c", SERVER_CORE, built("gc"), ...options);
  return Number(/: (\d+) syncs\/s/.exec(line)?.[1] ?? NaN);
}

/** What a server refused: Apache's does, when it is slow. The report tells. */
const FLAWED = 6;

/** Our executable as a client, on the load's core; what it reports. */
export async function bench(...options: string[]): Promise<Report> {
  const line = await output("taskset", "-c", LOAD_CORE, executable, "bench", ...options, "--json");
  return JSON.parse(line);
}

function output(program: string, ...options: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, options, { env: plainVariables() });
    let said = "";
    let complained = "";
    child.stdout.on("data", (part) => said += part);
    child.stderr.on("data", (part) => complained += part);
    child.on("close", (code) => {
      if (code === 0 || (code === FLAWED && said !== "")) resolve(said.trim());
      else reject(new Error(`${options.join(" ")}: ${said}${complained}`));
    });
  });
}

/** The bare server that the generator brings: the ceiling of this machine. */
export async function startBare(): Promise<Running> {
  const port = await freePort();
  const child = pinned(built("load"), "echod", "-p", String(port));
  await untilListening(port);
  return running(child, port);
}

/** A program of this folder on Bun, on the server's core: what JavaScript itself can do. */
export async function startOnBun(script: string): Promise<Running> {
  const port = await freePort();
  const asks = ["-y", "bun@1.4.5", "-e", "console.log(process.execPath)"];
  const bun = execFileSync("npx", asks, { encoding: "utf8" }).trim();
  const child = pinned(bun, `${root}bench/${script}`, String(port));
  await untilListening(port);
  return running(child, port);
}

/** Our executable; its port is the name server's too. */
export async function startPocketmq(options: StartOptions = {}): Promise<RunningPocketmq> {
  mkdirSync(cache, { recursive: true });
  const port = await freePort();
  const directory = options.directory ?? mkdtempSync(`${cache}/bench-`);
  const sets = (options.settings ?? []).flatMap((setting) => ["--set", setting]);
  const ports = ["--port", String(port), "--broker-port", String(port)];
  const all = ["start", "--data", directory, ...ports, ...sets];
  const group = options.memoryBytes && memoryGroup(options.memoryBytes);
  const program = options.program ?? executable;
  const child = group ? pinnedIn(group, program, ...all) : pinned(program, ...all);
  await Promise.race([(options.ready ?? untilListening)(port), died(child)]);
  const own = running(child, port);
  return {
    ...own,
    nameServerPort: port,
    directory,
    end: (signal) => ended(child, signal),
    async stop() {
      // An orderly stop would flush what is deleted next.
      await ended(child, "SIGKILL");
      rmSync(directory, { recursive: true });
    },
  };
}

/** Makes our executable of what the sources are now. */
export function compile(): void {
  execFileSync("bash", [`${root}compile.sh`], { stdio: "inherit" });
}

/** An executable that is there, or that of a commit, made where it is wanted first. */
export function olderProgram(pathOrCommit: string): string {
  if (existsSync(pathOrCommit)) return pathOrCommit;
  const asks = ["-C", root, "rev-parse", "--short=12", `${pathOrCommit}^{commit}`];
  const commit = execFileSync("git", asks, { encoding: "utf8" }).trim();
  const folder = `${cache}/old-${commit}`;
  const program = `${folder}/dist/pocketmq`;
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const sources = execFileSync("git", ["-C", root, "archive", commit], { maxBuffer: 2 ** 28 });
  execFileSync("tar", ["-x", "-C", folder], { input: sources });
  execFileSync("bash", [`${folder}/compile.sh`], { stdio: "inherit" });
  return program;
}

/** Apache's broker; its name server and proxy share the core. */
export function startPeer(...settings: string[]): RunningPeer {
  const script = `${shared}/peer/peer.sh`;
  const environment = { ...process.env, PEER_EXTRA: settings.join("\n") };
  const options = { env: environment, stdio: "inherit" } as const;
  const home = process.env.PEER_RUN ?? `${process.env.HOME}/.cache/rocketmq-peer`;
  rmSync(`${home}/store-a`, { recursive: true, force: true, maxRetries: 10 });
  try {
    execFileSync("taskset", ["-c", SERVER_CORE, script, "start", "dflt"], options);
  } catch (fault) {
    execFileSync(script, ["stop"]);
    throw fault;
  }
  const processIds = readFileSync(`${home}/pids`, "utf8").trim().split("\n").map(Number);
  return {
    processId: processIds[processIds.length - 1],
    processIds,
    port: 20911,
    nameServerPort: 19_876,
    async stop() {
      execFileSync(script, ["stop"]);
      await untilEnded(processIds);
      rmSync(`${home}/store-a`, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** An orderly stop may flush for long; nobody needs what it flushes. */
const STOP_SECONDS = 20;

/** Waits for the ends of processes, and makes them where they do not come. */
async function untilEnded(processIds: readonly number[]): Promise<void> {
  for (let tries = 0; processIds.some((one) => existsSync(`/proc/${one}`)); tries++) {
    if (tries === STOP_SECONDS * 10) kill(processIds);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function kill(processIds: readonly number[]): void {
  for (const one of processIds) {
    if (existsSync(`/proc/${one}`)) process.kill(one, "SIGKILL");
  }
}

/** Anonymous memory of a process, MB. */
export function anonymousMegabytes(processId: number): number {
  const found = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${processId}/status`, "utf8"));
  return Number(found?.[1] ?? 0) / 1000;
}

/** Milliseconds of CPU that a process has taken. */
export function cpuMs(processId: number): number {
  const [user, system] = timesOf(processId);
  return (user + system) * 10;
}

/** Of the CPU that a process has taken, the milliseconds outside the kernel. */
export function userMs(processId: number): number {
  return timesOf(processId)[0] * 10;
}

/** Milliseconds of CPU that the programs took which this process ran, and that have ended. */
export function endedCpuMs(): number {
  const [, , user, system] = timesOf(process.pid);
  return (user + system) * 10;
}

/** Its own user and system time and its ended children's, in hundredths of a second. */
function timesOf(processId: number): number[] {
  const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 15).map(Number);
}

/** Calm are so many seconds in a row, each with less CPU than this. */
const CALM_SECONDS = 6;
const CALM_MS = 50;

/** Waits until a program has done what was left to do, but not longer than so many seconds. */
export async function untilCalm({ processId }: Running, secondsMax: number): Promise<void> {
  let calm = 0;
  for (let seconds = 0; seconds < secondsMax && calm < CALM_SECONDS; seconds++) {
    const before = cpuMs(processId);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    calm = cpuMs(processId) - before < CALM_MS ? calm + 1 : 0;
  }
}

/** Servers under way: they go with this process. */
const servers = new Set<ChildProcess>();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const server of servers) server.kill("SIGKILL");
    process.exit(130);
  });
}

/** Removes the directories that a run left which was stopped. */
export function removeLeftovers(): void {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    if (name.startsWith("bench-")) rmSync(`${cache}/${name}`, { recursive: true });
  }
}

function pinned(program: string, ...options: string[]): ChildProcess {
  const child = spawn("taskset", ["-c", SERVER_CORE, program, ...options], {
    stdio: ["ignore", "ignore", "inherit"],
    env: plainVariables(),
  });
  servers.add(child);
  child.once("exit", () => servers.delete(child));
  return child;
}

/** The same within a memory group: the shell joins it, and becomes the program. */
function pinnedIn(group: string, program: string, ...options: string[]): ChildProcess {
  const join = `echo $$ > ${group}/cgroup.procs && exec "$@"`;
  return pinned("sh", "-c", join, "sh", program, ...options);
}

/** A control group that holds its processes to so much memory, page cache and all. */
function memoryGroup(bytes: number): string {
  const [first, second] = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"];
  const parent = existsSync(first) ? first : second;
  const group = `${parent}/pocketmq-bench`;
  mkdirSync(group, { recursive: true });
  const limit = parent === first ? "memory.limit_in_bytes" : "memory.max";
  writeFileSync(`${group}/${limit}`, String(bytes));
  return group;
}

/** Ours takes variables that begin with POCKETMQ_ for its settings. */
function plainVariables(): Record<string, string | undefined> {
  const variables = Object.entries(process.env).filter(([name]) => !name.startsWith("POCKETMQ_"));
  return Object.fromEntries(variables);
}

function running(child: ChildProcess, port: number): Running {
  return { processId: child.pid ?? 0, port, stop: () => ended(child, "SIGTERM") };
}

/** Rejects when the program ends before it is up. */
export function died(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    child.once("exit", (code) => reject(new Error(`It ended at once, with code ${code}.`)));
  });
}

function ended(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.on("exit", () => resolve());
    child.kill(signal);
  });
}

/** One that nobody listens on: others may measure at the same time. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Waits until somebody listens there, looking every millisecond. */
export async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 20_000; tries++) {
    if (await listens(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`Nobody listens on port ${port} after 20 s.`);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
