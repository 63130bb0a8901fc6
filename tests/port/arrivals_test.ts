import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { test } from "node:test";
import { Arrivals } from "../../lib/port/arrivals.ts";

/** Notes who took what, and what the first take plans for the turn's end. */
function noted() {
  const arrivals = new Arrivals();
  const log: string[] = [];
  const taker = (name: string, then?: () => void) => ({
    take: (bytes: Uint8Array) => {
      log.push(`${name}${bytes[0]}`);
      then?.();
    },
  });
  return { arrivals, log, taker };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const chunk = (first: number, length = 1) => new Uint8Array(length).fill(first);

test("a turn's first chunk is taken at once, the others behind it in their order", async () => {
  const { arrivals, log, taker } = noted();
  const a = taker("a");
  const b = taker("b");
  arrivals.came(a, chunk(1));
  arrivals.came(b, chunk(2));
  arrivals.came(a, chunk(3));
  assert.deepEqual(log, ["a1"]);
  await turn();
  assert.deepEqual(log, ["a1", "b2", "a3"]);
  arrivals.came(b, chunk(4));
  assert.equal(log.at(-1), "b4");
  await turn();
});

test("what the first plans for the turn's end runs behind all that came in the turn", async () => {
  const { arrivals, log, taker } = noted();
  arrivals.came(taker("a", () => setImmediate(() => log.push("written"))), chunk(1));
  arrivals.came(taker("b"), chunk(2));
  await turn();
  assert.deepEqual(log, ["a1", "b2", "written"]);
});

test("what waits is taken early where it is much, or where a connection ends", () => {
  const { arrivals, log, taker } = noted();
  const a = taker("a");
  arrivals.came(a, chunk(1));
  arrivals.came(a, chunk(2, 600_000));
  assert.deepEqual(log, ["a1"]);
  arrivals.came(a, chunk(3, 600_000));
  assert.deepEqual(log, ["a1", "a2", "a3"]);
  arrivals.came(a, chunk(4));
  arrivals.settle();
  assert.equal(log.at(-1), "a4");
});
