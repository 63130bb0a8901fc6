import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { type Figures, figuresOf, median, type Outcome, share, tableOf } from "./figures.ts";
import { firstSend } from "./first_send.ts";
import {
  anonymousMegabytes,
  load,
  type Running,
  startBare,
  startPeer,
  startPocketmq,
  stayOffServerCore,
} from "./programs.ts";

/** One comparison: the generator's options, and what the broker is set to. */
interface Run {
  readonly name: string;
  readonly options: readonly string[];
  readonly settings?: readonly string[];
  /** Compared with the bare server too. */
  readonly hasCeiling?: boolean;
  /** Messages that must be there before. */
  readonly fills?: readonly string[];
}

const has = (option: string) => process.argv.includes(option);
const seconds = process.argv.find((one) => /^--seconds=\d+$/.test(one))?.split("=")[1] ?? "8";
const TIMES = 3;
const LATEST = "## Latest";
const PORT = 22911;
const BARE_PORT = 22921;

const RUNS: readonly Run[] = [
  { name: "send, 64 connections", options: ["send", "-c", "64"], hasCeiling: true },
  {
    name: "the same, ROCKETMQ header",
    options: ["send", "-c", "64", "-H", "rmq"],
    hasCeiling: true,
  },
  {
    name: "send, 64 connections, 16 each",
    options: ["send", "-c", "64", "-w", "16"],
    hasCeiling: true,
  },
  { name: "send, batches of 50 × 50 B", options: ["send", "-c", "64", "-s", "50", "-b", "50"] },
  {
    name: "send, SYNC_FLUSH",
    options: ["send", "-c", "64"],
    settings: ["flushDiskType=SYNC_FLUSH"],
  },
  {
    name: "pull, 8 queues",
    options: ["pull", "-q", "8"],
    fills: ["send", "-c", "64", "-w", "16", "-d", "3"],
  },
  { name: "end to end, 5,000/s", options: ["e2e", "-r", "5000", "-q", "4", "-c", "8"] },
];

function timed(options: readonly string[]): string[] {
  return [...options, "-d", seconds, "-W", "2"];
}

async function against(target: Running, options: readonly string[]): Promise<Figures> {
  const at = ["-p", String(target.port), "-P", String(target.processId)];
  return figuresOf(await load(...timed(options), ...at));
}

/** Measures in turns, so that a noisy neighbour meets both; takes the middle of each. */
async function measure(run: Run): Promise<Outcome> {
  const bare = run.hasCeiling ? await startBare(BARE_PORT) : undefined;
  const own = await startPocketmq(PORT, run.settings);
  const ofOwn: Figures[] = [];
  const ofBare: Figures[] = [];
  try {
    if (run.fills !== undefined) await load(...run.fills, "-p", String(own.port), "-W", "0");
    for (let times = 0; times < TIMES; times++) {
      if (bare !== undefined) ofBare.push(await against(bare, run.options));
      ofOwn.push(await against(own, run.options));
    }
  } finally {
    await Promise.all([own.stop(), bare?.stop()]);
  }
  const outcome = {
    name: run.name,
    own: median(ofOwn),
    bare: bare && median(ofBare),
    peer: has("--peer") ? await measurePeer(run) : undefined,
  };
  const ratio = bare && `, ${share(outcome.own, outcome.bare)} of bare`;
  console.log(`${run.name}: ${JSON.stringify(outcome.own)}${ratio ?? ""}`);
  return outcome;
}

async function measurePeer(run: Run): Promise<Figures> {
  const peer = startPeer(...(run.settings ?? []));
  try {
    if (run.fills !== undefined) await load(...run.fills, "-p", String(peer.port), "-W", "0");
    const all: Figures[] = [];
    for (let times = 0; times < TIMES; times++) all.push(await against(peer, run.options));
    return median(all);
  } finally {
    await peer.stop();
  }
}

async function measureStart(): Promise<string> {
  const took: number[] = [];
  let idle = "";
  for (let times = 0; times < 5; times++) {
    const beganMs = performance.now();
    const own = await startPocketmq(PORT, [], firstSend);
    took.push(Math.round(performance.now() - beganMs));
    if (times === 4) {
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      idle = anonymousMegabytes(own.processId).toFixed(0);
    }
    await own.stop();
  }
  return `Start of an empty directory to the first accepted send: ${took.join(", ")} ms; ` +
    `anonymous memory idle: ${idle} MB.`;
}

/** Puts the latest figures into the README beside this file. */
function record(text: string): void {
  const path = fileURLToPath(new URL("README.md", import.meta.url));
  const git = (...options: string[]) => execFileSync("git", options, { encoding: "utf8" }).trim();
  const when = `${new Date().toISOString().slice(0, 10)}, commit ${
    git("rev-parse", "--short", "HEAD")
  }`;
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`;
  const [before] = readFileSync(path, "utf8").split(LATEST);
  const how = `middle of ${TIMES} runs of ${seconds} s`;
  writeFileSync(path, `${before}${LATEST}\n\n${when}; ${machine}; ${how}.\n\n${text}\n`);
}

stayOffServerCore();
const start = await measureStart();
console.log(start);
const chosen = process.argv.find((one) => one.startsWith("--only="))?.slice("--only=".length);
const outcomes: Outcome[] = [];
for (const run of RUNS) {
  if (chosen === undefined || run.name.includes(chosen)) outcomes.push(await measure(run));
}
const text = `${tableOf(outcomes)}\n\n${start}`;
console.log(`\n${text}`);
if (has("--record")) record(text);
