import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { MemorySqlite } from "../../lib/port/sqlite_memory.ts";
import { settled } from "../contract/timed_subject.ts";

const path = "/data/catalogue.db";
const table = { sql: "CREATE TABLE t (v INTEGER)", rows: [[]] };
const insert = (value: number) => ({ sql: "INSERT INTO t VALUES (?)", rows: [[value]] });

async function opened(commitMs = 10) {
  const clock = new VirtualClock();
  const disk = new MemorySqlite({ clock, commitMs: () => commitMs });
  const pass = () => clock.advance(1);
  const sqlite = await disk.open(path);
  await settled({ pass }, sqlite.commit([table]));
  return { clock, disk, sqlite, pass };
}

async function values(disk: MemorySqlite, pass: () => Promise<void>): Promise<unknown[]> {
  const sqlite = await disk.open(path);
  const rows = await settled({ pass }, sqlite.query("SELECT v FROM t ORDER BY v"));
  return rows.map((row) => row.v);
}

test("a commit takes its time, and is seen only afterwards", async () => {
  const { clock, sqlite } = await opened(10);
  const done: string[] = [];
  const began = clock.monotonic();
  void sqlite.commit([insert(1)]).then(() => done.push(`first at ${clock.monotonic() - began}`));
  void sqlite.commit([insert(2)]).then(() => done.push(`second at ${clock.monotonic() - began}`));
  await clock.advance(50);
  assert.deepEqual(done, ["first at 10", "second at 20"]);
});

test("a power cut keeps what was committed, maybe the commit under way, no later one", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const { clock, disk, sqlite, pass } = await opened();
    await settled({ pass }, sqlite.commit([insert(1)]));
    const told: string[] = [];
    const tell = (name: string) =>
      [() => told.push(name), () => told.push(`${name} failed`)] as const;
    void sqlite.commit([insert(2)]).then(...tell("second"));
    void sqlite.commit([insert(3)]).then(...tell("third"));
    await clock.advance(5);
    const left = disk.powerCut(new SeededRandom(seed));
    await clock.advance(100);
    assert.deepEqual(told, []);
    seen.add((await values(left, pass)).join());
    await assert.rejects(disk.open(path), /has ended/);
    await assert.rejects(sqlite.query("SELECT 1"), /Cannot use/);
  }
  assert.deepEqual([...seen].sort(), ["1", "1,2"]);
});

test("a commit that is to fail fails, leaves nothing, and can be one of many", async () => {
  const { disk, sqlite, pass } = await opened();
  disk.faults = ({ count }) => count === 3 ? "disk I/O error" : undefined;
  await settled({ pass }, sqlite.commit([insert(1)]));
  await assert.rejects(settled({ pass }, sqlite.commit([insert(2)])), {
    message: "Cannot commit to /data/catalogue.db: disk I/O error",
  });
  await settled({ pass }, sqlite.commit([insert(3)]));
  assert.equal(disk.commits, 4);
  await settled({ pass }, sqlite.close());
  assert.deepEqual(await values(disk, pass), [1, 3]);
});

test("a failing commit under way at a power cut leaves nothing", async () => {
  for (let seed = 0; seed < 8; seed++) {
    const { disk, sqlite, pass } = await opened();
    disk.faults = () => "disk I/O error";
    void sqlite.commit([insert(2)]);
    assert.deepEqual(await values(disk.powerCut(new SeededRandom(seed)), pass), []);
  }
});

test("paths are databases of their own", async () => {
  const { disk, pass } = await opened();
  const other = await disk.open("/data/other.db");
  await assert.rejects(settled({ pass }, other.query("SELECT * FROM t")), /no such table/);
});
