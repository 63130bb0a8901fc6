import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram } from "../../lib/model/histogram.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

test("nothing counted: zeros", () => {
  const none = new Histogram();
  assert.deepEqual([none.count, none.min, none.max, none.mean, none.percentile(99)], [
    0,
    0,
    0,
    0,
    0,
  ]);
});

test("small values are exact, at every percentile", () => {
  const histogram = new Histogram();
  for (let value = 1; value <= 1000; value++) histogram.add(value);
  assert.equal(histogram.count, 1000);
  assert.deepEqual([0, 0.1, 50, 99, 99.9, 100].map((p) => histogram.percentile(p)), [
    1,
    1,
    500,
    990,
    999,
    1000,
  ]);
  assert.deepEqual([histogram.min, histogram.max, histogram.mean], [1, 1000, 500.5]);
});

test("every value is right to a tenth of a percent, and no bucket is below it", () => {
  for (let value = 1; value < 2 ** 31; value = Math.ceil(value * 1.0137)) {
    const histogram = new Histogram();
    histogram.add(value);
    histogram.add(2 ** 31 - 1);
    const found = histogram.percentile(50);
    assert.ok(found >= value && found <= value * 1.001, `${value} is told as ${found}`);
  }
});

test("the same as sorting, to a tenth of a percent", () => {
  const random = new SeededRandom(11);
  const histogram = new Histogram();
  const values = Array.from({ length: 20_000 }, () => Math.floor(2 ** (random.next() * 30)));
  for (const value of values) histogram.add(value);
  values.sort((one, other) => one - other);
  for (const percent of [1, 25, 50, 75, 90, 99, 99.9, 99.99, 100]) {
    const exact = values[Math.ceil(values.length * percent / 100) - 1];
    const found = histogram.percentile(percent);
    assert.ok(found >= exact && found <= exact * 1.001, `p${percent}: ${found} for ${exact}`);
  }
});

test("what is out of range counts at the nearer end; the extremes stay as they came", () => {
  const histogram = new Histogram();
  histogram.add(-5);
  histogram.add(2 ** 40);
  assert.deepEqual([histogram.percentile(50), histogram.percentile(100)], [0, 2 ** 31 - 1]);
  assert.deepEqual([histogram.min, histogram.max], [-5, 2 ** 40]);
  assert.throws(() => histogram.add(NaN), /is a number/);
  assert.throws(() => histogram.percentile(101), /percentage/);
});

test("two together are one; cleared is empty", () => {
  const one = new Histogram();
  const other = new Histogram();
  one.add(10);
  other.add(1_000_000);
  one.addAll(other);
  assert.deepEqual([one.count, one.min, one.max], [2, 10, 1_000_000]);
  assert.ok(one.percentile(100) >= 1_000_000);
  one.clear();
  assert.deepEqual([one.count, one.percentile(50)], [0, 0]);
});
