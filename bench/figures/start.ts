import type { Figure } from "../figure.ts";
import { fillBytes } from "../fill.ts";
import { firstSend } from "../first_send.ts";
import type { Lab } from "../lab.ts";
import type { StartOptions } from "../programs.ts";
import { middleOf } from "../reading.ts";
import { type Row, share } from "../row.ts";

const GIB = 1024 ** 3;

export const start: Figure = {
  number: 8,
  name: "start to the first accepted send",
  async *measure(lab) {
    const gigabytes = lab.scaled(10, 2);
    yield await empty(lab);
    yield await filled(lab, {
      ...{ gigabytes, signal: "SIGTERM", goal: "300 ms" },
      run: `start, ${gigabytes} GiB log, closed in order`,
    });
    yield await filled(lab, {
      ...{ gigabytes: 1, signal: "SIGKILL", goal: "2,000 ms" },
      run: "start, 1 GiB tail behind the last flush, after kill -9",
      settings: ["flushIntervalCommitLog=60000"],
    });
  },
};

async function empty(lab: Lab): Promise<Row> {
  const took: number[] = [];
  for (let times = 0; times < 5; times++) {
    const [own, ms] = await timed(lab, {});
    took.push(ms);
    await own.stop();
  }
  const beganMs = performance.now();
  const peer = await lab.beside([], () => Promise.resolve(performance.now() - beganMs));
  const own = middleOf(took);
  const apache = peer === undefined ? undefined : `${share(own, peer)} ×`;
  return { run: "start, empty directory", ours: `${own} ms`, apache, goal: "100 ms" };
}

async function filled(
  lab: Lab,
  wanted: {
    readonly run: string;
    readonly gigabytes: number;
    readonly signal: "SIGTERM" | "SIGKILL";
    readonly goal: string;
    readonly settings?: readonly string[];
  },
): Promise<Row> {
  const { run, gigabytes, goal, settings } = wanted;
  const before = await lab.start({ settings });
  await fillBytes(before.port, gigabytes * GIB);
  await before.end(wanted.signal);
  const [own, ms] = await timed(lab, { directory: before.directory, settings });
  await own.stop();
  return { run, ours: `${ms} ms`, goal };
}

async function timed(lab: Lab, options: StartOptions) {
  const beganMs = performance.now();
  const own = await lab.start({ ...options, ready: firstSend });
  return [own, Math.round(performance.now() - beganMs)] as const;
}
