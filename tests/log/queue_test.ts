import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log, Queue } from "../../lib/log/log.ts";
import { firstAtLeast, lastKnown } from "../../lib/log/search.ts";
import { message, Rig } from "./rig.ts";

const start = 1_767_225_600_000;

/** Messages at these seconds after the start. */
async function timed(rig: Rig, seconds: readonly number[]): Promise<Log> {
  const log = await rig.open();
  for (const second of seconds) {
    rig.clock.setWall(start + second * 1000);
    log.append(message());
  }
  await rig.clock.settle();
  return log;
}

function byTime(queue: Queue, second: number): [number, number] {
  const ms = start + second * 1000;
  return [queue.offsetByTime(ms, "lower"), queue.offsetByTime(ms, "upper")];
}

test("an offset by time: the bounds of RocketMQ's search", async () => {
  const rig = new Rig();
  const log = await timed(rig, [10, 20, 20, 20, 30, 40, 40, 50, 60, 60]);
  for (const isWritten of [false, true]) {
    if (isWritten) await rig.turned(log.close());
    const queue = (isWritten ? await rig.open() : log).queue("TopicTest", 0);
    assert.deepEqual(byTime(queue, 5), [0, 0], "before the first");
    assert.deepEqual(byTime(queue, 10), [0, 0]);
    assert.deepEqual(byTime(queue, 15), [1, 0], "between two");
    assert.deepEqual(byTime(queue, 20), [1, 3], "the first and the last of equals");
    assert.deepEqual(byTime(queue, 40), [5, 6]);
    assert.deepEqual(byTime(queue, 45), [7, 6]);
    assert.deepEqual(byTime(queue, 60), [8, 9]);
    assert.deepEqual(byTime(queue, 61), [10, 9], "after the last");
  }
});

test("an offset by time in an empty queue is 0", async () => {
  const rig = new Rig();
  const queue = (await rig.open()).queue("TopicTest", 0);
  assert.deepEqual(byTime(queue, 5), [0, 0]);
  assert.deepEqual([queue.offsetMin, queue.offsetMax, queue.storeTimestampAt(0)], [0, 0, -1]);
});

test("a search passes over what is unknown", () => {
  const values = [-1, 3, -1, -1, 5, 5, -1, 8, -1];
  const row = { from: 0, to: values.length, valueAt: (at: number) => values[at] };
  assert.deepEqual([0, 3, 4, 5, 6, 8, 9].map((least) => firstAtLeast(row, least)), [
    ...[1, 1, 4, 4, 7, 7, 9],
  ]);
  assert.deepEqual([9, 7, 4, 1].map((before) => lastKnown(row, before)), [7, 5, 1, -1]);
});

