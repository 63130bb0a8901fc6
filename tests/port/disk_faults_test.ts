import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { DiskError, type DiskErrorCode } from "../../lib/port/disk.ts";
import { type DiskOperationKind, failAll, failAt, failNext } from "../../lib/port/disk_faults.ts";
import { MemoryDisk, type MemoryDiskOptions } from "../../lib/port/disk_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

const text = (value: string) => new TextEncoder().encode(value);

function prepared(options: Partial<MemoryDiskOptions> = {}) {
  const disk = new MemoryDisk({ clock: new VirtualClock(), ...options });
  disk.makeDirectory("/d");
  const file = disk.open("/d/f", "create");
  file.write(text("0123456789"), 0);
  file.syncNow();
  disk.syncDirectory("/d");
  disk.syncDirectory("/");
  return { disk, file };
}

function textOf(disk: MemoryDisk, path = "/d/f"): string {
  const plan = disk.faults;
  disk.faults = undefined;
  const file = disk.open(path, "read");
  const bytes = new Uint8Array(file.size());
  file.read(bytes, 0);
  file.close();
  disk.faults = plan;
  return new TextDecoder().decode(bytes);
}

function failsWith(code: DiskErrorCode, run: () => unknown): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof DiskError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}

/** One call of each kind. */
function calls({ disk, file }: ReturnType<typeof prepared>): Map<DiskOperationKind, () => unknown> {
  return new Map<DiskOperationKind, () => unknown>([
    ["open", () => disk.open("/d/f", "write")],
    ["read", () => file.read(new Uint8Array(4), 0)],
    ["write", () => file.write(text("x"), 0)],
    ["truncate", () => file.truncate(3)],
    ["sync", () => file.syncNow()],
    ["list", () => disk.list("/d")],
    ["make directory", () => disk.makeDirectory("/d/e")],
    ["rename", () => disk.rename("/d/f", "/d/g")],
    ["remove", () => disk.remove("/d/f")],
    ["remove directory", () => disk.removeDirectory("/d")],
    ["sync directory", () => disk.syncDirectory("/d")],
  ]);
}

test("every kind of operation can be told to fail, once or for good; it did nothing then", () => {
  for (const code of ["EIO", "ENOSPC", "EROFS"] as const) {
    for (const kind of calls(prepared()).keys()) {
      const subject = prepared();
      const call = calls(subject).get(kind)!;
      subject.disk.faults = failNext(kind, code);
      failsWith(code, call);
      assert.equal(textOf(subject.disk), "0123456789");
      call();
      const again = prepared();
      again.disk.faults = failAll(kind, code);
      for (let at = 0; at < 3; at++) failsWith(code, calls(again).get(kind)!);
      again.disk.faults = undefined;
      calls(again).get(kind)!();
    }
  }
});

test("an interruption is gone on with, but a sync that was interrupted has failed", () => {
  for (const kind of calls(prepared()).keys()) {
    const subject = prepared();
    subject.disk.faults = failNext(kind, "EINTR");
    const call = calls(subject).get(kind)!;
    if (kind === "sync" || kind === "sync directory") failsWith("EIO", call);
    else call();
  }
});

test("interruptions without end are an error, not a loop without end", () => {
  for (const kind of calls(prepared()).keys()) {
    const subject = prepared();
    subject.disk.faults = failAll(kind, "EINTR");
    failsWith("EIO", calls(subject).get(kind)!);
  }
});

test("short writes and reads are gone on with", () => {
  const { disk, file } = prepared();
  let left = 7;
  disk.faults = ({ kind }) => kind === "write" && left-- > 0 ? { short: 1 } : undefined;
  file.write(text("abcdefghij"), 0);
  assert.equal(textOf(disk), "abcdefghij");
  disk.faults = failAll("read", { short: 3 });
  const into = new Uint8Array(10);
  assert.equal(file.read(into, 0), 10);
  assert.deepEqual(into, text("abcdefghij"));
  disk.faults = failAll("write", { short: 0 });
  failsWith("EIO", () => file.write(text("x"), 0));
});

test("a short write and then no room: ENOSPC, with the first part written", () => {
  const { disk, file } = prepared();
  let writes = 0;
  disk.faults = ({ kind }) => {
    if (kind !== "write") return undefined;
    return ++writes === 1 ? { short: 4 } : "ENOSPC";
  };
  failsWith("ENOSPC", () => file.write(text("abcdefghij"), 0));
  assert.equal(textOf(disk), "abcd456789");
});

