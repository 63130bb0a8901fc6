import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import type { Disk } from "../../lib/port/disk.ts";
import { MemoryDisk, type MemoryDiskOptions } from "../../lib/port/disk_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

const sector = 512;

/** A disk whose file /d/f holds `a` in each of its bytes, all synced. */
function prepared(bytes: number, options: Partial<MemoryDiskOptions> = {}) {
  const disk = new MemoryDisk({ clock: new VirtualClock(), ...options });
  disk.makeDirectory("/d");
  disk.syncDirectory("/");
  const file = disk.open("/d/f", "create");
  file.write(filled("a", bytes), 0);
  file.syncNow();
  disk.syncDirectory("/d");
  return { disk, file };
}

function filled(letter: string, bytes: number): Uint8Array {
  return new Uint8Array(bytes).fill(letter.charCodeAt(0));
}

/** A file's sectors, one letter each; `.` for zeros, `?` for a sector of several letters. */
function sectors(disk: Disk, path = "/d/f"): string {
  if (!disk.exists(path)) return "none";
  const file = disk.open(path, "read");
  const bytes = new Uint8Array(file.size());
  file.read(bytes, 0);
  file.close();
  let letters = "";
  for (let at = 0; at < bytes.length; at += sector) {
    const part = bytes.subarray(at, at + sector);
    const isEven = part.every((byte) => byte === part[0]);
    letters += isEven ? part[0] === 0 ? "." : String.fromCharCode(part[0]) : "?";
  }
  return letters;
}

/** What is found after power cuts with many seeds, each once, in order. */
function outcomes(disk: MemoryDisk, look: (disk: Disk) => string, seeds = 400): string[] {
  const seen = new Set<string>();
  for (let seed = 0; seed < seeds; seed++) seen.add(look(disk.image(new SeededRandom(seed))));
  return [...seen].sort();
}

test("one sector that was not synced is there or not", () => {
  const { disk, file } = prepared(2 * sector);
  file.write(filled("b", sector), 0);
  assert.deepEqual(outcomes(disk, sectors), ["aa", "ba"]);
});

test("a write that was not synced is torn at any sector, and reads show all of it before", () => {
  const { disk, file } = prepared(3 * sector);
  file.write(filled("b", 3 * sector), 0);
  assert.equal(sectors(disk), "bbb");
  const every = ["aaa", "aab", "aba", "abb", "baa", "bab", "bba", "bbb"];
  assert.deepEqual(outcomes(disk, sectors, 3_000), every);
});

test("independent writes are lost and kept in every combination", () => {
  const { disk, file } = prepared(3 * sector);
  file.write(filled("b", sector), 0);
  file.write(filled("c", sector), 2 * sector);
  assert.deepEqual(outcomes(disk, sectors), ["aaa", "aac", "baa", "bac"]);
});

test("a sector shows one of its versions, never a later write without an earlier", () => {
  const { disk, file } = prepared(sector);
  file.write(filled("b", 256), 0);
  file.write(filled("c", 256), 128);
  const shape = (found: Disk) => {
    const bytes = new Uint8Array(sector);
    found.open("/d/f", "read").read(bytes, 0);
    return [0, 128, 256, 384].map((at) => String.fromCharCode(bytes[at])).join("");
  };
  assert.deepEqual(outcomes(disk, shape), ["aaaa", "bbaa", "bcca"]);
});

test("what was synced is never lost, whatever is written after it", async () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = new SeededRandom(seed);
    const { disk, file } = prepared(0);
    let synced = new Uint8Array(0);
    let isDirty = new Uint8Array(20_000);
    const model = new Uint8Array(20_000);
    for (let step = 0; step < 40; step++) {
      const position = random.below(16_000);
      const bytes = random.bytes(1 + random.below(3_000));
      file.write(bytes, position);
      model.set(bytes, position);
      const from = Math.floor(position / sector) * sector;
      isDirty.fill(1, from, Math.ceil((position + bytes.length) / sector) * sector);
      if (random.below(5) > 0) continue;
      await file.sync();
      synced = model.slice(0, file.size());
      isDirty = new Uint8Array(20_000);
    }
    const size = file.size();
    const found = disk.powerCut(random).open("/d/f", "read");
    const left = new Uint8Array(found.size());
    found.read(left, 0);
    assert.ok(left.length >= synced.length && left.length <= size, `seed ${seed}`);
    for (let at = 0; at < synced.length; at++) {
      if (isDirty[at] === 0) assert.equal(left[at], synced[at], `seed ${seed}, byte ${at}`);
    }
  }
});

