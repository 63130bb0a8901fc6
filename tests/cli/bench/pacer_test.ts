import assert from "node:assert/strict";
import { test } from "node:test";
import { Pacer } from "../../../lib/cli/bench/pacer.ts";
import { VirtualClock } from "../../../lib/port/clock_virtual.ts";

test("no rate: everything is due now, and nothing is owed", () => {
  const pacer = new Pacer(new VirtualClock(), undefined);
  pacer.start();
  assert.deepEqual([pacer.take(5), pacer.take(5), pacer.owed(1e6)], [5, 5, 0]);
});

test("a rate: each has its time, however late it is taken", async () => {
  const clock = new VirtualClock();
  const pacer = new Pacer(clock, 100);
  pacer.start();
  assert.equal(pacer.take(0), 0);
  assert.equal(pacer.take(0), undefined);
  await clock.advance(35);
  assert.equal(pacer.owed(clock.monotonic()), 3);
  assert.deepEqual([10, 20, 30].map(() => pacer.take(35)), [10, 20, 30]);
  assert.equal(pacer.take(35), undefined);
  assert.equal(pacer.owed(clock.monotonic()), 0);
});

for (const rate of [1, 100, 5000]) {
  test(`${rate} a second: woken when due, not before, by a clock that a test turns`, async () => {
    const clock = new VirtualClock();
    const pacer = new Pacer(clock, rate);
    pacer.start();
    const taken: number[] = [];
    const wake = () => {
      const plannedMs = pacer.take(clock.monotonic());
      if (plannedMs !== undefined) {
        assert.ok(Math.abs(clock.monotonic() - plannedMs) < 1e-6);
        taken.push(plannedMs);
      }
      if (taken.length < 5) pacer.wait(wake);
    };
    wake();
    await clock.advance(10_000);
    assert.deepEqual(taken.map((ms) => Math.round(ms * rate / 1000)), [0, 1, 2, 3, 4]);
  });
}
