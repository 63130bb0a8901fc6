import type { Figure } from "../figure.ts";
import { fillBytes } from "../fill.ts";
import type { Lab } from "../lab.ts";
import { load, startOnBun } from "../programs.ts";
import { perSecond, type Row, rowOf, share } from "../row.ts";

const MIB = 1024 * 1024;
const READ = ["pull", "-q", "8"];
const END_TO_END = ["e2e", "-r", "5000", "-q", "4", "-c", "8"];

export const pull: Figure = {
  number: 7,
  name: "pull of eight queues",
  async *measure(lab) {
    yield await cached(lab);
    yield* larger(lab);
  },
};

async function cached(lab: Lab): Promise<Row> {
  const seconds = String(lab.scaled(8, 3));
  const fill = ["send", "-c", "8", "-w", "2", "-s", "1024", "-b", "32", "-d", seconds];
  const bare = () => startOnBun("bare_pull.ts");
  const compared = await lab.compare({ options: READ, fill, bare });
  const goal = "≥ 3 × Apache, or ≥ 0.70 of bare";
  return rowOf("pull, 8 queues, from the page cache", compared, { goal, bareName: "bare Bun" });
}

/** A broker held to less memory than its log has; and what that reader does to others. */
async function* larger(lab: Lab): AsyncIterable<Row> {
  const memoryBytes = lab.scaled(1024, 512) * MIB;
  const own = await lab.start({ memoryBytes });
  try {
    const alone = await lab.once(own, END_TO_END);
    // 1 KB messages first, so that they are the ones that left the memory.
    const seconds = String(lab.scaled(8, 3));
    const small = ["send", "-c", "8", "-w", "2", "-s", "1024", "-b", "32", "-t", "BenchOld"];
    await load(...small, "-d", seconds, "-W", "0", "-p", String(own.port));
    await fillBytes(own.port, memoryBytes);
    const read = await lab.once(own, [...READ, "-t", "BenchOld"]);
    yield {
      run: `pull, log larger than the ${memoryBytes / MIB} MiB that it may use`,
      ours: perSecond(read.perSecond),
      cpu: read.cpu,
      goal: "≥ 3 × Apache, or ≥ 0.70 of bare",
    };
    await fillBytes(own.port, memoryBytes);
    const reader = load("pull", "-q", "1", "-n", "4", "-t", "BenchOld", "-p", String(own.port));
    const beside = await lab.reading(own, END_TO_END);
    await reader;
    yield {
      run: "end to end beside a slow reader of old data",
      ours: perSecond(beside.perSecond),
      ...{ p50: beside.p50, p99: beside.p99, p999: beside.p999 },
      beside: `p99 ${share(beside.p99, alone.p99)} × that without`,
      goal: "p99 ≤ 2 × that without",
    };
  } finally {
    await own.stop();
  }
}
