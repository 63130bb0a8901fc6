import assert from "node:assert/strict";
import { test } from "node:test";
import type { Random } from "../../lib/port/random.ts";
import { RealRandom } from "../../lib/port/random_real.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

const subjects: readonly (readonly [string, () => Random])[] = [
  ["RealRandom", () => new RealRandom()],
  ["SeededRandom", () => new SeededRandom(7)],
];

for (const [name, make] of subjects) {
  test(`${name}: numbers lie in [0, 1) and are spread evenly`, () => {
    const random = make();
    const counts = new Array<number>(10).fill(0);
    for (let at = 0; at < 20_000; at++) {
      const value = random.next();
      assert.ok(value >= 0 && value < 1);
      counts[Math.floor(value * 10)]++;
    }
    for (const count of counts) assert.ok(count > 1_700 && count < 2_300, counts.join(" "));
  });

  test(`${name}: whole numbers below a limit, each of them`, () => {
    const random = make();
    const seen = new Set(Array.from({ length: 1_000 }, () => random.below(7)));
    assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
    assert.equal(random.below(1), 0);
    assert.ok(Number.isSafeInteger(random.below(2 ** 50)));
  });

  test(`${name}: as many bytes as asked, not all alike`, () => {
    const random = make();
    assert.equal(random.bytes(0).length, 0);
    const bytes = random.bytes(1_001);
    assert.equal(bytes.length, 1_001);
    assert.ok(new Set(bytes).size > 200);
    assert.notDeepEqual(random.bytes(16), random.bytes(16));
  });
}
