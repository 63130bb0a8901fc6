import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "../../lib/model/refusal.ts";
import { failAll, failNext } from "../../lib/port/disk_faults.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { message, Rig } from "./rig.ts";

/** A log under SYNC_FLUSH on a disk whose syncs take 10 ms. */
function slowRig(): Rig {
  const rig = new Rig({ flush: "SYNC_FLUSH" });
  rig.disk = new MemoryDisk({ clock: rig.clock, syncMs: () => 10 });
  return rig;
}

function isRefusal(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof Refusal && error.kind === kind;
}

test("under SYNC_FLUSH an answer waits for a sync, later ones for the next", async () => {
  const rig = slowRig();
  const log = await rig.open();
  const settled: string[] = [];
  let syncs = 0;
  rig.disk.faults = ({ kind, path }) => {
    if (kind === "sync" && path.includes("commitlog/0")) syncs++;
    return undefined;
  };
  const send = (name: string) => {
    const stored = log.append(message());
    log.settled(stored.position + stored.size).then(() => settled.push(name));
  };
  send("a");
  syncs = 0;
  await rig.clock.advance(5);
  for (const name of ["b", "c", "d"]) send(name);
  await rig.clock.advance(4);
  assert.deepEqual([settled.length, syncs], [0, 1]);
  await rig.clock.advance(1);
  assert.deepEqual(settled, ["a"]);
  await rig.clock.advance(10);
  assert.deepEqual(settled, ["a", "b", "c", "d"]);
  assert.equal(syncs, 2);
  assert.equal(log.durablePosition, log.positionMax);
});

test("under ASYNC_FLUSH an answer waits for the turn only, and the job syncs", async () => {
  const rig = new Rig();
  rig.disk = new MemoryDisk({ clock: rig.clock, syncMs: () => 10 });
  const log = await rig.open();
  const stored = log.append(message());
  let isSettled = false;
  log.settled(stored.size).then(() => isSettled = true);
  assert.equal(isSettled, false);
  await rig.clock.settle();
  assert.equal(isSettled, true);
  assert.equal(log.durablePosition, 0);
  for (const job of log.jobs().filter(({ name }) => name === "log flush")) {
    assert.equal(job.run(1000), 1500);
  }
  await rig.clock.advance(10);
  assert.equal(log.durablePosition, stored.size);
});

test("durable brings the log to the disk under either mode", async () => {
  for (const flush of ["SYNC_FLUSH", "ASYNC_FLUSH"] as const) {
    const rig = new Rig({ flush });
    const log = await rig.open();
    const stored = log.append(message());
    await rig.turned(log.durable());
    assert.equal(log.durablePosition, stored.size);
    await rig.turned(log.durable());
  }
});

test("a disk that does not confirm in time: the answer says so, and later ones go on", async () => {
  const rig = new Rig({ flush: "SYNC_FLUSH", syncFlushTimeoutMs: 50 });
  let takesMs = 10;
  rig.disk = new MemoryDisk({ clock: rig.clock, syncMs: () => takesMs });
  const log = await rig.open();
  log.append(message());
  await rig.turned(log.durable());
  takesMs = 1000;
  const late = log.append(message());
  const outcome = assert.rejects(
    log.settled(late.position + late.size),
    isRefusal("flush-timeout"),
  );
  await rig.clock.advance(60);
  await outcome;
  takesMs = 1;
  await rig.clock.advance(2000);
  const good = log.append(message());
  await rig.turned(log.settled(good.position + good.size));
});

test("a failed sync ends all acknowledging, at once and for good, with the reason", async () => {
  const rig = slowRig();
  const log = await rig.open();
  log.append(message());
  await rig.turned(log.durable());
  const first = log.append(message());
  rig.disk.faults = ({ kind, path }) => {
    return kind === "sync" && path.includes("commitlog") ? "EIO" : undefined;
  };
  const refused = [first.position + first.size].map((end) => {
    return assert.rejects(log.settled(end), isRefusal("unavailable"));
  });
  await rig.clock.advance(5);
  const second = log.append(message());
  refused.push(assert.rejects(log.settled(second.position + second.size), /EIO/));
  await rig.clock.advance(20);
  await Promise.all(refused);
  rig.disk.faults = undefined;
  assert.match(log.failure ?? "", /cannot sync the commit log: .*EIO.* start the broker again/);
  assert.throws(() => log.append(message()), isRefusal("unavailable"));
  await assert.rejects(log.settled(first.position), isRefusal("unavailable"));
  await assert.rejects(log.durable(), isRefusal("unavailable"));
  assert.equal(rig.lines.logged("error").length, 1);
});

test("a failed write ends all acknowledging, only reads go on", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const good = log.append(message());
  await rig.clock.settle();
  rig.disk.faults = failNext("write", "ENOSPC");
  const bad = log.append(message());
  const outcome = assert.rejects(log.settled(bad.position + bad.size), /ENOSPC/);
  await rig.clock.settle();
  await outcome;
  assert.equal(log.queue("TopicTest", 0).offsetMax, 1);
  assert.notEqual(log.read(good.position, good.size), undefined);
  const before = rig.disk.operations;
  for (const job of log.jobs()) job.run(20_000);
  await rig.clock.settle();
  await rig.turned(log.close());
  rig.disk.faults = failAll("write", "EIO");
  assert.equal(rig.disk.operations, before);
  assert.equal(rig.disk.exists("/store/abort"), true);
});

test("no next segment: the message is refused, and taken once there is room", async () => {
  const rig = new Rig();
  const log = await rig.open();
  for (let at = 0; at < 4; at++) log.append(message({ body: new Uint8Array(900) }));
  await rig.clock.settle();
  rig.disk.faults = failAll("truncate", "ENOSPC");
  assert.throws(
    () => log.append(message({ body: new Uint8Array(900) })),
    (error) => isRefusal("unavailable")(error) && /segment that starts at 4096/.test(`${error}`),
  );
  assert.equal(log.failure, undefined);
  rig.disk.faults = undefined;
  const stored = log.append(message({ body: new Uint8Array(900) }));
  assert.deepEqual([stored.position, stored.offset], [4096, 4]);
  await rig.turned(log.close());
});

test("after the stop has begun nothing is taken", async () => {
  const rig = new Rig();
  const log = await rig.open();
  log.append(message());
  const closing = log.close();
  assert.throws(() => log.append(message()), isRefusal("unavailable"));
  await rig.turned(closing);
  await log.close();
  assert.equal(rig.disk.openFiles, 0);
});
