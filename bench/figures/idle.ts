import { connections } from "../crowd.ts";
import type { Figure } from "../figure.ts";
import { cpuMs, untilCalm } from "../programs.ts";
import { makeQueues, MANY_QUEUES } from "../topics.ts";

const CONNECTIONS = 10_000;

export const idle: Figure = {
  number: 11,
  name: "idle CPU",
  async *measure(lab) {
    const queues = lab.scaled(100_000, 10_000);
    const own = await lab.start({ settings: MANY_QUEUES });
    try {
      await makeQueues(own.port, "BenchWide", queues);
      await untilCalm(own, lab.scaled(300, 30));
      const crowd = await connections(own.port, CONNECTIONS, { heartbeats: true });
      // Each has sent one by then, and code that runs 300 times a second is compiled.
      await pause(30_000);
      const tookMs = lab.scaled(60_000, 8000);
      const before = cpuMs(own.processId);
      await pause(tookMs);
      const share = (cpuMs(own.processId) - before) / tookMs;
      await crowd.leave();
      const many = `${queues.toLocaleString("en")} queues, 10,000 connections with heartbeats`;
      const ours = `${(100 * share).toFixed(1)} % of a core`;
      yield { run: `idle CPU, ${many}`, ours, goal: "≤ 3 % with 100,000" };
    } finally {
      await own.stop();
    }
  },
};

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
