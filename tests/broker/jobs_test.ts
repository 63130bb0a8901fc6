import assert from "node:assert/strict";
import { test } from "node:test";
import { Jobs } from "../../lib/broker/jobs.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";

function job(name: string, plan: (now: number) => number) {
  const ran: number[] = [];
  return {
    ran,
    name,
    run(now: number): number {
      ran.push(now);
      return plan(now);
    },
  };
}

test("Each job runs at the start and then when it said, over one timer", async () => {
  const clock = new VirtualClock();
  const jobs = new Jobs(new MemoryLines());
  const fast = job("fast", (now) => now + 100);
  const slow = job("slow", (now) => now + 250);
  const never = job("never", () => Infinity);
  for (const one of [fast, slow, never]) jobs.add(one);
  await clock.advance(50);
  assert.deepEqual(fast.ran, []);
  jobs.start(clock);
  await clock.advance(500);
  assert.deepEqual(fast.ran, [50, 150, 250, 350, 450, 550]);
  assert.deepEqual(slow.ran, [50, 300, 550]);
  assert.deepEqual(never.ran, [50]);
  assert.equal(clock.pendingTimers, 1);
});

test("A woken job runs at once, and one that wakes itself runs again", async () => {
  const clock = new VirtualClock();
  const jobs = new Jobs(new MemoryLines());
  let again = 2;
  const one = job("one", () => {
    if (again-- > 0) jobs.wake("one");
    return Infinity;
  });
  jobs.add(one);
  jobs.start(clock);
  await clock.advance(1000);
  assert.equal(one.ran.length, 3);
  jobs.wake("one");
  await clock.advance(0);
  assert.equal(one.ran.length, 4);
  assert.equal(clock.pendingTimers, 0);
});

test("A job that fails is logged, tried again a second later, and hinders no other", async () => {
  const clock = new VirtualClock();
  const lines = new MemoryLines();
  const jobs = new Jobs(lines);
  let fails = true;
  const bad = job("bad", (now) => {
    if (fails) throw new Error("no luck");
    return now + 10_000;
  });
  const good = job("good", (now) => now + 300);
  jobs.add(bad);
  jobs.add(good);
  jobs.start(clock);
  await clock.advance(900);
  assert.equal(good.ran.length, 4);
  assert.equal(bad.ran.length, 1);
  assert.ok(lines.has("bad") && lines.has("no luck"));
  fails = false;
  await clock.advance(5000);
  assert.deepEqual(bad.ran, [0, 1000]);
});

test("After stop nothing runs and no timer is left; a job added later runs at once", async () => {
  const clock = new VirtualClock();
  const jobs = new Jobs(new MemoryLines());
  jobs.start(clock);
  const late = job("late", (now) => now + 100);
  await clock.advance(10);
  jobs.add(late);
  await clock.advance(0);
  assert.deepEqual(late.ran, [10]);
  jobs.stop();
  assert.equal(clock.pendingTimers, 0);
  await clock.advance(1000);
  assert.deepEqual(late.ran, [10]);
});
