import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHost } from "../../lib/model/host.ts";
import { hex, offsetId, parseOffsetId } from "../../lib/model/ids.ts";
import { type Message, viewOf } from "../../lib/model/message.ts";
import {
  BLANK_BYTES,
  crcPropertyOf,
  decodeRecord,
  encodeRecord,
  getLong,
  inspectRecord,
  layoutOf,
  Magic,
  PROPERTIES_MAX_BYTES,
  RECORD_MIN_BYTES,
  recordCapacity,
  setLong,
} from "../../lib/model/record.ts";
import { Refusal } from "../../lib/model/refusal.ts";
import { crc32 } from "../../lib/port/checksum.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { GOLDEN_PLAIN_RECORDS, GOLDEN_RECORDS } from "../wire/golden_records.ts";

const host = parseHost("10.0.0.1", 10911) ?? assert.fail();
const stamp = { position: 1000, offset: 5, storeTimestamp: 1_700_000_000_000 };

function message(changes: Partial<Message> = {}): Message {
  return {
    ...{ topic: "T", queueId: 1, flag: 0, sysFlag: 0, bornTimestamp: 1, bornHost: host },
    ...{ storeHost: host, reconsumeTimes: 0, preparedPosition: 0, properties: "" },
    body: new Uint8Array([1, 2, 3]),
    ...changes,
  };
}