test("a file's growth may be there without its bytes, never they without it", () => {
  const { disk, file } = prepared(sector);
  file.write(filled("b", 2 * sector), sector);
  assert.deepEqual(outcomes(disk, sectors), ["a", "a..", "a.b", "ab.", "abb"]);
});

test("a cut that was not synced is undone or not; growth shows zeros, never what was cut", () => {
  const { disk, file } = prepared(4 * sector);
  file.truncate(sector);
  file.truncate(3 * sector);
  assert.equal(sectors(disk), "a..");
  assert.deepEqual(outcomes(disk, sectors), ["a", "a..", "aaaa"]);
});

test("a synced cut stays cut: nothing of the old tail comes back", async () => {
  const { disk, file } = prepared(4 * sector);
  file.truncate(sector + 100);
  await file.sync();
  file.truncate(3 * sector);
  file.write(filled("b", sector), 2 * sector);
  for (const found of outcomes(disk, sectors)) assert.match(found, /^(aa|a\?[.b])$/);
});

test("a new name is there only by chance until its directory is synced", () => {
  const { disk } = prepared(sector);
  const file = disk.open("/d/new", "create");
  file.write(filled("n", sector), 0);
  file.syncNow();
  assert.deepEqual(outcomes(disk, (found) => sectors(found, "/d/new")), ["n", "none"]);
  disk.syncDirectory("/d");
  assert.deepEqual(outcomes(disk, (found) => sectors(found, "/d/new")), ["n"]);
});

test("a rename happened or did not: the name holds the old file or the new one", () => {
  const { disk } = prepared(sector);
  const file = disk.open("/d/f.tmp", "create");
  file.write(filled("n", sector), 0);
  file.syncNow();
  disk.syncDirectory("/d");
  disk.rename("/d/f.tmp", "/d/f");
  const names = (found: Disk) => `${sectors(found)} ${sectors(found, "/d/f.tmp")}`;
  assert.deepEqual(outcomes(disk, names), ["a n", "n none"]);
  disk.syncDirectory("/d");
  assert.deepEqual(outcomes(disk, names), ["n none"]);
});

test("a rename over a file whose bytes were not synced can leave an empty file", () => {
  const { disk } = prepared(sector);
  disk.open("/d/f.tmp", "create").write(filled("n", sector), 0);
  disk.rename("/d/f.tmp", "/d/f");
  disk.syncDirectory("/d");
  assert.deepEqual(outcomes(disk, sectors), ["", ".", "n"]);
});

test("a removal that was not synced may be undone, with the bytes as they were", () => {
  const { disk } = prepared(sector);
  disk.remove("/d/f");
  assert.deepEqual(outcomes(disk, sectors), ["a", "none"]);
  disk.syncDirectory("/d");
  assert.deepEqual(outcomes(disk, sectors), ["none"]);
});

test("changes of names are independent, but not those of one name", () => {
  const { disk } = prepared(sector);
  disk.open("/d/x", "create").close();
  disk.open("/d/y", "create").close();
  disk.rename("/d/x", "/d/z");
  const names = (found: Disk) => found.list("/d").map(({ name }) => name).join("");
  assert.deepEqual(outcomes(disk, names), ["f", "fx", "fxy", "fy", "fyz", "fz"]);
});

test("a rename between directories is whole, whichever of them is synced", () => {
  for (const directory of ["/d", "/e"]) {
    const { disk } = prepared(sector);
    disk.makeDirectory("/e");
    disk.syncDirectory("/");
    disk.rename("/d/f", "/e/f");
    disk.syncDirectory(directory);
    const names = (found: Disk) => `${sectors(found)} ${sectors(found, "/e/f")}`;
    assert.deepEqual(outcomes(disk, names), ["none a"]);
  }
});

