import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchQueue, Log, LogOptions, Queue } from "../../lib/log/log.ts";
import { getProperty } from "../../lib/model/properties.ts";
import { decodeRecord } from "../../lib/model/record.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import type { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { message, Rig } from "./rig.ts";

const START = 1_767_225_600_000;
const isBatched = (topic: string) => topic === "B";
const FILE = "/store/batchconsumequeue/B/0/00000000000000000000";

function batchRig(changes: Partial<LogOptions> = {}, clock?: VirtualClock): Rig {
  return new Rig({ isBatched, segmentBytes: 1 << 16, ...changes }, clock);
}

function send(log: Log, count: number, changes: Parameters<typeof message>[0] = {}): number {
  const made = message({ topic: "B", properties: "UNIQ_KEY\u0001U\u0002", ...changes });
  return count === 0 ? log.append(made).offset : log.appendTogether(made, count).offset;
}

function batches(queue: Queue): BatchQueue {
  assert.ok(queue.kind === "batch");
  return queue;
}

/** First offset and count of the units that hold `from` and later offsets. */
function unitsFrom(queue: Queue, from: number): [number, number][] {
  const found: [number, number][] = [];
  batches(queue).units(from, ({ offset, count }) => found.push([offset, count]) > 0);
  return found;
}

async function writtenOut(rig: Rig, log: Log): Promise<void> {
  await rig.turned(log.durable());
  for (let times = 0; times < 3; times++) {
    for (const job of log.jobs()) job.run(rig.clock.monotonic());
    await rig.clock.advance(11_000);
  }
}

test("a batch takes as many offsets as messages, a single message one", async () => {
  const rig = batchRig();
  const log = await rig.open();
  assert.deepEqual([3, 0, 1, 32_767].map((count) => send(log, count)), [0, 3, 4, 5]);
  await rig.clock.settle();
  const queue = log.queue("B", 0);
  assert.deepEqual([queue.offsetMin, queue.offsetMax], [0, 32_772]);
  assert.deepEqual(unitsFrom(queue, 0), [[0, 3], [3, 1], [4, 1], [5, 32_767]]);
  assert.deepEqual(unitsFrom(queue, 2), [[0, 3], [3, 1], [4, 1], [5, 32_767]], "in the middle");
  assert.deepEqual(unitsFrom(queue, 3), [[3, 1], [4, 1], [5, 32_767]]);
  assert.deepEqual(unitsFrom(queue, 32_771), [[5, 32_767]]);
  assert.deepEqual(unitsFrom(queue, 32_772), []);
  const record = recordOf(log, queue, 0);
  assert.equal(record.sysFlag & 0xc0, 0xc0);
  assert.equal(getProperty(record.properties, "INNER_NUM"), "3");
  assert.equal(getProperty(record.properties, "INNER_BASE"), "0");
  assert.equal(getProperty(recordOf(log, queue, 5).properties, "INNER_BASE"), "5");
});

function recordOf(log: Log, queue: Queue, offset: number) {
  let found: Uint8Array | undefined;
  queue.scan(offset, 1, (_offset, position, size) => {
    found = log.read(position, size);
    return false;
  });
  assert.ok(found !== undefined);
  return decodeRecord(found);
}

