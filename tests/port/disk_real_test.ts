import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { DiskError } from "../../lib/port/disk.ts";
import { diskError, errnoName } from "../../lib/port/disk_errno.ts";
import { RealDisk } from "../../lib/port/disk_real.ts";

const disk = new RealDisk();

async function inDirectory(run: (directory: string) => void | Promise<void>): Promise<void> {
  const directory = mkdtempSync(`${tmpdir()}/pocketmq-disk-`);
  try {
    await run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof DiskError, String(error));
    return error.code;
  }
  return "no error";
}

test("the kernel's errors keep their names: no room, I/O error", () => {
  if (existsSync("/dev/full")) {
    const full = disk.open("/dev/full", "write");
    assert.equal(codeOf(() => full.write(new Uint8Array(10), 0)), "ENOSPC");
    full.close();
  }
  if (existsSync("/proc/self/mem")) {
    const memory = disk.open("/proc/self/mem", "read");
    assert.equal(codeOf(() => memory.read(new Uint8Array(10), 0)), "EIO");
    memory.close();
  }
});

test("an error says what could not be done with which file", () =>
  inDirectory((directory) => {
    assert.throws(() => disk.open(`${directory}/none`, "read"), {
      message: `Cannot open ${directory}/none: ENOENT`,
    });
  }));

test("errors that come as text only are told by their number", () => {
  assert.equal(errnoName(new Error("No space left on device (os error 28)")), "ENOSPC");
  assert.equal(errnoName(new Error("Interrupted system call (os error 4)")), "EINTR");
  assert.equal(errnoName(Object.assign(new Error("x"), { code: "EROFS" })), "EROFS");
  assert.equal(errnoName(new Error("what?")), "EIO");
  assert.equal(errnoName("what?"), "EIO");
  assert.equal(
    diskError(Object.assign(new Error(), { code: "EDQUOT" }), "write", "f").code,
    "ENOSPC",
  );
  const known = new DiskError("EROFS", "write", "f");
  assert.equal(diskError(known, "read", "g"), known);
});

test("a link to a directory is a directory, one to nowhere a name", () =>
  inDirectory((directory) => {
    disk.makeDirectory(`${directory}/there`);
    symlinkSync(`${directory}/there`, `${directory}/link`);
    symlinkSync(`${directory}/nowhere`, `${directory}/broken`);
    assert.deepEqual(disk.list(directory), [
      { name: "broken", isDirectory: false },
      { name: "link", isDirectory: true },
      { name: "there", isDirectory: true },
    ]);
    disk.removeDirectory(`${directory}/there`);
    disk.remove(`${directory}/broken`);
    assert.deepEqual(disk.list(directory).map(({ name }) => name), ["link"]);
  }));

test("a file closed while it is synced is let go afterwards, a thousand times over", () =>
  inDirectory(async (directory) => {
    for (let round = 0; round < 50; round++) {
      const syncs = Array.from({ length: 20 }, (_, at) => {
        const file = disk.open(`${directory}/${at}`, "create");
        file.write(new Uint8Array(10), 0);
        const sync = file.sync();
        file.close();
        return sync;
      });
      await Promise.all(syncs);
    }
    const names = existsSync("/proc/self/fd") ? disk.list("/proc/self/fd") : [];
    assert.ok(names.length < 500, `${names.length} open files`);
  }));
