import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { RealDisk } from "../../lib/port/disk_real.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { diskCases, type DiskSubject } from "./disk_suite.ts";

function memory(): DiskSubject {
  const disk = new MemoryDisk({ clock: new VirtualClock() });
  disk.makeDirectory("/data");
  disk.syncDirectory("/");
  let seed = 1;
  return { disk, root: "/data", powerCut: () => disk.powerCut(new SeededRandom(seed++)) };
}

for (const { name, cutsPower, run } of diskCases) {
  test(`MemoryDisk: ${name}`, () => run(memory()));
  if (cutsPower) continue;
  test(`RealDisk: ${name}`, async () => {
    const root = mkdtempSync(`${tmpdir()}/pocketmq-disk-`);
    try {
      await run({ disk: new RealDisk(), root });
    } finally {
      rmSync(root, { recursive: true });
    }
  });
}
