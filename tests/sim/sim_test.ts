import assert from "node:assert/strict";
import { test } from "node:test";
import { PLANTED } from "./planted.ts";
import { play } from "./scenario.ts";

const SEEDS = 50;
/** Seeds that failed once; what they taught is in the commits that name them. */
const REGRESSIONS = [3, 27, 40, 101, 165];

test(`${SEEDS} seeds of a broker's life keep every promise`, async () => {
  let acknowledged = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await play(seed);
    assert.deepEqual(outcome.violations, [], `seed ${seed}`);
    acknowledged += outcome.acknowledged;
  }
  assert.ok(acknowledged > SEEDS * 100, `only ${acknowledged} sends were acknowledged`);
});

test("seeds that failed once keep every promise", async () => {
  for (const seed of REGRESSIONS) {
    assert.deepEqual((await play(seed)).violations, [], `seed ${seed}`);
  }
});

test("the same seed plays the same life, another seed another one", async () => {
  const [once, again, other] = [await play(7), await play(7), await play(8)];
  assert.equal(once.digest, again.digest);
  assert.notEqual(once.digest, other.digest);
});

for (const [name, spoil] of Object.entries(PLANTED)) {
  test(`planted: ${name} is seen`, async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const outcome = await play(seed, { spoil });
      if (outcome.violations.length > 0) return;
    }
    assert.fail("60 seeds did not see it");
  });
}
