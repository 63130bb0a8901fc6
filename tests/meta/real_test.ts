import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { Catalogue } from "../../lib/meta/catalogue.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { RealClock } from "../../lib/port/clock_real.ts";
import { RealDisk } from "../../lib/port/disk_real.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { openRealSqlite } from "../../lib/port/sqlite_real.ts";
import { UPSTREAM_FILES } from "./upstream_samples.ts";

test("on a real disk: what was committed and imported is there again, and exported", async () => {
  const directory = mkdtempSync(`${tmpdir()}/pocketmq-meta-`);
  const lines = new MemoryLines();
  const open = async () => {
    const sqlite = await openRealSqlite(`${directory}/catalogue.db`);
    return Catalogue.open({
      sqlite,
      disk: new RealDisk(),
      clock: new RealClock(),
      lines,
      directory,
    });
  };
  const config = (name: string) => `${directory}/config/${name}`;
  try {
    new RealDisk().makeDirectory(`${directory}/config`);
    for (const [name, text] of UPSTREAM_FILES) writeFileSync(config(name), text);
    const first = await open();
    assert.equal(lines.logged("info").length, 6);
    await first.topics.put([makeTopic("Own", 3)]);
    for (let at = 0; at < 6_000; at++) first.progress.set(`G${at}`, "Own", at % 3, at);
    await first.progress.settled();
    await first.kv.put("n\0", "k", "é");
    await first.close();
    const second = await open();
    assert.equal(second.topics.get("Own")?.readQueues, 3);
    assert.equal(second.progress.get("G5999", "Own", 2), 5_999);
    assert.equal(second.progress.get("G", "CfgTopic", 0), 12);
    assert.equal(second.kv.get("n\0", "k"), "é");
    assert.equal(lines.logged().length, 6, "no new line");
    await second.close();
    assert.match(
      readFileSync(config("consumerOffset.json"), "utf8"),
      /"Own@G5999":\{\n\t\t\t2:5999\n/,
    );
    assert.match(readFileSync(config("topics.json"), "utf8"), /"Own"/);
    assert.equal(
      readFileSync(config("topics.json.bak"), "utf8"),
      UPSTREAM_FILES.get("topics.json"),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
