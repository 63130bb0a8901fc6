import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBatch, encodeBatch } from "../../lib/model/batch.ts";
import { Refusal } from "../../lib/model/refusal.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

/** Three messages by `MessageDecoder.encodeMessages` of RocketMQ 5.5.0. */
const GOLDEN =
  "000000390000000000000000000000050000000465696e73001f4b455953016b31206b32025741495401" +
  "747275650254414753015461674102" +
  "00000027000000000000000000000000000000057a77c3a969000c554e49515f4b455901414202" +
  "0000001700000000000000000000000000000001000000";

function golden(): Uint8Array {
  return Uint8Array.from(GOLDEN.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

test("a batch is split as Apache's client packs it", () => {
  const text = new TextDecoder();
  const parts = decodeBatch(golden());
  assert.deepEqual(parts.map(({ flag, properties }) => [flag, properties]), [
    [5, "KEYS\u0001k1 k2\u0002WAIT\u0001true\u0002TAGS\u0001TagA\u0002"],
    [0, "UNIQ_KEY\u0001AB\u0002"],
    [0, ""],
  ]);
  assert.deepEqual(parts.map(({ body }) => text.decode(body)), ["eins", "zwéi", "\0"]);
});

test("a batch that is cut short or empty is refused with the place", () => {
  const bytes = golden();
  const ends = [57, 57 + 39];
  for (let length = 0; length < bytes.length; length++) {
    if (ends.includes(length)) continue;
    assert.throws(() => decodeBatch(bytes.subarray(0, length)), (fault) => {
      assert.ok(fault instanceof Refusal, String(fault));
      assert.equal(fault.kind, "message-illegal");
      return true;
    });
  }
  assert.throws(() => decodeBatch(new Uint8Array()), /holds no message/);
  assert.throws(() => decodeBatch(bytes.subarray(0, 60)), /message 1 at byte 57 of 60/);
});

test("lengths that do not add up are refused, and never an error of another kind", () => {
  for (let seed = 0; seed < 500; seed++) {
    const random = new SeededRandom(seed);
    const bytes = golden();
    const view = new DataView(bytes.buffer);
    const values = [-1, 0, 1, 22, 2 ** 31 - 1, -(2 ** 31), random.below(200), 0x7fff];
    view.setInt32(random.below(bytes.length - 4), values[random.below(values.length)]);
    try {
      for (const { body } of decodeBatch(bytes)) assert.ok(body.length <= bytes.length);
    } catch (fault) {
      assert.ok(fault instanceof Refusal, `seed ${seed}: ${fault}`);
    }
  }
});

test("what is encoded is what Apache's client packs, and is split again", () => {
  assert.deepEqual(encodeBatch(decodeBatch(golden())), golden());
  const random = new SeededRandom(5);
  const parts = Array.from({ length: 50 }, (_, at) => ({
    ...{ flag: at, body: random.bytes(random.below(100)), properties: `K\u0001ä${at}\u0002` },
  }));
  assert.deepEqual(decodeBatch(encodeBatch(parts)), parts);
});
