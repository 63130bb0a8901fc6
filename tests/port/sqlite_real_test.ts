import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import { SqliteBusy } from "../../lib/port/sqlite.ts";
import { openRealSqlite } from "../../lib/port/sqlite_real.ts";

const table = { sql: "CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT)", rows: [[]] };
const insert = "INSERT INTO t (k, v) VALUES (?, ?)";

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(`${tmpdir()}/pocketmq-sqlite-`);
  try {
    await run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Runs a program on this runtime in a process of its own. */
function inProcess(directory: string, program: string): Promise<{ stdout: string }> {
  const sqlite = new URL("../../lib/port/sqlite_real.ts", import.meta.url);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const file = `${directory}/program.ts`;
  writeFileSync(file, `import { openRealSqlite } from "${sqlite}";\n${program}`);
  const isDeno = "Deno" in globalThis;
  const flags = isDeno ? ["run", "-A", "-q", "--no-check", "-c", config] : [];
  return promisify(execFile)(process.execPath, [...flags, file]);
}

test("it is WAL, FULL, exclusive, without mmap, and its WAL is gone after close", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/catalogue.db`;
    const sqlite = await openRealSqlite(path);
    await sqlite.commit([table]);
    const value = async (pragma: string) =>
      Object.values((await sqlite.query(`PRAGMA ${pragma}`))[0]);
    assert.deepEqual(await value("journal_mode"), ["wal"]);
    assert.deepEqual(await value("synchronous"), [2]);
    assert.deepEqual(await value("locking_mode"), ["exclusive"]);
    assert.ok(statSync(`${path}-wal`).size > 0);
    assert.throws(() => statSync(`${path}-shm`), /ENOENT/);
    await sqlite.close();
    assert.throws(() => statSync(`${path}-wal`), /ENOENT/);
  }));

test("another process is told that it is held; a killed one leaves all that it committed", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/catalogue.db`;
    const sqlite = await openRealSqlite(path);
    await sqlite.commit([table]);
    const second = await inProcess(
      directory,
      `await openRealSqlite(${JSON.stringify(path)}).catch((error) => console.log(error.name));`,
    );
    assert.equal(second.stdout.trim(), "SqliteBusy");
    await sqlite.close();
    const killed = inProcess(
      directory,
      `import process from "node:process";
       const sqlite = await openRealSqlite(${JSON.stringify(path)});
       for (let k = 0; k < 50; k++) {
         await sqlite.commit([{ sql: ${JSON.stringify(insert)}, rows: [[k, "v"]] }]);
       }
       process.kill(process.pid, "SIGKILL");`,
    );
    await assert.rejects(killed);
    const again = await openRealSqlite(path);
    assert.deepEqual((await again.query("SELECT COUNT(*) AS n FROM t"))[0].n, 50);
    await again.close();
  }));

test("the process ends by itself after close, and after an open that failed", () =>
  inDirectory(async (directory) => {
    const { stdout } = await inProcess(
      directory,
      `const sqlite = await openRealSqlite(${JSON.stringify(`${directory}/catalogue.db`)});
       await sqlite.close();
       await openRealSqlite("/nowhere/catalogue.db").catch((error) => console.log(error.message));`,
    );
    assert.match(stdout, /^Cannot open \/nowhere\/catalogue\.db: unable to open database file/);
  }));

test("a damaged database is refused with a sentence, not served", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/catalogue.db`;
    const sqlite = await openRealSqlite(path);
    const rows = Array.from({ length: 2_000 }, (_, at) => [at, `value ${at}`]);
    await sqlite.commit([table, { sql: insert, rows }]);
    await sqlite.close();
    const sound = readFileSync(path);
    const torn = `${directory}/torn.db`;
    writeFileSync(torn, sound.fill(0xff, 2 * 4_096, 3 * 4_096));
    await assert.rejects(
      openRealSqlite(torn),
      /^Error: Cannot open .*torn\.db: .*(damaged|malformed)/,
    );
    const other = `${directory}/other.db`;
    writeFileSync(other, "This is no database. ".repeat(1_000));
    await assert.rejects(openRealSqlite(other), /^Error: Cannot open .*other\.db: file is not a/);
    copyFileSync(other, `${directory}/again.db`);
    await assert.rejects(openRealSqlite(`${directory}/again.db`), (error) => {
      return !(error instanceof SqliteBusy);
    });
  }));

test("a full disk is told, and taken back when there is room", () =>
  inDirectory(async (directory) => {
    const sqlite = await openRealSqlite(`${directory}/catalogue.db`);
    await sqlite.commit([table]);
    await sqlite.query("PRAGMA max_page_count=4");
    const rows = Array.from({ length: 1_000 }, (_, at) => [at, "v".repeat(100)]);
    await assert.rejects(sqlite.commit([{ sql: insert, rows }]), /database or disk is full/);
    await sqlite.commit([{ sql: insert, rows: rows.slice(0, 10) }]);
    await sqlite.query("PRAGMA max_page_count=1000000");
    await sqlite.commit([{ sql: insert, rows: rows.slice(10) }]);
    await sqlite.close();
  }));

test("damage found while running ends all commits, with the first reason", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/catalogue.db`;
    const rows = Array.from({ length: 200_000 }, (_, at) => [at, "v".repeat(50)]);
    const before = await openRealSqlite(path);
    await before.commit([table, { sql: insert, rows }]);
    await before.close();
    const sqlite = await openRealSqlite(path);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xff, 4_096));
    const change = { sql: "UPDATE t SET v = ? WHERE k < 150000", rows: [["w"]] };
    await assert.rejects(sqlite.commit([change]), /malformed/);
    await assert.rejects(sqlite.commit([]), {
      message: `Cannot commit to ${path}: it failed before (database disk image is malformed)`,
    });
    await sqlite.close().catch(() => {});
  }));

test("a slow transaction leaves the event loop free", () =>
  inDirectory(async (directory) => {
    const sqlite = await openRealSqlite(`${directory}/catalogue.db`);
    await sqlite.commit([table]);
    const rows = Array.from({ length: 200_000 }, (_, at) => [at, "v".repeat(20)]);
    const committed = sqlite.commit([{ sql: insert, rows }]);
    let isDone = false;
    void committed.then(() => isDone = true);
    let turns = 0;
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    assert.ok(turns > 100, `${turns} turns of the event loop`);
    await sqlite.close();
  }));