test("a scan goes over files and what waits, and stops when told", async () => {
  const rig = new Rig();
  const log = await rig.open();
  for (let at = 0; at < 30; at++) log.append(message());
  await rig.turned(log.durable());
  for (const job of log.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.settle();
  for (let at = 0; at < 10; at++) log.append(message());
  await rig.clock.settle();
  const queue = log.queue("TopicTest", 0);
  const seen: number[] = [];
  queue.scan(3, 35, (offset) => {
    seen.push(offset);
    return true;
  });
  assert.deepEqual(seen, Array.from({ length: 35 }, (_, at) => at + 3));
  let count = 0;
  queue.scan(0, 100, () => ++count < 12);
  assert.equal(count, 12);
  queue.scan(40, 10, () => assert.fail("behind the end"));
  queue.scan(-5, 6, (offset) => seen.push(offset) > 0);
  assert.equal(seen[35], 0);
  assert.equal(queue.storeTimestampAt(39), start);
});

test("entries that wait have a limit: appends are refused until the disk follows", async () => {
  const rig = new Rig({ pendingViewBytesMax: 2000, segmentBytes: 1 << 20, indexEnabled: false });
  const log = await rig.open();
  rig.disk.faults = ({ kind, path }) => {
    return kind === "write" && path.includes("consumequeue") ? "ENOSPC" : undefined;
  };
  let taken = 0;
  for (let round = 0; round < 30; round++) {
    try {
      for (let at = 0; at < 10; at++, taken++) log.append(message());
    } catch (error) {
      assert.match(`${error}`, /entries wait in memory, at most 2000 may/);
    }
    await rig.clock.settle();
  }
  assert.ok(taken > 95 && taken < 130, `${taken} taken`);
  assert.ok(rig.lines.has("tried again every second"));
  rig.disk.faults = undefined;
  for (const job of log.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.settle();
  assert.equal(log.append(message()).offset, taken);
  await rig.turned(log.close());
  assert.equal((await rig.open()).queue("TopicTest", 0).offsetMax, taken + 1);
});

test("many queues need neither many open files nor much memory", async () => {
  const rig = new Rig({
    segmentBytes: 1 << 20,
    tailBytes: 1 << 18,
    indexEnabled: false,
    openFilesMax: 20,
  });
  const log = await rig.open();
  let most = 0;
  for (let at = 0; at < 3000; at++) {
    log.append(message({ topic: `Topic${at}`, body: new Uint8Array(0) }));
    if (at % 500 === 499) {
      await rig.clock.settle();
      for (const job of log.jobs()) job.run(rig.clock.monotonic());
      await rig.clock.settle();
      most = Math.max(most, rig.disk.openFiles);
    }
  }
  await rig.clock.advance(30_000);
  for (const job of log.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.settle();
  assert.ok(Math.max(most, rig.disk.openFiles) <= 22, `${most} files open`);
  assert.equal(log.state().pendingViewBytes, 0);
  await rig.turned(log.close());
  const again = await rig.open();
  assert.equal(again.recovery.records, 0);
  assert.equal(again.queue("Topic2999", 0).offsetMax, 1);
  assert.equal(again.append(message({ topic: "Topic7" })).offset, 1);
});

test("a scan for tags codes sees those entries alone, and tells how far it came", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const tags = ["a", "b", "", "Aa", "BB", "a"];
  for (let at = 0; at < 60; at++) {
    const tag = tags[at % tags.length];
    log.append(message({ properties: tag === "" ? "" : `TAGS\u0001${tag}\u0002` }));
    if (at === 40) await rig.turned(log.durable());
    if (at === 40) { for (const job of log.jobs()) job.run(rig.clock.monotonic()); }
    await rig.clock.settle();
  }
  const queue = log.queue("TopicTest", 0);
  assert.ok(queue.kind === "plain");
  const seen = (codes: readonly number[], range: { from: number; most: number }, most = 99) => {
    const offsets: number[] = [];
    const next = queue.scanFor(new Set(codes), range, (offset, position, size, code) => {
      assert.deepEqual(codes.includes(code) && position >= 0 && size > 100, true);
      return offsets.length < most && offsets.push(offset) > 0;
    });
    return [...offsets, next];
  };
  const [a, both] = [97, 2112];
  assert.deepEqual(seen([a], { from: 3, most: 10 }), [5, 6, 11, 12, 13]);
  assert.deepEqual(seen([both, a], { from: 36, most: 8 }), [36, 39, 40, 41, 42, 44]);
  assert.deepEqual(seen([a], { from: 0, most: 60 }, 3), [0, 5, 6, 11]);
  assert.deepEqual(seen([1], { from: 50, most: 60 }), [60]);
  assert.deepEqual(seen([a], { from: 60, most: 60 }), [60]);
});

test("an entry whose code is no hash may have any tag: a scan for tags sees it", async () => {
  const rig = new Rig();
  const log = await rig.open();
  for (const tag of ["a", "b"]) log.append(message({ properties: `TAGS\u0001${tag}\u0002` }));
  await rig.clock.settle();
  const queue = log.queue("TopicTest", 0);
  assert.ok(queue.kind === "plain");
  const address = -(2 ** 31) - 1 - 46;
  queue.put({ offset: 2, position: 1 << 20, size: 200, tagsCode: address } as never);
  const seen: number[] = [];
  queue.scanFor(new Set([97]), { from: 0, most: 3 }, (offset, _position, _size, code) => {
    return seen.push(offset, code) > 0;
  });
  assert.deepEqual(seen, [0, 97, 2, address]);
});
