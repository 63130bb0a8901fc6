import assert from "node:assert/strict";
import { test } from "node:test";
import { noPause } from "../../lib/log/pause.ts";
import { KEY_HEADER_BYTES } from "../../lib/log/key_header.ts";
import { SlotOrder } from "../../lib/log/slot_order.ts";

const slots = 5_000_000;

for (const count of [0, 1, 3, 4000, 6000, 60_000]) {
  test(`each of ${count} entries is visited once, at its slot, oldest first`, async () => {
    const hashes = Int32Array.from({ length: count }, (_, at) => Math.imul(at, 40_503) >>> 1);
    hashes.fill(7, count / 2, count / 2 + 2);
    const order = await SlotOrder.of(hashes, slots, noPause);
    const seen = new Set<number>();
    const newest = new Map<number, number>();
    let last = Infinity;
    for (const stretch of order.stretches()) {
      assert.ok(stretch < last);
      last = stretch;
      order.visit(stretch, (place, number) => {
        assert.ok(place >= 0 && place < order.bytes);
        const at = stretch * order.bytes + place;
        assert.equal(at, KEY_HEADER_BYTES + hashes[number] % slots * 4);
        assert.ok(number > (newest.get(at) ?? -1));
        newest.set(at, number);
        seen.add(number);
      });
    }
    assert.equal(seen.size, count);
  });
}
