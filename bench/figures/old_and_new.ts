import type { Figure } from "../figure.ts";
import type { Lab } from "../lab.ts";
import { middleOf, type Reading } from "../reading.ts";
import { perSecond, type Row, share } from "../row.ts";

const PAIRS = 5;
const SEND = ["send", "-c", "64"];

export const oldAndNew: Figure = {
  number: 19,
  name: "a plain send, an older executable beside",
  async *measure(lab) {
    const { old } = lab;
    if (old === undefined) return;
    yield await compared(lab, { old, run: "send, 64 connections, JSON header", options: SEND });
    const options = [...SEND, "-H", "rmq"];
    yield await compared(lab, { old, run: "the same, ROCKETMQ header", options });
  },
};

/** In turns, each with a start of its own, so that what slows the machine slows both. */
async function compared(
  lab: Lab,
  { old, run, options }: { old: string; run: string; options: readonly string[] },
): Promise<Row> {
  const [before, now]: [Reading[], Reading[]] = [[], []];
  for (let pair = 0; pair < PAIRS; pair++) {
    before.push(await fresh(lab, old, options));
    now.push(await fresh(lab, undefined, options));
  }
  const of = (all: Reading[], value: (one: Reading) => number) => middleOf(all.map(value));
  const [cpu, oldCpu] = [of(now, (one) => one.cpu), of(before, (one) => one.cpu)];
  const rate = of(now, (one) => one.perSecond);
  const beside = `CPU ${share(cpu, oldCpu)} × that of the older one (${oldCpu} µs)`;
  const goal = "CPU ≤ 1.05 ×";
  return { run: `${run}, ${PAIRS} pairs`, ours: perSecond(rate), cpu, beside, goal };
}

async function fresh(
  lab: Lab,
  program: string | undefined,
  options: readonly string[],
): Promise<Reading> {
  const server = await lab.start({ program });
  try {
    return await lab.reading(server, options);
  } finally {
    await server.stop();
  }
}
