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

function perSecond(line: string): number {
  return Number(/: (\d+) msg\/s/.exec(line)?.[1] ?? 0);
}

async function against(target: Running, run: Run): Promise<string> {
  const at = ["-p", String(target.port), "-P", String(target.processId)];
  if (run.fills !== undefined) await load(...run.fills, "-p", String(target.port), "-W", "0");
  return await load(...timed(run.options), ...at);
}

async function measure(run: Run): Promise<void> {
  console.log(`\n## ${run.name}`);
  const bare = run.hasCeiling ? await startBare(BARE_PORT) : undefined;
  const ceiling = bare && await against(bare, run).finally(() => bare.stop());
  if (ceiling !== undefined) console.log(`bare     ${ceiling}`);
  const own = await startPocketmq(PORT, run.settings);
  const line = await against(own, run).finally(() => own.stop());
  const ratio = ceiling ? `  = ${(perSecond(line) / perSecond(ceiling)).toFixed(2)} of bare` : "";
  console.log(`pocketmq ${line}${ratio}`);
  if (!has("--peer")) return;
  const peer = startPeer(...(run.settings ?? []));
  const other = await against(peer, run).finally(() => peer.stop());
  console.log(`apache   ${other}`);
  console.log(`         = ${(perSecond(line) / perSecond(other)).toFixed(2)} times Apache`);
}

async function measureStart(): Promise<void> {
  console.log("\n## start of an empty directory to the first accepted send");
  const took: number[] = [];
  for (let times = 0; times < 5; times++) {
    const beganMs = performance.now();
    const own = await startPocketmq(PORT, [], firstSend);
    took.push(Math.round(performance.now() - beganMs));
    if (times === 4) {
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      console.log(`idle anonymous memory ${anonymousMegabytes(own.processId).toFixed(0)} MB`);
    }
    await own.stop();
  }
  console.log(`${took.join(", ")} ms`);
}

stayOffServerCore();
await measureStart();
const chosen = process.argv.find((one) => one.startsWith("--only="))?.slice("--only=".length);
for (const run of RUNS) if (chosen === undefined || run.name.includes(chosen)) await measure(run);