function encode(value: Message, at = 0, where = stamp): Uint8Array {
  const bytes = new Uint8Array(at + recordCapacity(value)).fill(0xa5);
  const view = new DataView(bytes.buffer);
  const size = encodeRecord({ bytes, view, at }, value, where, crc32);
  assert.ok(at + size <= bytes.length, "the capacity is enough");
  assert.ok(bytes.subarray(0, at).every((byte) => byte === 0xa5), "nothing before it is touched");
  return bytes.subarray(at, at + size);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

for (const { name, message: value, stamp: where, id, record } of GOLDEN_RECORDS) {
  test(`a record is Apache's, byte for byte: ${name}`, () => {
    for (const at of [0, 7, 4096]) {
      assert.equal(hex(encode(value, at, where)).toLowerCase(), record);
    }
    const bytes = bytesOf(record);
    const options = { position: where.position, crcProperty: true, crc32 };
    assert.deepEqual(inspectRecord(bytes, 0, options), { kind: "record", size: bytes.length });
    assert.deepEqual(inspectRecord(bytes, 0, { ...options, crcProperty: false }), {
      kind: "record",
      size: bytes.length,
    });
    const shifted = new Uint8Array(bytes.length + 5);
    shifted.set(bytes, 5);
    const read = decodeRecord(shifted, 5);
    const expected = { ...value, ...where, size: bytes.length };
    const { sysFlag, properties, bodyCrc, ...rest } = read;
    assert.deepEqual({ ...rest, sysFlag: sysFlag & ~0x30 }, without(expected));
    assert.equal(bodyCrc, crc32(viewOf(value.body)) & 0x7fffffff);
    const ownLast = /__CRC32#\|\d{10};$/;
    assert.match(shown(properties), ownLast);
    const given = shown(value.properties).replace(/^__CRC32#[^;]*;/, "");
    const kept = shown(properties).replace(ownLast, "");
    assert.equal(kept.replace(/;$/, ""), given.replace(/;$/, ""));
    assert.equal(offsetId(value.storeHost, where.position), id);
    assert.deepEqual(parseOffsetId(id), { host: value.storeHost, position: where.position });
  });
}

/** Properties with their marks as `|` and `;`. */
function shown(properties: string): string {
  return properties.replaceAll("\u0001", "|").replaceAll("\u0002", ";");
}

function without({ properties: _, ...rest }: Message & { readonly size: number }) {
  return rest;
}

test("records of a store that appends no CRC property are known by their body's", () => {
  for (const { position, record } of GOLDEN_PLAIN_RECORDS) {
    const bytes = bytesOf(record);
    const plain = { position, crcProperty: false, crc32 };
    assert.deepEqual(inspectRecord(bytes, 0, plain), { kind: "record", size: bytes.length });
    const wanted = inspectRecord(bytes, 0, { ...plain, crcProperty: true });
    assert.deepEqual(wanted, { kind: "damaged", size: bytes.length, why: "no CRC property" });
    assert.equal(crcPropertyOf(bytes), undefined);
    const { body } = layoutOf(new DataView(bytes.buffer), 0);
    bytes[body]++;
    const found = inspectRecord(bytes, 0, plain);
    assert.deepEqual(found, { kind: "damaged", size: bytes.length, why: "CRC of the body" });
  }
});

test("every flipped bit of a record is found where the CRC property decides", () => {
  const bytes = encode(message({ properties: "KEYS\u0001k\u0002" }));
  const padded = new Uint8Array(bytes.length + 64);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    padded.fill(0);
    padded.set(bytes);
    padded[bit >> 3] ^= 1 << (bit & 7);
    const found = inspectRecord(padded, 0, { position: 1000, crcProperty: true, crc32 });
    assert.equal(found.kind, "damaged", `bit ${bit}`);
  }
});

test("what stands at a place is told apart", () => {
  const options = { position: 1000, crcProperty: true, crc32 };
  const at = (bytes: Uint8Array) => inspectRecord(bytes, 0, options);
  const bytes = encode(message());
  assert.deepEqual(at(new Uint8Array(100)), { kind: "empty" });
  assert.deepEqual(at(new Uint8Array(BLANK_BYTES - 1)), {
    ...{ kind: "damaged", size: 0, why: "fewer than 8 bytes left" },
  });
  const blank = new Uint8Array(64);
  new DataView(blank.buffer).setInt32(0, 64);
  new DataView(blank.buffer).setUint32(4, Magic.blank);
  assert.deepEqual(at(blank), { kind: "blank", size: 64 });
  assert.deepEqual(at(new Uint8Array(100).fill(1)), {
    ...{ kind: "damaged", size: 0, why: "magic 0x1010101" },
  });
  assert.deepEqual(at(bytes.subarray(0, bytes.length - 1)), {
    ...{ kind: "damaged", size: 0 },
    why: `length ${bytes.length} with ${bytes.length - 1} bytes left`,
  });
  const elsewhere = inspectRecord(bytes, 0, { ...options, position: 1001 });
  assert.deepEqual(elsewhere, {
    ...{ kind: "damaged", size: bytes.length, why: "it claims position 1000" },
  });
});

test("random bytes are never a record, and never an error", () => {
  const options = { position: 0, crc32 };
  for (let seed = 0; seed < 400; seed++) {
    const random = new SeededRandom(seed);
    const bytes = random.bytes(1 + random.below(400));
    const view = new DataView(bytes.buffer);
    if (bytes.length > 8) view.setUint32(4, seed % 2 === 0 ? Magic.v1 : Magic.v2);
    if (bytes.length > 8 && seed % 4 < 2) view.setInt32(0, bytes.length - random.below(3));
    if (bytes.length > 36) setLong(view, 28, 0);
    if (bytes.length > 90 && seed % 3 === 0) view.setInt32(random.below(90), random.below(2) * -1);
    assert.notEqual(inspectRecord(bytes, 0, { ...options, crcProperty: true }).kind, "record");
    assert.notEqual(inspectRecord(bytes, 0, { ...options, crcProperty: false }).kind, "record");
  }
});

test("the version follows from the topic's bytes; the smallest record has 91 and the CRC's", () => {
  const magic = (topic: string) => {
    const bytes = encode(message({ topic }));
    assert.equal(decodeRecord(bytes).topic, topic);
    return new DataView(bytes.buffer, bytes.byteOffset).getInt32(4);
  };
  assert.equal(magic("t".repeat(127)), Magic.v1);
  assert.equal(magic("t".repeat(128)), Magic.v2);
  assert.equal(magic("é".repeat(63)), Magic.v1);
  assert.equal(magic("é".repeat(64)), Magic.v2);
  assert.equal(magic("t".repeat(255)), Magic.v2);
  const smallest = encode(message({ topic: "", body: new Uint8Array() }));
  assert.equal(smallest.length, RECORD_MIN_BYTES + 20);
  const options = { position: 1000, crcProperty: true, crc32 };
  assert.equal(inspectRecord(smallest, 0, options).kind, "record");
});

test("properties may take 32,767 bytes with the CRC's 20, in UTF-8", () => {
  const value = (length: number) => `K\u0001${"v".repeat(length)}\u0002`;
  const most = PROPERTIES_MAX_BYTES - 20 - 3;
  const read = decodeRecord(encode(message({ properties: value(most) })));
  assert.equal(read.properties.length, PROPERTIES_MAX_BYTES);
  const refused = (properties: string) =>
    assert.throws(() => encode(message({ properties })), (fault) => {
      assert.ok(fault instanceof Refusal);
      assert.equal(fault.kind, "message-illegal");
      assert.match(fault.message, /properties take \d+ bytes; at most 32747 fit/);
      return true;
    });
  refused(value(most + 1));
  refused(`K\u0001${"é".repeat(most / 2)}é\u0002`);
  assert.ok(encode(message({ properties: value(most) + "__CRC32#\u00011\u0002" })).length > 0);
});

test("stale CRC properties are dropped, however many, in time proportional", () => {
  const stale = "__CRC32#\u00010123456789\u0002";
  const properties = `${stale}A\u00011\u0002${stale.repeat(20_000)}B\u00012\u0002__CRC32#\u0001`;
  const read = decodeRecord(encode(message({ properties })));
  assert.match(shown(read.properties), /^A\|1;B\|2;__CRC32#\|\d{10};$/);
});

test("numbers of 53 bits, negative ones too, come back as they were", () => {
  const view = new DataView(new ArrayBuffer(8));
  const numbers = [
    0,
    1,
    -1,
    2 ** 31,
    2 ** 32,
    -(2 ** 32),
    2 ** 53 - 1,
    -(2 ** 53 - 1),
    2 ** 40 + 7,
  ];
  for (const number of numbers) {
    setLong(view, 0, number);
    assert.equal(view.getBigInt64(0), BigInt(number));
    assert.equal(getLong(view, 0), number);
  }
  const read = decodeRecord(encode(
    message({ queueId: -1, flag: 2 ** 31 - 1, bornTimestamp: -5, preparedPosition: 2 ** 52 }),
    0,
    { position: 2 ** 45, offset: 2 ** 40, storeTimestamp: 2 ** 43 },
  ));
  assert.deepEqual(
    [read.queueId, read.flag, read.bornTimestamp, read.preparedPosition],
    [-1, 2 ** 31 - 1, -5, 2 ** 52],
  );
  assert.deepEqual([read.position, read.offset, read.storeTimestamp], [2 ** 45, 2 ** 40, 2 ** 43]);
});
