import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateZlib, inflateZlib } from "../../lib/port/inflate.ts";

test("what was packed is unpacked, as plain bytes", () => {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, at) => (at * at) >> 4);
  for (const level of [undefined, 0, 9]) {
    assert.deepEqual(inflateZlib(deflateZlib(bytes, level), 10_000), bytes);
  }
  assert.equal(inflateZlib(deflateZlib(bytes), 10_000).constructor, Uint8Array);
  assert.equal(inflateZlib(deflateZlib(new Uint8Array(0)), 0).length, 0);
});

test("a bomb is stopped at the cap", () => {
  const bomb = deflateZlib(new Uint8Array(20_000_000));
  assert.ok(bomb.length < 100_000);
  assert.throws(() => inflateZlib(bomb, 1_000_000), {
    message: `Cannot inflate ${bomb.length} bytes: they give more than 1000000 bytes`,
  });
  assert.throws(() => inflateZlib(deflateZlib(new Uint8Array(11)), 10), /more than 10 bytes/);
});

test("damage is told with a sentence; what follows the stream is passed over", () => {
  const packed = deflateZlib(new Uint8Array(1_000).fill(7));
  const wrong = (bytes: Uint8Array) => {
    assert.throws(
      () => inflateZlib(bytes, 10_000),
      /^Error: Cannot inflate \d+ bytes: they are no sound/,
    );
  };
  wrong(new Uint8Array(0));
  wrong(new Uint8Array([1, 2, 3]));
  wrong(packed.subarray(0, packed.length - 5));
  wrong(packed.with(packed.length - 1, packed[packed.length - 1] ^ 1));
  const followed = new Uint8Array([...packed, 1, 2, 3]);
  assert.equal(inflateZlib(followed, 10_000).length, 1_000);
});