test("its file has RocketMQ's units of 46 bytes", async () => {
  const rig = batchRig();
  const log = await rig.open();
  rig.clock.setWall(START);
  send(log, 3, { properties: "TAGS\u0001TagA\u0002" });
  rig.clock.setWall(START + 5);
  send(log, 2);
  const position = log.positionMax;
  await rig.turned(log.close());
  assert.deepEqual(rig.disk.list("/store/consumequeue"), []);
  const bytes = bytesOf(rig.disk, FILE);
  assert.equal(bytes.length, 8 * 46);
  const view = new DataView(bytes.buffer);
  const unit = (at: number) => ({
    position: Number(view.getBigInt64(at)),
    tagsCode: view.getBigInt64(at + 12),
    stored: Number(view.getBigInt64(at + 20)) - START,
    offset: Number(view.getBigInt64(at + 28)),
    count: view.getInt16(at + 36),
    rest: [view.getInt32(at + 38), view.getInt32(at + 42)],
  });
  const second = view.getInt32(8);
  assert.equal(second + view.getInt32(46 + 8), position);
  const rest = [-1, 0];
  assert.deepEqual(unit(0), {
    ...{ position: 0, tagsCode: 2598919n, stored: 0, offset: 0, count: 3, rest },
  });
  assert.deepEqual(unit(46), {
    ...{ position: second, tagsCode: 0n, stored: 5, offset: 3, count: 2, rest },
  });
  assert.ok(bytes.subarray(92).every((byte) => byte === 0));
});

function bytesOf(disk: MemoryDisk, path: string): Uint8Array<ArrayBuffer> {
  const file = disk.open(path, "read");
  const bytes = new Uint8Array(file.size());
  file.read(bytes, 0);
  file.close();
  return bytes;
}

test("an offset by time: from the last record's time on it is that record", async () => {
  const rig = batchRig();
  const log = await rig.open();
  const empty = log.queue("B", 0);
  assert.deepEqual(
    [empty.offsetByTime(START, "lower"), empty.offsetByTime(START, "upper")],
    [0, 0],
  );
  for (const second of [10, 20, 20, 30]) {
    rig.clock.setWall(START + second * 1000);
    send(log, 4);
  }
  await rig.clock.settle();
  for (const isWritten of [false, true]) {
    if (isWritten) await rig.turned(log.close());
    const queue = (isWritten ? await rig.open() : log).queue("B", 0);
    const at = (second: number) => [
      queue.offsetByTime(START + second * 1000, "lower"),
      queue.offsetByTime(START + second * 1000, "upper"),
    ];
    assert.deepEqual([5, 10, 15, 20, 25, 30, 31].map(at), [
      ...[[0, 0], [0, 0], [4, 0], [4, 8], [12, 8], [12, 12], [12, 12]],
    ]);
    assert.equal(queue.storeTimestampAt(6), START + 20_000);
    assert.equal(queue.storeTimestampAt(16), -1);
  }
});

test("over many files, in memory and on the disk, and after the oldest are gone", async () => {
  const rig = batchRig({ segmentBytes: 4096 });
  const log = await rig.open();
  for (let at = 0; at < 100; at++) {
    assert.equal(send(log, 1 + at % 3), 6 * Math.floor(at / 3) + [0, 1, 3][at % 3]);
    if (at % 10 === 9) await writtenOut(rig, log);
  }
  await rig.clock.settle();
  const queue = log.queue("B", 0);
  const whole = unitsFrom(queue, 0);
  assert.equal(whole.length, 100);
  for (let offset = 0; offset < queue.offsetMax; offset++) {
    const [[from, count]] = unitsFrom(queue, offset);
    assert.ok(from <= offset && offset < from + count, `${offset} in ${from}+${count}`);
  }
  await rig.turned(log.close());
  const again = await rig.open();
  assert.deepEqual(unitsFrom(again.queue("B", 0), 0), whole);
  assert.equal(send(again, 2), whole[99][0] + whole[99][1]);
  await rig.clock.advance(80 * 3_600_000);
  for (let times = 0; times < 70; times++) {
    again.tidyUp("segments");
    await rig.clock.advance(10_000);
  }
  again.tidyUp("views");
  await rig.clock.advance(11_000);
  const { offsetMin, offsetMax } = again.queue("B", 0);
  assert.ok(offsetMin > 0 && again.positionMin > 0);
  assert.equal(unitsFrom(again.queue("B", 0), offsetMin)[0][0], offsetMin);
  assert.equal(offsetMax, whole[99][0] + whole[99][1] + 2);
  assert.ok(rig.disk.list("/store/batchconsumequeue/B/0").length < 13);
});

