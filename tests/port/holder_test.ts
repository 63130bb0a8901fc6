import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { holderIn, lockHolder, processIsAlive } from "../../lib/port/holder.ts";
import { openRealSqlite } from "../../lib/port/sqlite_real.ts";

const hasLocks = existsSync("/proc/locks");

test("this process is alive; strange ids are of no process", () => {
  assert.equal(processIsAlive(process.pid), true);
  for (const pid of [0, -1, 1.5, NaN, 2 ** 31 - 1]) assert.equal(processIsAlive(pid), false);
});

test("the holder of SQLite's lock is this process, until it is closed", async () => {
  const directory = mkdtempSync(`${tmpdir()}/pocketmq-holder-`);
  try {
    const path = `${directory}/catalogue.db`;
    assert.equal(lockHolder(path), undefined);
    const sqlite = await openRealSqlite(path);
    assert.equal(lockHolder(path), hasLocks ? process.pid : undefined);
    await sqlite.close();
    assert.equal(lockHolder(path), undefined);
    assert.ok(statSync(path).isFile());
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("the lines of /proc/locks are read by device and inode", () => {
  const locks = [
    "1: POSIX  ADVISORY  WRITE 100 fd:01:77 0 EOF",
    "1: -> POSIX  ADVISORY  WRITE 101 fd:01:77 0 EOF",
    "2: FLOCK  ADVISORY  WRITE 102 fd:01:88 0 EOF",
    "3: POSIX  ADVISORY  READ 103 08:12:77 1073741826 1073742335",
    "4: POSIX  ADVISORY  WRITE 104 00:2a:99 0 0",
    "5: OFDLCK ADVISORY  WRITE -1 00:2a:55 0 0",
    "6: POSIX  ADVISORY  WRITE 0 00:2a:56 0 0",
    "7: POSIX  ADVISORY  READ 105 fd:01:60 0 0",
    "8: POSIX  ADVISORY  READ 106 fd:01:60 0 0",
    "",
  ].join("\n");
  const device = (major: number, minor: number) => BigInt((major << 8) | minor);
  assert.equal(holderIn(locks, { dev: device(0xfd, 1), ino: 77n }), 100);
  assert.equal(holderIn(locks, { dev: device(8, 0x12), ino: 77n }), 103);
  assert.equal(holderIn(locks, { dev: device(9, 9), ino: 77n }), undefined);
  assert.equal(holderIn(locks, { dev: device(9, 9), ino: 99n }), 104);
  assert.equal(holderIn(locks, { dev: device(0xfd, 1), ino: 88n }), undefined);
  assert.equal(holderIn(locks, { dev: device(0, 0x2a), ino: 55n }), undefined);
  assert.equal(holderIn(locks, { dev: device(0, 0x2a), ino: 56n }), undefined);
  assert.equal(holderIn(locks, { dev: device(0xfd, 1), ino: 60n }), undefined);
  assert.equal(holderIn("garbage", { dev: 1n, ino: 1n }), undefined);
});
