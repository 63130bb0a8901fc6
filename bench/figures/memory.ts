import { connections } from "../crowd.ts";
import type { Figure } from "../figure.ts";
import type { Lab } from "../lab.ts";
import { anonymousMegabytes, load, type Running } from "../programs.ts";
import { type Row, share } from "../row.ts";
import { makeQueues, MANY_QUEUES } from "../topics.ts";

const SETTLED_MS = 3000;
const CONNECTIONS = 18_000;

export const memory: Figure = {
  number: 9,
  name: "anonymous memory",
  async *measure(lab) {
    const seconds = lab.scaled(300, 10);
    const [idle, busy] = await both(lab, (own) => send(own, ["-c", "64", "-d", `${seconds}`]));
    const peer = await lab.beside([], async ({ processIds }) => {
      await settled();
      return processIds.reduce((sum, processId) => sum + anonymousMegabytes(processId), 0);
    });
    const apache = peer === undefined ? undefined : `${share(idle, peer)} ×`;
    yield { ...row("idle", `${idle} MB`, "60 MB"), apache };
    yield row(`after ${seconds} s of figure 1`, `${busy} MB`, "200 MB, after five minutes");
    const [, crowded] = await both(lab, async (own) => {
      const crowd = await connections(own.port, CONNECTIONS);
      return () => crowd.leave();
    });
    yield row("18,000 idle connections", `+${crowded - idle} MB`, "+180 MB");
    const queues = lab.scaled(100_000, 20_000);
    const [, wide] = await both(lab, (own) => makeQueues(own.port, "BenchWide", queues));
    const run = `${queues.toLocaleString("en")} queues, each with a message`;
    yield row(run, `+${wide - idle} MB`, "+300 MB with 100,000");
  },
};

/** Anonymous memory of a broker before and after something, MB. */
async function both(
  lab: Lab,
  act: (own: Running) => Promise<void | (() => Promise<void>)>,
): Promise<[number, number]> {
  const own = await lab.start({ settings: MANY_QUEUES });
  try {
    await settled();
    const before = megabytes(own);
    const leave = await act(own);
    await settled();
    const after = megabytes(own);
    await leave?.();
    return [before, after];
  } finally {
    await own.stop();
  }
}

async function send(own: Running, options: readonly string[]): Promise<void> {
  await load("send", ...options, "-W", "0", "-p", String(own.port));
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
}

function megabytes({ processId }: Running): number {
  return Math.round(anonymousMegabytes(processId));
}

function row(what: string, ours: string, goal: string): Row {
  return { run: `anonymous memory, ${what}`, ours, goal };
}
