import assert from "node:assert/strict";
import { test } from "node:test";
import { pauses, type Slices } from "../../lib/log/pause.ts";
import type { Clock } from "../../lib/port/clock.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";

/** Work whose steps take half a ms each; time goes by in it and where the test says so. */
class Work {
  readonly time = new VirtualClock();
  steps = 0;
  #workedMs = 0;

  constructor(slices?: Slices) {
    const { time } = this;
    const clock: Clock = {
      now: () => time.now(),
      monotonic: () => time.monotonic() + this.#workedMs,
      after: (ms, run) => time.after(ms, run),
      soon: (run) => time.soon(run),
    };
    void this.#run(pauses(clock, slices));
  }

  async #run(pause: () => Promise<void>): Promise<void> {
    while (this.steps < 1000) {
      this.steps++;
      this.#workedMs += 0.5;
      await pause();
    }
  }
}

test("what the loop has received comes after each millisecond of work", async () => {
  const work = new Work();
  await Promise.resolve();
  let seen = 0;
  work.time.soon(() => seen = work.steps);
  await work.time.settle();
  assert.ok(seen <= 4, `${seen} steps were done first`);
  assert.equal(work.steps, 1000);
});

test("the loop is left alone between slices, as long as nothing presses", async () => {
  let restMs = 4;
  const work = new Work({ sliceMs: () => 2, restMs: () => restMs });
  await work.time.advance(3);
  assert.equal(work.steps, 4);
  await work.time.advance(1);
  assert.equal(work.steps, 8);
  await work.time.advance(40);
  assert.equal(work.steps, 48);
  restMs = 0;
  await work.time.advance(4);
  assert.equal(work.steps, 1000);
});
