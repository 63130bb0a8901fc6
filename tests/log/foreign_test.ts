import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "../../lib/log/log.ts";
import { decodeRecord, encodeRecord, setLong } from "../../lib/model/record.ts";
import { crc32 } from "../../lib/port/checksum.ts";
import { bodiesOf, message, numbered, Rig } from "./rig.ts";

/** A record as a broker writes it that knows nothing of the CRC property, or keeps a stale one. */
function foreignRecord(position: number, offset: number, isStale: boolean): Uint8Array {
  const bytes = new Uint8Array(2048);
  const view = new DataView(bytes.buffer);
  const sent = message({
    body: new TextEncoder().encode(`foreign ${offset}`),
    properties: "TAGS\u0001TagA\u0002",
  });
  const stamp = { position, offset, storeTimestamp: 1_767_225_700_000 };
  const size = encodeRecord({ bytes, view, at: 0 }, sent, stamp, crc32);
  if (isStale) {
    bytes[size - 2] ^= 1;
    return bytes.slice(0, size);
  }
  const propertiesAt = size - 20 - sent.properties.length - 2;
  view.setInt16(propertiesAt, sent.properties.length);
  view.setInt32(0, size - 20);
  return bytes.slice(0, size - 20);
}

/** Appends to the files what another broker would append, entries in the queue included. */
function appendForeign(rig: Rig, log: Log, options: { entries: boolean; stale?: boolean }): number {
  let position = log.positionMax;
  let offset = log.queue("TopicTest", 0).offsetMax;
  const name = (start: number) => String(start).padStart(20, "0");
  for (let count = 0; count < 3; count++) {
    const bytes = foreignRecord(position, offset, options.stale ?? false);
    const segment = rig.disk.open(`/store/commitlog/${name(position - position % 4096)}`, "write");
    segment.write(bytes, position % 4096);
    segment.close();
    if (options.entries) putEntry(rig, offset, { position, size: bytes.length });
    position += bytes.length;
    offset++;
  }
  return position;
}

function putEntry(rig: Rig, offset: number, at: { position: number; size: number }): void {
  const start = offset - offset % 8;
  const path = `/store/consumequeue/TopicTest/0/${String(start * 20).padStart(20, "0")}`;
  const file = rig.disk.open(path, "create");
  file.truncate(160);
  const entry = new DataView(new ArrayBuffer(20));
  setLong(entry, 0, at.position);
  entry.setInt32(8, at.size);
  file.write(new Uint8Array(entry.buffer), (offset - start) * 20);
  file.close();
}

function writeText(rig: Rig, path: string, text: string): void {
  const file = rig.disk.open(path, "create");
  file.truncate(0);
  file.write(new TextEncoder().encode(text), 0);
  file.close();
}

function flip(rig: Rig, position: number): void {
  const path = `/store/commitlog/${String(position - position % 4096).padStart(20, "0")}`;
  const file = rig.disk.open(path, "write");
  const byte = new Uint8Array(1);
  file.read(byte, position % 4096);
  byte[0] ^= 0x10;
  file.write(byte, position % 4096);
  file.close();
}

async function stopped(count: number): Promise<{ rig: Rig; log: Log }> {
  const rig = new Rig({ segmentBytes: 4096 });
  const log = await rig.open();
  for (let at = 0; at < count; at++) log.append(numbered(at));
  await rig.turned(log.close());
  return { rig, log };
}

test("a store that another broker left in order opens with all that is in it", async () => {
  const { rig, log } = await stopped(10);
  appendForeign(rig, log, { entries: true });
  rig.disk.remove("/store/pocketmq.mark");
  const again = await rig.open();
  assert.equal(again.recovery.how, "after another broker");
  assert.deepEqual(bodiesOf(again, "TopicTest", 0).slice(-3), [
    "foreign 4",
    "foreign 5",
    "foreign 6",
  ]);
  assert.equal(again.append(message()).offset, 7);
  await rig.clock.settle();
  await rig.turned(again.close());
  assert.equal((await rig.open()).recovery.how, "orderly");
});

test("entries that another broker did not come to write are made", async () => {
  const { rig, log } = await stopped(10);
  appendForeign(rig, log, { entries: false });
  rig.disk.remove("/store/pocketmq.mark");
  const again = await rig.open();
  assert.equal(again.queue("TopicTest", 0).offsetMax, 7);
});

