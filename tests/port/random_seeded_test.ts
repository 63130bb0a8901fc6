import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

test("known numbers of known seeds, the same on every runtime", () => {
  const random = new SeededRandom(1);
  assert.deepEqual([random.word(), random.word(), random.word(), random.word()], [
    393288148,
    2174103013,
    3814759091,
    2092745082,
  ]);
  assert.equal(new SeededRandom(42).next(), 0.15377165265745885);
  assert.deepEqual([...new SeededRandom(42).bytes(6)], [61, 148, 93, 39, 180, 170]);
});

test("equal seeds agree, near and far seeds do not", () => {
  const first = (seed: number) => new SeededRandom(seed).bytes(32).join();
  assert.equal(first(5), first(5));
  const seeds = [0, 1, 2, 5, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 40, 2 ** 53 - 1];
  assert.equal(new Set(seeds.map(first)).size, seeds.length);
});

test("a hundred thousand words do not repeat a pair", () => {
  const random = new SeededRandom(9);
  const seen = new Set<number>();
  for (let at = 0; at < 100_000; at++) seen.add(random.next());
  assert.equal(seen.size, 100_000);
});