test("a new directory is gone with all in it until its parent is synced", () => {
  const { disk } = prepared(0);
  disk.makeDirectory("/d/e/g");
  disk.open("/d/e/g/f", "create").syncNow();
  disk.syncDirectory("/d/e/g");
  disk.syncDirectory("/d/e");
  const found = (left: Disk) => `${left.exists("/d/e/g/f")}`;
  assert.deepEqual(outcomes(disk, found), ["false", "true"]);
  disk.syncDirectory("/d");
  assert.deepEqual(outcomes(disk, found), ["true"]);
});

test("a sync under way at the power cut counts for nothing, and never ends", async () => {
  const clock = new VirtualClock();
  const { disk, file } = prepared(sector, { clock, syncMs: () => 10 });
  file.write(filled("b", sector), 0);
  const told: string[] = [];
  const tell = () => told.push("ended");
  file.sync().then(tell, tell);
  await clock.advance(9);
  assert.deepEqual(outcomes(disk, sectors), ["a", "b"]);
  const left = disk.powerCut(new SeededRandom(1));
  await clock.advance(100);
  assert.deepEqual(told, []);
  assert.throws(() => file.size(), /EIO/);
  assert.throws(() => disk.open("/d/f", "read"), /EIO/);
  assert.throws(() => disk.exists("/d/f"), /EIO/);
  assert.match(sectors(left), /^[ab]$/);
});

test("a sync covers what was written before it, not what came while it ran", async () => {
  const clock = new VirtualClock();
  const { disk, file } = prepared(2 * sector, { clock, syncMs: () => 10 });
  file.write(filled("b", sector), 0);
  const first = file.sync();
  await clock.advance(5);
  file.write(filled("c", sector), sector);
  const second = file.sync();
  await clock.advance(5);
  await first;
  assert.deepEqual(outcomes(disk, sectors), ["ba", "bc"]);
  await clock.advance(5);
  await second;
  assert.deepEqual(outcomes(disk, sectors), ["bc"]);
});

test("a killed process loses nothing that it wrote, but the power may still go", () => {
  const { disk, file } = prepared(sector);
  file.write(filled("b", sector), 0);
  disk.open("/d/new", "create").close();
  const left = disk.kill();
  assert.throws(() => file.write(filled("c", sector), 0), /EIO/);
  assert.equal(sectors(left), "b");
  assert.equal(left.exists("/d/new"), true);
  assert.deepEqual(outcomes(left, sectors), ["a", "b"]);
  left.open("/d/f", "read").syncNow();
  assert.deepEqual(outcomes(left, sectors), ["b"]);
});

test("after a power cut everything found is durable", () => {
  const { disk, file } = prepared(3 * sector);
  file.write(filled("b", 3 * sector), 0);
  for (let seed = 0; seed < 50; seed++) {
    const left = disk.image(new SeededRandom(seed));
    const found = sectors(left);
    assert.deepEqual(outcomes(left, sectors, 20), [found]);
  }
});

test("the same seed leaves the same disk", () => {
  const left = (seed: number) => {
    const { disk, file } = prepared(20 * sector);
    for (let at = 0; at < 10; at++) file.write(filled("b", 3 * sector), at * 1_000);
    return sectors(disk.powerCut(new SeededRandom(seed)));
  };
  for (let seed = 0; seed < 20; seed++) assert.equal(left(seed), left(seed));
});

test("a million-page file that is sparse takes the pages that were written", () => {
  const { disk, file } = prepared(0);
  file.truncate(2 ** 32);
  file.write(filled("b", 10_000), 2 ** 31 - 5_000);
  assert.equal(disk.usedBytes, 4 * 4_096);
  const left = disk.powerCut(new SeededRandom(1));
  assert.ok(left.usedBytes <= 4 * 4_096);
});

test("without keepsSynced nothing is kept twice", () => {
  const { disk, file } = prepared(sector, { keepsSynced: false });
  file.write(filled("b", sector), 0);
  assert.equal(sectors(disk), "b");
  file.truncate(10);
  disk.remove("/d/f");
  assert.equal(disk.exists("/d/f"), false);
});
