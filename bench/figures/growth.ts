import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { waitingPulls } from "../crowd.ts";
import type { Figure } from "../figure.ts";
import { fillMessages } from "../fill.ts";
import type { Lab } from "../lab.ts";
import { cache, load, type Running, type StartOptions, untilCalm } from "../programs.ts";
import type { Reading } from "../reading.ts";
import { perSecond, type Row, share } from "../row.ts";
import { makeQueues, MANY_QUEUES, TOPIC_QUEUES_MAX } from "../topics.ts";

const SEND = ["send", "-c", "64"];
const TOPIC = "BenchGrowth";
const WARM_SECONDS = "2";
const MILLION = 1_000_000;
const GOAL = "CPU ≤ 1.2 × the smallest";

/** A case: what there is more of, and what makes it so. */
interface Case {
  readonly run: string;
  readonly start?: StartOptions;
  readonly prepare?: (own: Running) => Promise<unknown>;
  readonly options?: readonly string[];
  /** How long its own work may go on, where time is short. */
  readonly calmSeconds?: number;
}

export const growth: Figure = {
  number: 10,
  name: "cost as work grows",
  async *measure(lab) {
    const smallest = await measured(lab, withQueues(8));
    yield rowFor("8 queues, nothing else", smallest, smallest);
    for (const one of casesOf(lab)) yield rowFor(one.run, await measured(lab, one), smallest);
  },
};

function casesOf(lab: Lab): Case[] {
  const stored = lab.quick ? [3] : [10, 100];
  return [
    withQueues(1000),
    withQueues(lab.scaled(100_000, 20_000)),
    { run: "1 M stored progress entries", start: { directory: withProgress() } },
    ...[10, 1000, 10_000].map((count) => ({
      run: `${count.toLocaleString("en")} waiting long polls`,
      prepare: ({ port }: Running) => waitingPulls(port, count),
    })),
    ...stored.map((millions) => ({
      run: `after ${millions} M messages of 16 bytes`,
      prepare: ({ port }: Running) => fillMessages(port, millions * MILLION),
    })),
  ];
}

function withQueues(count: number): Case {
  return {
    run: `${count.toLocaleString("en")} queues`,
    start: { settings: MANY_QUEUES },
    prepare: ({ port }) => makeQueues(port, TOPIC, count),
    options: ["-t", TOPIC, "-q", String(Math.min(count, TOPIC_QUEUES_MAX))],
    calmSeconds: count > 1000 ? 20 : 0,
  };
}

async function measured(lab: Lab, one: Case): Promise<Reading> {
  const { start, prepare, calmSeconds, options = [] } = one;
  const own = await lab.start(start);
  try {
    const crowd = await prepare?.(own);
    // All begin alike: with code that is compiled, and nothing left to flush.
    await load(...SEND, ...options, "-d", WARM_SECONDS, "-W", "0", "-p", String(own.port));
    await untilCalm(own, lab.scaled(300, calmSeconds ?? 0));
    const reading = await lab.middle(own, [...SEND, ...options]);
    if (isCrowd(crowd)) await crowd.leave();
    return reading;
  } finally {
    await own.stop();
  }
}

function isCrowd(made: unknown): made is { leave(): Promise<void> } {
  return typeof made === "object" && made !== null && "leave" in made;
}

/** A data directory to move in from: a thousand groups, each with a thousand queues. */
function withProgress(): string {
  const directory = mkdtempSync(`${cache}/bench-`);
  mkdirSync(`${directory}/config`);
  const queues = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [at, at]));
  const groups = Array.from({ length: 1000 }, (_, at) => [`${TOPIC}@group${at}`, queues]);
  const offsetTable = Object.fromEntries(groups);
  writeFileSync(`${directory}/config/consumerOffset.json`, JSON.stringify({ offsetTable }));
  return directory;
}

function rowFor(run: string, reading: Reading, smallest: Reading): Row {
  return {
    run: `send, 64 connections: ${run}`,
    ours: perSecond(reading.perSecond),
    ...{ p50: reading.p50, p99: reading.p99, p999: reading.p999, cpu: reading.cpu },
    beside: reading === smallest ? undefined : costBeside(reading, smallest),
    goal: GOAL,
  };
}

/** Apart for what runs in the kernel, which waits for memory that the machine never had before. */
function costBeside(reading: Reading, smallest: Reading): string {
  const kernel = (one: Reading) => one.cpu - one.user;
  const parts = `broker ${share(reading.user, smallest.user)}, kernel ` +
    share(kernel(reading), kernel(smallest));
  return `CPU ${share(reading.cpu, smallest.cpu)} × (${parts})`;
}
