import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { RealClock } from "../../lib/port/clock_real.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemorySqlite } from "../../lib/port/sqlite_memory.ts";
import { openRealSqlite } from "../../lib/port/sqlite_real.ts";
import { sqliteCases } from "./sqlite_suite.ts";

for (const { name, run } of sqliteCases) {
  test(`RealSqlite: ${name}`, async () => {
    const clock = new RealClock();
    const directory = mkdtempSync(`${tmpdir()}/pocketmq-sqlite-`);
    try {
      const pass = () => new Promise<void>((resolve) => void clock.after(1, resolve));
      await run({ open: openRealSqlite, path: `${directory}/catalogue.db`, pass });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  for (const commitMs of [0, 7]) {
    test(`MemorySqlite, ${commitMs} ms: ${name}`, async () => {
      const clock = new VirtualClock();
      const { open } = new MemorySqlite({ clock, commitMs: () => commitMs });
      await run({ open, path: "/data/catalogue.db", pass: () => clock.advance(2) });
    });
  }
}
