import assert from "node:assert/strict";
import { test } from "node:test";
import { ReadMemory } from "../../lib/log/read_memory.ts";

test("what is given back is used for the next read, once", () => {
  const memory = new ReadMemory();
  const first = memory.take(1000);
  const second = memory.take(2000);
  assert.notEqual(first.buffer, second.buffer);
  assert.deepEqual([first.length, second.length], [1000, 2000]);
  memory.giveBack(first);
  memory.giveBack(first);
  const middle = memory.take(100_000);
  memory.giveBack(middle);
  assert.equal(memory.take(200_000).buffer, middle.buffer);
  const third = memory.take(40_000);
  assert.equal(third.buffer, first.buffer);
  assert.equal(third.length, 40_000);
  assert.notEqual(memory.take(1).buffer, first.buffer);
});

test("other bytes are left alone, and large ones are made for the occasion", () => {
  const memory = new ReadMemory();
  const foreign = new Uint8Array(64 * 1024);
  memory.giveBack(foreign);
  assert.notEqual(memory.take(10).buffer, foreign.buffer);
  const large = memory.take(300_000);
  assert.equal(large.length, 300_000);
  memory.giveBack(large);
  assert.notEqual(memory.take(300_000).buffer, large.buffer);
});
