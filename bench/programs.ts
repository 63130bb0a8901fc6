import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

/** A program that runs beside the load, on a core of its own. */
export interface Running {
  readonly processId: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** The server's core; the load has the other. */
const SERVER_CORE = "0";
const LOAD_CORE = "1";

const root = fileURLToPath(new URL("../", import.meta.url));
const cache = `${root}.cache`;
const shared = process.env.POCKETMQ_SHARED ?? `${root}../shared`;
const executable = `${root}dist/pocketmq`;

/**
 * Builds the load generator, which lies in POCKETMQ_LOAD or beside the project, where it is
 * missing.
 */
export function buildLoad(): string {
  const source = process.env.POCKETMQ_LOAD ?? `${shared}/load/load.c`;
  const built = `${cache}/load`;
  if (existsSync(built)) return built;
  if (!existsSync(source)) {
    throw new Error(`There is no load generator at ${source}: name its load.c in POCKETMQ_LOAD.`);
  }
  mkdirSync(cache, { recursive: true });
  execFileSync("cc", ["-O2", "-o", built, source], { stdio: "inherit" });
  return built;
}

/** Moves this process out of the server's way. */
export function stayOffServerCore(): void {
  execFileSync("taskset", ["-a", "-c", "-p", LOAD_CORE, String(process.pid)], { stdio: "ignore" });
}

/** Runs the generator to its end; returns the line that it prints. */
export function load(...options: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("taskset", ["-c", LOAD_CORE, buildLoad(), ...options]);
    let said = "";
    child.stdout.on("data", (part) => said += part);
    child.stderr.on("data", (part) => said += part);
    child.on("close", (code) => code === 0 ? resolve(said.trim()) : reject(new Error(said)));
  });
}

/** The bare server that the generator brings: the ceiling of this machine. */
export async function startBare(port: number): Promise<Running> {
  const child = pinned(buildLoad(), "echod", "-p", String(port));
  await untilListening(port);
  return running(child, port);
}

/** Our executable, on an empty directory; `ready` resolves when it is to be taken for started. */
export async function startPocketmq(
  port: number,
  settings: readonly string[] = [],
  ready: (port: number) => Promise<void> = untilListening,
): Promise<Running> {
  if (!existsSync(executable)) execFileSync("bash", [`${root}compile.sh`], { stdio: "inherit" });
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(`${cache}/bench-`);
  const sets = settings.flatMap((setting) => ["--set", setting]);
  const ports = ["--port", String(port + 1), "--broker-port", String(port)];
  const child = pinned(executable, "start", "--data", directory, ...ports, ...sets);
  await ready(port);
  const { stop, ...own } = running(child, port);
  return {
    ...own,
    async stop() {
      await stop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Apache's broker; its name server and proxy share the core. */
export function startPeer(...settings: string[]): Running {
  const script = `${shared}/peer/peer.sh`;
  const environment = { ...process.env, PEER_EXTRA: settings.join("\n") };
  const options = { env: environment, stdio: "inherit" } as const;
  execFileSync("taskset", ["-c", SERVER_CORE, script, "start", "dflt"], options);
  const home = process.env.PEER_RUN ?? `${process.env.HOME}/.cache/rocketmq-peer`;
  const processId = Number(readFileSync(`${home}/pids`, "utf8").trim().split("\n").at(-1));
  return {
    processId,
    port: 20911,
    async stop() {
      execFileSync(script, ["stop"]);
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      rmSync(`${home}/store-a`, { recursive: true, force: true });
    },
  };
}

/** Anonymous memory of a process, MB. */
export function anonymousMegabytes(processId: number): number {
  const found = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${processId}/status`, "utf8"));
  return Number(found?.[1] ?? 0) / 1000;
}

function pinned(program: string, ...options: string[]): ChildProcess {
  // Ours takes variables that begin with POCKETMQ_ for its settings.
  const variables = Object.entries(process.env).filter(([name]) => !name.startsWith("POCKETMQ_"));
  return spawn("taskset", ["-c", SERVER_CORE, program, ...options], {
    stdio: ["ignore", "ignore", "inherit"],
    env: Object.fromEntries(variables),
  });
}

function running(child: ChildProcess, port: number): Running {
  return {
    processId: child.pid ?? 0,
    port,
    stop: () =>
      new Promise((resolve) => {
        child.on("exit", () => resolve());
        child.kill("SIGTERM");
      }),
  };
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
