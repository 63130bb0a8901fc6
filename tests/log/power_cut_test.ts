import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { imagesOf, judge, judgeAll } from "./cuts.ts";
import { Rig } from "./rig.ts";

for (const flush of ["SYNC_FLUSH", "ASYNC_FLUSH"] as const) {
  for (const seed of [1, 2, 3, 4]) {
    test(`a power cut before any operation loses nothing promised: ${flush} ${seed}`, async () => {
      const { faults, images } = await judgeAll({ flush, seed, ways: 1 });
      assert.deepEqual(faults.slice(0, 20), []);
      assert.ok(images.length > 200, `${images.length} images`);
      assert.equal(images[images.length - 1].ledger.acked, 48);
    });
  }
}

test("a power cut before any operation of a recovery loses nothing", async () => {
  const flush = "SYNC_FLUSH";
  const { images, clock } = await imagesOf({ flush, seed: 6, ways: 1 });
  const random = new SeededRandom(9);
  const rig = new Rig({ flush }, clock);
  const faults: string[] = [];
  for (let at = 40; at < images.length; at += 41) {
    const lefts: MemoryDisk[] = [];
    const disk = images[at].disk;
    disk.faults = () => void lefts.push(disk.image(random));
    rig.disk = disk;
    await rig.open();
    for (const left of lefts) {
      faults.push(...await judge({ ...images[at], disk: left }, rig, flush));
    }
  }
  assert.deepEqual(faults.slice(0, 20), []);
});

test("a power cut during recovery, and during the recovery from that, loses nothing", async () => {
  const flush = "SYNC_FLUSH";
  const { images, clock } = await imagesOf({ flush, seed: 2, ways: 1 });
  const random = new SeededRandom(3);
  const rig = new Rig({ flush }, clock);
  const faults: string[] = [];
  for (const image of images) {
    let disk = image.disk;
    for (let depth = 0; depth < 5; depth++) {
      const cutAt = disk.operations + 1 + random.below(40);
      let left = disk;
      disk.faults = ({ count }) => {
        if (count === cutAt) left = disk.image(random);
        return undefined;
      };
      rig.disk = disk;
      await rig.open();
      disk.faults = undefined;
      disk = left;
    }
    faults.push(...await judge({ ...image, disk }, rig, flush));
  }
  assert.deepEqual(faults.slice(0, 20), []);
});
