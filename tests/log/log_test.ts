import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRecord } from "../../lib/model/record.ts";
import { message, numbered, Rig } from "./rig.ts";

test("what is appended can be read after the turn", async () => {
  const rig = new Rig();
  const log = await rig.open();
  assert.equal(log.recovery.how, "empty");
  const stored = log.append(numbered(0));
  assert.deepEqual([stored.position, stored.offset], [0, 0]);
  assert.equal(log.queue("TopicTest", 0).offsetMax, 0);
  await rig.clock.settle();
  await log.settled(stored.position + stored.size);
  const queue = log.queue("TopicTest", 0);
  assert.equal(queue.offsetMax, 1);
  const seen: number[][] = [];
  queue.scan(0, 10, (offset, position, size, tagsCode) => {
    seen.push([offset, position, size, tagsCode]);
    return true;
  });
  assert.deepEqual(seen, [[0, 0, stored.size, 2598902]]);
  const record = decodeRecord(log.read(0, stored.size) ?? assert.fail());
  assert.equal(record.topic, "TopicTest");
  const hits = log.keys.find({ topic: "TopicTest", key: "k0", max: 5, beginMs: 0, endMs: 9e15 });
  assert.deepEqual(hits.positions, [0]);
  await log.close();
});

test("a turn that brings more than the tail keeps leaves nothing out of the views", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const fill = () => Array.from({ length: 300 }, () => log.append(message({ queueId: 0 })));
  const stored = fill();
  await rig.clock.settle();
  stored.push(...fill());
  await rig.clock.settle();
  const positions: number[] = [];
  log.queue("TopicTest", 0).scan(0, 1000, (_, position) => positions.push(position) > 0);
  assert.deepEqual(positions, stored.map(({ position }) => position));
  await log.close();
});

test("an orderly stop and start reads no record", async () => {
  const rig = new Rig();
  const log = await rig.open();
  for (let at = 0; at < 100; at++) log.append(numbered(at));
  await rig.clock.settle();
  await log.close();
  assert.equal(rig.disk.exists("/store/abort"), false);
  const again = await rig.open();
  assert.equal(again.recovery.how, "orderly");
  assert.equal(again.recovery.records, 0);
  assert.equal(again.positionMax, log.positionMax);
  assert.equal(again.queue("TopicTest", 0).offsetMax, 34);
  assert.equal(again.append(message()).offset, 34);
  await rig.clock.settle();
  await again.close();
});

test("who goes on with what lies behind is given the same, but what is damaged", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const places = Array.from({ length: 100 }, (_, at) => log.append(numbered(at)));
  await rig.clock.settle();
  await log.close();
  const broken = places[40];
  const within = broken.position % 4096;
  const name = String(broken.position - within).padStart(20, "0");
  const file = rig.disk.open(`/store/commitlog/${name}`, "write");
  file.write(Uint8Array.of(0xee), within + broken.size - 30);
  file.close();
  const again = await rig.open();
  const orders = [places, places.toReversed(), [...places, ...places]];
  for (const { position, size } of orders.flat()) {
    const read = again.read(position, size, true);
    assert.deepEqual(read, again.read(position, size));
    assert.equal(read === undefined, position === broken.position);
  }
  assert.equal(again.state().damagedReads, 1);
  await again.close();
});
