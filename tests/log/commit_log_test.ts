import assert from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../lib/model/ids.ts";
import { decodeRecord, inspectRecord } from "../../lib/model/record.ts";
import { Refusal } from "../../lib/model/refusal.ts";
import { crc32 } from "../../lib/port/checksum.ts";
import { message, numbered, Rig, segmentBytes } from "./rig.ts";

test("a record has RocketMQ's bytes, its CRC property last", async () => {
  const rig = new Rig();
  const log = await rig.open();
  log.append(message({ queueId: 3, flag: 5, properties: "TAGS\u0001TagA\u0002" }));
  await rig.clock.settle();
  const bytes = log.recordAt(0) ?? assert.fail();
  const crc = crc32(bytes.subarray(0, bytes.length - 20)) & 0x7fffffff;
  const digits = [...String(crc).padStart(10, "0")].reverse().join("");
  const expected = [
    "00000090", // size
    "DAA320A7", // magic of version 1
    "69C865ED", // CRC of the body
    "00000003", // queue
    "00000005", // flag
    "0000000000000000", // offset
    "0000000000000000", // position
    "00000000", // system flag
    "0000019B76DAA800", // born
    "7F00000100002A9F", // born host 127.0.0.1:10911
    "0000019B76DAA800", // stored
    "7F00000100002A9F", // store host
    "00000000", // reconsume times
    "0000000000000000", // prepared transaction
    "0000000E48656C6C6F20526F636B65744D51", // body: Hello RocketMQ
    "09546F70696354657374", // topic: TopicTest
    "001E54414753015461674102", // properties: TAGS TagA, and
    "5F5F435243333223" + "01", // __CRC32#
    hex(new TextEncoder().encode(digits)) + "02",
  ];
  assert.equal(hex(bytes), expected.join(""));
  await log.close();
});

test("a record that does not fit is put into the next segment behind a filler", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const stored = [];
  for (let at = 0; at < 8; at++) stored.push(log.append(message({ body: new Uint8Array(900) })));
  await rig.clock.settle();
  assert.deepEqual(stored.map(({ position }) => position >= 4096), [
    ...[false, false, false, false],
    ...[true, true, true, true],
  ]);
  assert.equal(stored[4].position, 4096);
  const first = segmentBytes(rig.disk, 0);
  const end = stored[3].position + stored[3].size;
  const filler = inspectRecord(first, end, { position: end, crcProperty: true, crc32 });
  assert.deepEqual(filler, { kind: "blank", size: 4096 - end });
  assert.equal(first.length, 4096);
  assert.ok(stored.every(({ position, size }) => log.read(position, size) !== undefined));
  await log.close();
});

test("a record may leave exactly the eight bytes of the filler", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const empty = log.append(message({ body: new Uint8Array(0) })).size;
  const room = 4096 - empty;
  const exact = log.append(message({ body: new Uint8Array(room - empty - 8) }));
  assert.equal(exact.position + exact.size, 4088);
  const next = log.append(message());
  assert.equal(next.position, 4096);
  await rig.clock.settle();
  await log.close();
  const again = await rig.open();
  assert.equal(again.recovery.how, "orderly");
  assert.equal(again.queue("TopicTest", 0).offsetMax, 3);
});

test("one byte more and it goes to the next segment", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const empty = log.append(message({ body: new Uint8Array(0) })).size;
  const room = 4096 - empty;
  assert.equal(log.append(message({ body: new Uint8Array(room - empty - 7) })).position, 4096);
  await rig.clock.settle();
  assert.equal(decodeRecord(log.recordAt(4096) ?? assert.fail()).offset, 1);
});

test("a message larger than a segment is refused with both numbers", async () => {
  const rig = new Rig();
  const log = await rig.open();
  assert.throws(
    () => log.append(message({ body: new Uint8Array(5000) })),
    (error) =>
      error instanceof Refusal && error.kind === "message-illegal" && /4096/.test(error.message),
  );
  assert.equal(log.append(message()).offset, 0);
});

