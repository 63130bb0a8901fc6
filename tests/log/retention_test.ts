import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "../../lib/log/log.ts";
import { failNext } from "../../lib/port/disk_faults.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { Refusal } from "../../lib/model/refusal.ts";
import { message, numbered, Rig } from "./rig.ts";

const hourMs = 3_600_000;

/** One record an hour for so many hours, from midnight on; four hours a segment. */
async function hourly(rig: Rig, hours: number): Promise<Log> {
  const log = await rig.open();
  for (let hour = 0; hour < hours; hour++) {
    log.append(numbered(hour, { body: new Uint8Array(830) }));
    await rig.clock.advance(hourMs);
  }
  await rig.turned(log.durable());
  return log;
}

/** Runs the retention job every ten seconds for so long. */
async function keep(rig: Rig, log: Log, minutes: number): Promise<void> {
  const job = log.jobs().find(({ name }) => name === "log retention") ?? assert.fail();
  for (let at = 0; at < minutes * 6; at++) {
    job.run(rig.clock.monotonic());
    await rig.clock.advance(10_000);
  }
}

test("expired segments go at their hour of the day, and never the active one", async () => {
  const rig = new Rig();
  const log = await hourly(rig, 96);
  assert.equal(log.positionMin, 0);
  await keep(rig, log, 230);
  assert.equal(log.positionMin, 0, "not before 4 in the morning");
  await keep(rig, log, 20);
  assert.equal(log.positionMin, 6 * 4096, "72 hours before 4 o'clock on the fifth day");
  const queue = log.queue("TopicTest", 0);
  assert.equal(queue.offsetMin, 8);
  assert.equal(queue.offsetMax, 32);
  assert.ok(rig.lines.has("Removed the"));
  await rig.clock.advance(400 * hourMs - 250 * 60_000);
  await keep(rig, log, 60 * 24);
  assert.equal(log.positionMin, Math.floor(log.positionMax / 4096) * 4096);
  assert.equal(queue.offsetMax, 32);
  await rig.turned(log.close());
  const again = await rig.open();
  assert.equal(again.recovery.how, "orderly");
  assert.equal(again.queue("TopicTest", 0).offsetMax, 32);
});

test("queue and index files whose records are gone go too, but for the last", async () => {
  const rig = new Rig();
  const log = await hourly(rig, 96);
  for (const job of log.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.settle();
  const before = rig.disk.list("/store/consumequeue/TopicTest/0").length;
  const indexes = rig.disk.list("/store/index").length;
  await rig.clock.advance(400 * hourMs);
  await keep(rig, log, 60 * 24);
  assert.deepEqual([before, rig.disk.list("/store/consumequeue/TopicTest/0").length], [4, 1]);
  assert.ok(indexes > 5 && rig.disk.list("/store/index").length <= 2);
});

test("a clock that jumps ahead removes nothing for ten minutes", async () => {
  const rig = new Rig();
  const log = await hourly(rig, 20);
  rig.clock.setWall(1_767_225_600_000 + 30 * 24 * hourMs + 4 * hourMs);
  await keep(rig, log, 9);
  assert.equal(log.positionMin, 0);
  rig.clock.stepWall(-30 * 24 * hourMs);
  await keep(rig, log, 20);
  assert.equal(log.positionMin, 0, "the jump was taken back");
  rig.clock.stepWall(30 * 24 * hourMs);
  await keep(rig, log, 12);
  assert.ok(log.positionMin > 0, "the jump stayed");
});

test("a full disk: no messages are taken, the oldest segments go", async () => {
  const rig = new Rig({ segmentBytes: 4096 });
  rig.disk = new MemoryDisk({ clock: rig.clock, totalBytes: 100 * 4096 });
  const log = await rig.open({ indexEnabled: false });
  await fill(rig, log, 60);
  assert.equal(log.positionMin, 0);
  const used = () => Math.round(100 * log.state().diskRatio);
  assert.ok(used() > 60 && used() < 75, `${used()} %`);
  await keep(rig, log, 1);
  assert.equal(log.positionMin, 0);
  const ballast = rig.disk.open("/ballast", "create");
  ballast.write(new Uint8Array(4096 * (100 - used() - 5)), 0);
  assert.equal(log.state().isDiskFull, true);
  for (const job of log.jobs().slice(0, 2)) job.run(rig.clock.monotonic());
  assert.throws(
    () => log.append(message()),
    (error) =>
      error instanceof Refusal && error.kind === "unavailable" &&
      /95\.0 % full, 0 MiB free.*up to 90 %/.test(error.message),
  );
  assert.notEqual(log.recordAt(0), undefined);
  ballast.truncate(0);
  for (const job of log.jobs().slice(0, 2)) job.run(rig.clock.monotonic());
  assert.equal(log.append(message()).position > 0, true);
  ballast.write(new Uint8Array(4096 * (88 - used())), 0);
  await keep(rig, log, 1);
  assert.ok(log.positionMin > 0 && used() <= 85, `forced: ${used()} %`);
});

async function fill(rig: Rig, log: Log, segments: number): Promise<void> {
  while (log.positionMax < segments * 4096) {
    log.append(message({ body: new Uint8Array(900) }));
    await rig.clock.settle();
  }
  await rig.turned(log.durable());
}

test("expired segments go at any hour where the disk is fuller than it should be", async () => {
  const rig = new Rig();
  rig.disk = new MemoryDisk({ clock: rig.clock, totalBytes: 100 * 4096 });
  const log = await rig.open({ indexEnabled: false });
  await fill(rig, log, 60);
  await rig.clock.advance(90 * hourMs);
  await keep(rig, log, 20);
  assert.equal(log.positionMin, 0, "18 o'clock, and the disk has room");
  const ballast = rig.disk.open("/ballast", "create");
  ballast.write(new Uint8Array(4096 * 14), 0);
  await keep(rig, log, 1);
  assert.ok(log.positionMin > 0);
});

test("a segment that cannot be removed stays readable, and goes with a later check", async () => {
  const rig = new Rig();
  const log = await hourly(rig, 96);
  await rig.clock.advance(400 * hourMs);
  await keep(rig, log, 20);
  const before = log.positionMin;
  rig.disk.faults = failNext("remove", "EIO");
  log.tidyUp("segments");
  await rig.clock.settle();
  assert.equal(log.positionMin, before);
  assert.notEqual(log.recordAt(before), undefined);
  assert.ok(rig.lines.has("Cannot remove an old segment"));
  log.tidyUp("segments");
  await rig.clock.settle();
  assert.ok(log.positionMin > before);
});