test("queue files that were removed grow back byte for byte", async () => {
  const rig = batchRig();
  let log = await rig.open();
  for (const count of [3, 1, 0, 5, 2, 9, 1, 1, 4, 0]) send(log, count);
  await rig.turned(log.close());
  const before = bytesOf(rig.disk, FILE);
  rig.disk.removeDirectory("/store/batchconsumequeue");
  log = await rig.open();
  assert.match(log.recovery.sentences.join(" "), /grow back/);
  assert.equal(log.queue("B", 0).offsetMax, 28);
  await rig.turned(log.close());
  assert.deepEqual(bytesOf(rig.disk, FILE), before);
});

test("a topic that was removed and made again begins at 0, before and after a kill", async () => {
  const rig = batchRig();
  let log = await rig.open();
  for (const count of [3, 1, 5]) send(log, count);
  await writtenOut(rig, log);
  log.removeTopic("B");
  assert.equal(log.queue("B", 0).offsetMax, 0);
  assert.equal(send(log, 2), 0);
  await rig.clock.settle();
  assert.deepEqual(unitsFrom(log.queue("B", 0), 0), [[0, 2]]);
  await writtenOut(rig, log);
  assert.equal(send(log, 4), 2);
  await rig.clock.settle();
  rig.disk = rig.disk.kill();
  log = await rig.open();
  assert.deepEqual(unitsFrom(log.queue("B", 0), 0), [[0, 2], [2, 4]]);
});

for (const seed of [1, 2, 3]) {
  test(`after any cut of the power the next free offset is the end: ${seed}`, async () => {
    const { faults, images } = await cutAll(seed);
    assert.deepEqual(faults, []);
    assert.ok(images > 60, `${images} images`);
  });
}

/** Cuts the power before each operation of the disk, and judges what is left. */
async function cutAll(seed: number): Promise<{ faults: string[]; images: number }> {
  const random = new SeededRandom(seed);
  const rig = batchRig({ flush: "SYNC_FLUSH" });
  rig.disk = new MemoryDisk({ clock: rig.clock, syncMs: () => 1 + random.below(3) });
  const acked = new Map<number, number>();
  const images: { disk: MemoryDisk; acked: Map<number, number> }[] = [];
  rig.disk.faults = () => {
    images.push({ disk: rig.disk.image(random), acked: new Map(acked) });
    return undefined;
  };
  const log = await rig.open();
  for (let at = 0; at < 24; at++) {
    const made = message({ topic: "B", properties: `UNIQ_KEY\u0001U${at}\u0002` });
    const count = 1 + random.below(5);
    const stored = log.appendTogether(made, count);
    log.settled(log.positionMax).then(() => acked.set(stored.offset, count), () => {});
    await rig.clock.advance(at % 3);
    if (at % 8 === 7) await writtenOut(rig, log);
  }
  await rig.turned(log.close());
  const faults: string[] = [];
  const later = batchRig({ flush: "SYNC_FLUSH" }, rig.clock);
  for (const image of images) faults.push(...await judged(later, image));
  return { faults: faults.slice(0, 10), images: images.length };
}

async function judged(
  rig: Rig,
  image: { disk: MemoryDisk; acked: Map<number, number> },
): Promise<string[]> {
  rig.disk = image.disk;
  const log = await rig.open();
  const queue = log.queue("B", 0);
  const there = new Map(unitsFrom(queue, 0));
  const faults: string[] = [];
  let expected = 0;
  for (const [offset, count] of there) {
    if (offset !== expected) faults.push(`${offset} instead of ${expected}`);
    expected = offset + count;
    if (recordOf(log, queue, offset).offset !== offset) faults.push(`wrong record at ${offset}`);
  }
  for (const [offset, count] of image.acked) {
    if (there.get(offset) !== count) faults.push(`lost ${offset} of ${count}`);
  }
  if (send(log, 2) !== expected) faults.push(`the next offset is not ${expected}`);
  await rig.turned(log.close());
  return faults;
}