test("properties that do not fit are refused, and use up no offset", async () => {
  const rig = new Rig({ segmentBytes: 1 << 20 });
  const log = await rig.open();
  const properties = `KEYS\u0001${"k".repeat(32_750)}\u0002`;
  assert.throws(
    () => log.append(message({ properties })),
    (error) => error instanceof Refusal && error.kind === "message-illegal",
  );
  assert.throws(() => log.appendBatch([message(), message({ properties })]), Refusal);
  assert.equal(log.append(message()).offset, 0);
  assert.equal(log.append(message()).offset, 1);
});

test("an incoming CRC property is dropped, ours stands last", async () => {
  const rig = new Rig();
  const log = await rig.open();
  log.append(message({ properties: "__CRC32#\u00011234567890\u0002TAGS\u0001a\u0002" }));
  await rig.clock.settle();
  const { properties } = decodeRecord(log.recordAt(0) ?? assert.fail());
  assert.match(
    properties.replaceAll("\u0001", "|").replaceAll("\u0002", "|"),
    /^TAGS\|a\|__CRC32#\|\d{10}\|$/,
  );
});

test("a topic of more than 127 bytes takes version 2", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const topic = "t".repeat(200);
  log.append(message({ topic }));
  await rig.clock.settle();
  const bytes = log.recordAt(0) ?? assert.fail();
  assert.equal(hex(bytes.subarray(4, 8)), "DAA320AB");
  assert.equal(decodeRecord(bytes).topic, topic);
  assert.equal(log.queue(topic, 0).offsetMax, 1);
});

test("a batch stands in one segment without a gap", async () => {
  const rig = new Rig();
  const log = await rig.open();
  for (let at = 0; at < 20; at++) log.append(message());
  const batch = log.appendBatch(Array.from({ length: 12 }, (_, at) => numbered(at * 3)));
  await rig.clock.settle();
  assert.equal(batch[0].position, 4096);
  for (const [at, stored] of batch.slice(1).entries()) {
    assert.equal(stored.position, batch[at].position + batch[at].size);
    assert.equal(stored.offset, batch[at].offset + 1);
  }
  assert.equal(new Set(batch.map((stored) => stored.storeTimestamp)).size, 1);
});

test("a batch larger than a segment is refused and changes nothing", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const batch = Array.from({ length: 60 }, (_, at) => numbered(at * 3));
  assert.throws(() => log.appendBatch(batch), /a segment has 4096/);
  assert.deepEqual([log.append(message()).position, log.append(message()).offset], [0, 1]);
});

test("store times never go back, not even over a restart", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const first = log.append(message());
  rig.clock.stepWall(-3_600_000);
  assert.equal(log.append(message()).storeTimestamp, first.storeTimestamp);
  await rig.clock.settle();
  await log.close();
  const again = await rig.open();
  assert.equal(again.append(message()).storeTimestamp, first.storeTimestamp);
  rig.clock.stepWall(7_200_000);
  assert.ok(again.append(message()).storeTimestamp > first.storeTimestamp);
});

test("what is appended in one turn goes to the kernel in one write", async () => {
  const rig = new Rig({ segmentBytes: 1 << 20, tailBytes: 1 << 20 });
  const log = await rig.open();
  log.append(message());
  await rig.clock.settle();
  let writes = 0;
  rig.disk.faults = ({ kind }) => {
    if (kind === "write") writes++;
    return undefined;
  };
  for (let at = 0; at < 100; at++) log.append(numbered(at));
  await rig.clock.settle();
  assert.equal(writes, 1);
});

test("halves and rollbacks take no offset and stand in no queue", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const offsets = [0x4, 0xc, 0x8, 0x0].map((sysFlag) => log.append(message({ sysFlag })).offset);
  await rig.clock.settle();
  assert.deepEqual(offsets, [0, 0, 0, 1]);
  assert.equal(log.queue("TopicTest", 0).offsetMax, 2);
});

test("a topic that can be no directory is refused", async () => {
  const rig = new Rig();
  const log = await rig.open();
  for (const topic of ["..", ".", "", "a/b", "a\\b", "a\0b", "x".repeat(256)]) {
    assert.throws(() => log.append(message({ topic })), Refusal);
    assert.throws(() => log.queue(topic, 0), Refusal);
  }
  assert.equal(log.positionMax, 0);
});
