import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";

test("advance leaves the clock exactly there, each timer saw its own time", async () => {
  const clock = new VirtualClock(1_000_000);
  const seen: number[] = [];
  clock.after(2.5, () => seen.push(clock.monotonic(), clock.now()));
  clock.after(90, () => seen.push(clock.monotonic()));
  clock.after(101, () => seen.push(-1));
  await clock.advance(100);
  assert.deepEqual(seen, [2.5, 1_000_002, 90]);
  assert.equal(clock.monotonic(), 100);
  assert.equal(clock.now(), 1_000_100);
  assert.equal(clock.pendingTimers, 1);
});

test("a long chain of promises is settled before time goes by", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const chain = async () => {
    for (let at = 0; at < 5_000; at++) await Promise.resolve();
    ran.push("chain");
  };
  clock.after(1, () => void chain());
  clock.after(1, () => ran.push("tie"));
  clock.after(2, () => ran.push("later"));
  await clock.advance(10);
  assert.deepEqual(ran, ["chain", "tie", "later"]);
});

test("a turn: due timers, then what soon asked for; new ones in the next turn", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  clock.after(1, () => {
    ran.push("timer 1");
    clock.soon(() => {
      ran.push("soon 1");
      clock.soon(() => ran.push("soon 3"));
    });
    clock.after(0, () => ran.push("timer 3"));
  });
  clock.after(1, () => {
    ran.push("timer 2");
    clock.soon(() => ran.push("soon 2"));
  });
  await clock.advance(1);
  assert.deepEqual(ran, ["timer 1", "timer 2", "soon 1", "soon 2", "timer 3", "soon 3"]);
});

test("the wall clock steps apart from the monotonic one and moves no timer", async () => {
  const clock = new VirtualClock(5_000);
  const fired: number[] = [];
  clock.after(10, () => fired.push(clock.now()));
  clock.stepWall(-3_600_000);
  assert.equal(clock.now(), -3_595_000);
  await clock.advance(4);
  clock.setWall(77);
  await clock.advance(6);
  assert.deepEqual(fired, [83]);
  assert.equal(clock.monotonic(), 10);
});

test("runUntilIdle goes on to the last timer, and no further than it may", async () => {
  const clock = new VirtualClock();
  let left = 10;
  const again = () => {
    if (--left > 0) clock.after(1_000, again);
  };
  clock.after(1_000, again);
  assert.equal(await clock.runUntilIdle(3_500), 3_000);
  assert.equal(left, 7);
  assert.equal(await clock.runUntilIdle(), 7_000);
  assert.equal(clock.pendingTimers, 0);
});

test("ten thousand timers in any order fire in order, with many cancelled", async () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  let delay = 1;
  for (let at = 0; at < 10_000; at++) {
    delay = (delay * 48_271) % 2_147_483_647;
    const due = delay % 500;
    const timer = clock.after(due, () => fired.push(due));
    if (at % 3 === 0) timer.cancel();
  }
  assert.equal(clock.pendingTimers, 6_666);
  await clock.advance(500);
  assert.deepEqual(fired, [...fired].sort((a, b) => a - b));
  assert.equal(fired.length, 6_666);
});

test("a circle of callbacks is reported, not run for ever", async () => {
  const clock = new VirtualClock();
  const circle = () => clock.soon(circle);
  circle();
  await assert.rejects(clock.settle(), /a callback runs in circles/);
});

test("what a callback throws comes out of advance, and the clock goes on", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  clock.after(1, () => {
    throw new Error("planted");
  });
  clock.after(2, () => ran.push("after"));
  await assert.rejects(clock.advance(5), /planted/);
  await clock.advance(5);
  assert.deepEqual(ran, ["after"]);
});

test("one hand at a time", async () => {
  const clock = new VirtualClock();
  const first = clock.advance(1);
  await assert.rejects(clock.advance(1), /already being turned/);
  await first;
});