test("a full disk takes what fits, refuses the rest, and takes again when there is room", () => {
  const { disk, file } = prepared({ totalBytes: 5 * 4_096 });
  assert.deepEqual(disk.space("/d"), { totalBytes: 5 * 4_096, freeBytes: 4 * 4_096 });
  const other = disk.open("/d/g", "create");
  failsWith("ENOSPC", () => other.write(new Uint8Array(6 * 4_096).fill(1), 0));
  assert.equal(other.size(), 4 * 4_096);
  failsWith("ENOSPC", () => file.write(text("x"), 4_096));
  file.write(text("in place"), 0);
  disk.remove("/d/g");
  assert.equal(disk.space("/d").freeBytes, 0);
  other.close();
  assert.equal(disk.space("/d").freeBytes, 4 * 4_096);
  file.write(text("x"), 4_096);
  file.truncate(0);
  assert.equal(disk.usedBytes, 0);
});

test("too many open files", () => {
  const { disk, file } = prepared({ openFilesMax: 2 });
  const second = disk.open("/d/f", "read");
  failsWith("EMFILE", () => disk.open("/d/f", "read"));
  second.close();
  assert.equal(disk.openFiles, 1);
  disk.open("/d/f", "read").close();
  file.close();
});

test("after a failed sync a later one succeeds, and the bytes are lost all the same", async () => {
  const { disk, file } = prepared();
  file.write(text("new"), 0);
  disk.faults = failNext("sync", "EIO");
  await assert.rejects(file.sync(), /Cannot sync \/d\/f: EIO/);
  await file.sync();
  file.syncNow();
  assert.equal(textOf(disk), "new3456789");
  const after = (seed: number) => textOf(disk.image(new SeededRandom(seed)));
  for (let seed = 0; seed < 30; seed++) assert.equal(after(seed), "0123456789");
});

test("the bytes of a failed sync come with the next write to their sector", async () => {
  const { disk, file } = prepared();
  file.write(text("new"), 0);
  disk.faults = failNext("sync", "EIO");
  await assert.rejects(file.sync());
  file.write(text("!"), 9);
  const seen = new Set<string>();
  for (let seed = 0; seed < 30; seed++) seen.add(textOf(disk.image(new SeededRandom(seed))));
  assert.deepEqual([...seen].sort(), ["0123456789", "new345678!"]);
  await file.sync();
  assert.equal(textOf(disk.powerCut(new SeededRandom(1))), "new345678!");
});

test("by chance a failed sync got a part to the platter, which stays", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const { disk, file } = prepared({ random: new SeededRandom(seed) });
    file.write(new Uint8Array(512).fill(98), 0);
    disk.faults = failNext("sync", "EIO");
    await assert.rejects(file.sync());
    const left = [1, 2, 3].map((at) => textOf(disk.image(new SeededRandom(at))));
    assert.equal(new Set(left).size, 1);
    seen.add(left[0].slice(0, 2) + left[0].length);
  }
  assert.deepEqual(
    [...seen].sort(),
    ["0110", "01512", "bb10", "bb512"].filter((one) => seen.has(one)),
  );
  assert.ok(seen.has("0110") && seen.has("bb512"));
});

test("a cut after a failed sync: its bytes do not come back", async () => {
  const { disk, file } = prepared();
  file.write(text("abcdefghij"), 0);
  disk.faults = failNext("sync", "EIO");
  await assert.rejects(file.sync());
  file.truncate(0);
  await file.sync();
  file.write(text("z"), 4);
  await file.sync();
  assert.equal(textOf(disk.powerCut(new SeededRandom(2))), "\0\0\0\0z");
});

test("names whose directory failed to sync are not made durable by a later sync", () => {
  const { disk } = prepared();
  disk.rename("/d/f", "/d/g");
  disk.faults = failNext("sync directory", "EIO");
  failsWith("EIO", () => disk.syncDirectory("/d"));
  disk.syncDirectory("/d");
  const seen = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    seen.add(disk.image(new SeededRandom(seed)).list("/d").map(({ name }) => name).join());
  }
  assert.deepEqual([...seen].sort(), ["f", "g"]);
});

test("the nth operation fails, alone or with all that follow: a loop over all of them ends", () => {
  const work = (disk: MemoryDisk) => {
    disk.makeDirectory("/d/e");
    const file = disk.open("/d/e/x", "create");
    file.write(text("abc"), 0);
    file.syncNow();
    disk.syncDirectory("/d/e");
    disk.rename("/d/e/x", "/d/e/y");
    disk.remove("/d/e/y");
    file.close();
  };
  for (const mode of ["once", "on"] as const) {
    let failures = 0;
    for (let at = 1;; at++) {
      const { disk } = prepared();
      disk.faults = failAt(disk.operations + at, "EIO", mode);
      try {
        work(disk);
        break;
      } catch (error) {
        assert.ok(error instanceof DiskError);
        failures++;
      }
    }
    assert.equal(failures, 7);
  }
});
