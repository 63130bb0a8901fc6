import type { FlushMode, Log } from "../../lib/log/log.ts";
import type { VirtualClock } from "../../lib/port/clock_virtual.ts";
import type { Disk } from "../../lib/port/disk.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { Ledger } from "./ledger.ts";
import { numbered, Rig } from "./rig.ts";

/** A disk as a power cut left it, and what was promised until then. */
export interface Image {
  readonly at: number;
  readonly disk: MemoryDisk;
  readonly ledger: Ledger;
}

/** How to cut the power. */
export interface CutPlan {
  readonly flush: FlushMode;
  readonly seed: number;
  /** Images that are taken at each operation. */
  readonly ways: number;
  /** Puts something between the log and the disk. */
  readonly between?: (disk: MemoryDisk) => Disk;
}

/** Runs a workload, and cuts the power before each operation of the disk, in several ways. */
export async function imagesOf(plan: CutPlan): Promise<{ images: Image[]; clock: VirtualClock }> {
  const { seed, ways } = plan;
  const rig = new Rig({ flush: plan.flush });
  const random = new SeededRandom(seed);
  rig.disk = new MemoryDisk({ clock: rig.clock, syncMs: () => 1 + random.below(3) });
  const disk = plan.between?.(rig.disk) ?? rig.disk;
  const ledger = new Ledger();
  const images: Image[] = [];
  rig.disk.faults = ({ count }) => {
    const promised = ledger.copy();
    for (let way = 0; way < ways; way++) {
      images.push({ at: count, disk: rig.disk.image(random), ledger: promised });
    }
    return undefined;
  };
  await workload(rig, await rig.open({ disk }), ledger);
  return { images, clock: rig.clock };
}

export async function workload(rig: Rig, log: Log, ledger: Ledger): Promise<void> {
  const jobs = log.jobs();
  for (let round = 0; round < 12; round++) {
    for (let at = 0; at < 4; at++) append(log, ledger, round * 4 + at);
    await rig.clock.advance(round % 3);
    if (round % 4 === 3) { for (const job of jobs) job.run(rig.clock.monotonic()); }
    if (round === 7) await rig.clock.advance(11_000);
  }
  await rig.clock.advance(2000);
  await rig.turned(log.close());
}

function append(log: Log, ledger: Ledger, number: number): void {
  const message = numbered(number, { topic: number % 5 === 0 ? "Other" : "TopicTest" });
  const stored = log.append(message);
  const body = new TextDecoder().decode(message.body);
  const id = ledger.noteSent(message.topic, message.queueId, { stored, body });
  log.settled(stored.position + stored.size).then(() => ledger.noteAcked(id), () => {});
}

/** Opens what is left; the one that appends more afterwards must not disturb what is there. */
export async function judge(image: Image, rig: Rig, flush: FlushMode): Promise<string[]> {
  rig.disk = image.disk;
  const log = await rig.open().catch((error: Error) => error);
  if (log instanceof Error) return [`cut before operation ${image.at}: ${log.message}`];
  const isAsync = flush === "ASYNC_FLUSH";
  const faults = isAsync ? lossesOf(log, image.ledger) : image.ledger.faults(log);
  const before = log.queue("TopicTest", 1).offsetMax;
  if (log.append(numbered(1)).offset !== before) faults.push("the next offset is not the end");
  await rig.turned(log.close());
  const { how, sentences } = log.recovery;
  return faults.slice(0, 3).map((fault) => {
    return `cut before operation ${image.at} (${how}: ${sentences.join(" ")}): ${fault}`;
  });
}

/** Under ASYNC_FLUSH what was acknowledged may go, but only from the end. */
function lossesOf(log: Log, ledger: Ledger): string[] {
  return ledger.faults(log, true).filter((fault) => !fault.startsWith("lost"));
}

/** What is wrong with any of the images. */
export async function judgeAll(plan: CutPlan): Promise<{ faults: string[]; images: Image[] }> {
  const { images, clock } = await imagesOf(plan);
  const rig = new Rig({ flush: plan.flush }, clock);
  const faults: string[] = [];
  for (const image of images) faults.push(...await judge(image, rig, plan.flush));
  return { faults, images };
}
