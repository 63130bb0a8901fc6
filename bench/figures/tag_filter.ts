import type { Figure } from "../figure.ts";
import type { Lab } from "../lab.ts";
import { bench } from "../programs.ts";
import { middleOf } from "../reading.ts";
import { perSecond, share } from "../row.ts";

const TOPIC = "BenchTags";
/** One tag of so many is asked for. */
const TAGS = 1000;
const TOLERANCE = 0.05;

export const tagFilter: Figure = {
  number: 12,
  name: "tag-filtered pull, 1 in 1,000 matches",
  async *measure(lab) {
    const count = lab.scaled(5_000_000, 1_000_000);
    const own = await lab.start();
    let scanned: number;
    try {
      scanned = await scannedPerSecond(lab, count, own.nameServerPort);
    } finally {
      await own.stop();
    }
    const peer = await lab.beside([], ({ nameServerPort }) => {
      return scannedPerSecond(lab, count, nameServerPort);
    });
    yield {
      run: "pull, 1 in 1,000 matches the tag: messages looked at",
      ours: perSecond(scanned),
      apache: peer === undefined ? undefined : `${share(scanned, peer)} ×`,
      goal: "≥ 3 × Apache",
    };
  },
};

async function scannedPerSecond(lab: Lab, count: number, nameServer: number): Promise<number> {
  const at = ["-n", `127.0.0.1:${nameServer}`, "-t", TOPIC];
  const filled = ["-q", String(count), "-b", "100", "-s", "100", "-l", String(TAGS), "-w", "8"];
  await bench("send", ...at, ...filled, "--timeout", "30000");
  const took: number[] = [];
  for (let times = 0; times < lab.times; times++) {
    const { received: { messages, seconds } } = await bench(
      "receive",
      ...at,
      "-e",
      "tag7",
      "--timeout",
      "30000",
    );
    const wanted = count / TAGS;
    // Messages that were refused at first come with another tag.
    if (Math.abs(messages - wanted) > TOLERANCE * wanted) {
      throw new Error(`${messages} of about ${wanted} messages came`);
    }
    took.push(seconds);
  }
  return count / middleOf(took);
}
