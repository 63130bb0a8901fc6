import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadlines } from "../../lib/broker/deadlines.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

function wheel() {
  let wakes = 0;
  const deadlines = new Deadlines(() => wakes++);
  return { deadlines, wakes: () => wakes };
}

test("A deadline runs at its time or up to 100 ms later, once", () => {
  const { deadlines } = wheel();
  deadlines.run(0);
  let ran = 0;
  deadlines.add(1234, () => ran++);
  assert.equal(deadlines.run(1200), 1300);
  assert.equal(ran, 0);
  assert.equal(deadlines.run(1300), Infinity);
  assert.equal(ran, 1);
  deadlines.run(2000);
  assert.equal(ran, 1);
  assert.equal(deadlines.size, 0);
});

test("A cancelled one never runs, even cancelled by another of the same moment", () => {
  const { deadlines } = wheel();
  const ran: string[] = [];
  const first = deadlines.add(500, () => {
    ran.push("first");
    deadlines.cancel(second);
    deadlines.cancel(first);
  });
  const second = deadlines.add(500, () => ran.push("second"));
  const third = deadlines.add(300, () => ran.push("third"));
  deadlines.cancel(third);
  deadlines.cancel(third);
  deadlines.run(1000);
  assert.deepEqual(ran, ["first"]);
  assert.equal(deadlines.size, 0);
});

test("The job is woken only when something comes earlier than planned", () => {
  const { deadlines, wakes } = wheel();
  deadlines.run(0);
  deadlines.add(20_000, () => {});
  assert.equal(wakes(), 1);
  deadlines.add(25_000, () => {});
  assert.equal(wakes(), 1);
  deadlines.add(1_000, () => {});
  assert.equal(wakes(), 2);
});

test("Deadlines beyond one turn of the wheel wait for theirs", () => {
  const { deadlines } = wheel();
  let ran = 0;
  deadlines.add(200_000, () => ran++);
  let now = 0;
  while (now < 199_999) {
    now = Math.min(deadlines.run(now), 199_999);
    assert.equal(ran, 0);
  }
  deadlines.run(200_000);
  assert.equal(ran, 1);
});

test("A clock that jumps runs all that fell due; one added meanwhile waits", () => {
  const { deadlines } = wheel();
  let ran = 0;
  for (let at = 0; at < 1000; at++) deadlines.add(at * 100, () => ran++);
  deadlines.add(50, () => deadlines.add(10, () => ran += 10_000));
  deadlines.run(1_000_000);
  assert.equal(ran, 1000);
  assert.equal(deadlines.size, 1);
  deadlines.run(1_000_100);
  assert.equal(ran, 11_000);
});

test("Chance: never early, never more than 100 ms late, none forgotten", () => {
  const random = new SeededRandom(7);
  const { deadlines } = wheel();
  let now = 0;
  let pending = 0;
  for (let round = 0; round < 2000; round++) {
    for (let add = random.below(4); add > 0; add--) {
      const at = now + random.below(120_000);
      pending++;
      deadlines.add(at, () => {
        pending--;
        assert.ok(now >= at && now < at + 200, `at ${at}, ran ${now}`);
      });
    }
    const until = now + random.below(300);
    for (let next = deadlines.run(now); next <= until; next = deadlines.run(now)) now = next;
    now = until;
    deadlines.run(now);
    assert.equal(pending, deadlines.size);
  }
});