test("another broker's records behind our stop are believed by their body CRC", async () => {
  for (const stale of [false, true]) {
    const { rig, log } = await stopped(10);
    const end = log.positionMax;
    appendForeign(rig, log, { entries: true, stale });
    const again = await rig.open();
    assert.equal(again.recovery.how, "after another broker");
    assert.equal(bodiesOf(again, "TopicTest", 0)[6], "foreign 6");
    const mine = again.append(message());
    await rig.clock.settle();
    await rig.turned(again.close());
    const third = await rig.open();
    assert.equal(third.recovery.how, "orderly");
    const foreign = decodeRecord(third.recordAt(end) ?? assert.fail());
    assert.equal(foreign.offset, 4);
    // In our own ranges the CRC property decides: a flipped flag is seen there, and only there.
    flip(rig, mine.position + 19);
    flip(rig, end + 19);
    assert.equal(third.read(mine.position, mine.size), undefined);
    assert.notEqual(third.recordAt(end), undefined);
    flip(rig, 19);
    assert.equal(third.recordAt(0), undefined);
  }
});

test("another broker that wrote after our crash voids the mark", async () => {
  const { rig } = await stopped(10);
  const second = await rig.open();
  second.append(message());
  await rig.turned(second.durable());
  await rig.clock.settle();
  for (const job of second.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.settle();
  rig.disk = rig.disk.kill();
  writeText(rig, "/store/abort", "815");
  appendForeign(rig, second, { entries: true });
  const again = await rig.open();
  assert.equal(again.recovery.how, "after another broker");
  assert.equal(again.queue("TopicTest", 0).offsetMax, 8);
});

test("our abort file, rewritten by us and killed again, is still ours", async () => {
  const { rig } = await stopped(10);
  for (let round = 0; round < 3; round++) {
    const log = await rig.open();
    log.append(message());
    await rig.clock.advance(5);
    rig.disk = rig.disk.kill();
    const again = await rig.open();
    assert.equal(again.recovery.how, "after a crash");
    rig.disk = rig.disk.kill();
  }
});

test("entries of another broker that point behind the log's end are removed", async () => {
  const { rig, log } = await stopped(10);
  const end = appendForeign(rig, log, { entries: true });
  putEntry(rig, 7, { position: end, size: 200 });
  putEntry(rig, 8, { position: end + 200, size: 200 });
  rig.disk.remove("/store/pocketmq.mark");
  writeText(rig, "/store/abort", "815");
  const again = await rig.open();
  assert.equal(again.queue("TopicTest", 0).offsetMax, 7);
  assert.equal(again.append(message()).offset, 7);
  await rig.clock.settle();
  await rig.turned(again.close());
  assert.equal(bodiesOf(await rig.open(), "TopicTest", 0).length, 8);
});

function writeCheckpoint(rig: Rig, ms: number): void {
  const view = new DataView(new ArrayBuffer(4096));
  for (const at of [0, 8, 16]) setLong(view, at, ms);
  const file = rig.disk.open("/store/checkpoint", "create");
  file.write(new Uint8Array(view.buffer), 0);
  file.close();
}

test("after another broker's crash, what its checkpoint vouches for is not cut", async () => {
  for (const [checkpointMs, records] of [[1_767_225_700_000, 12], [1_767_225_600_000, 11]]) {
    const { rig, log } = await stopped(10);
    const end = log.positionMax;
    appendForeign(rig, log, { entries: false });
    const second = foreignRecord(end, 4, false).length;
    flip(rig, end + second + 90);
    rig.disk.remove("/store/pocketmq.mark");
    writeText(rig, "/store/abort", "815");
    writeCheckpoint(rig, checkpointMs);
    const again = await rig.open();
    const found = [0, 1, 2].flatMap((id) => bodiesOf(again, "TopicTest", id))
      .filter((body) => body !== undefined);
    assert.equal(found.length, records, `checkpoint ${checkpointMs}`);
  }
});

test("a foreign store without queue files has them made", async () => {
  const { rig } = await stopped(40);
  rig.disk.remove("/store/pocketmq.mark");
  rig.disk.removeDirectory("/store/consumequeue");
  rig.disk.removeDirectory("/store/index");
  const again = await rig.open();
  assert.equal(again.recovery.records, 40);
  const found = [0, 1, 2].flatMap((id) => bodiesOf(again, "TopicTest", id));
  assert.equal(found.filter((body) => body !== undefined).length, 40);
  const query = { topic: "TopicTest", key: "k7", max: 9, beginMs: 0, endMs: 9e15 };
  assert.equal(again.keys.find(query).positions.length, 1);
});

test("the files of a foreign crash: the newest index file is made anew", async () => {
  const { rig } = await stopped(40);
  rig.disk.remove("/store/pocketmq.mark");
  writeText(rig, "/store/abort", "815");
  const again = await rig.open();
  for (let at = 0; at < 40; at++) {
    const query = { topic: "TopicTest", key: `k${at}`, max: 9, beginMs: 0, endMs: 9e15 };
    assert.equal(again.keys.find(query).positions.length, 1, `key k${at}`);
  }
});
