import assert from "node:assert/strict";
import type { Clock } from "../../lib/port/clock.ts";

/** A clock under test, and how to let its time go by. */
export interface ClockSubject {
  readonly clock: Clock;
  /** Resolves when at least `ms` of the clock's time went by and all that was due has run. */
  pass(ms: number): Promise<void>;
}

/** What every clock must do. */
export const clockCases: readonly {
  readonly name: string;
  run(subject: ClockSubject): Promise<void>;
}[] = [
  {
    name: "the wall clock is whole milliseconds, the monotonic one never goes back",
    async run({ clock, pass }) {
      assert.ok(Number.isSafeInteger(clock.now()));
      assert.ok(clock.now() > 1_600_000_000_000);
      const before = clock.monotonic();
      await pass(3);
      assert.ok(clock.monotonic() >= before + 3);
    },
  },
  {
    name: "a timer fires once, not before its time",
    async run({ clock, pass }) {
      const due = clock.monotonic() + 5;
      const fired: number[] = [];
      clock.after(5, () => fired.push(clock.monotonic()));
      await pass(30);
      assert.equal(fired.length, 1);
      assert.ok(fired[0] >= due, `${fired[0]} is before ${due}`);
    },
  },
  {
    name: "timers fire in order of time, ties in order of making",
    async run({ clock, pass }) {
      const fired: string[] = [];
      clock.after(20, () => fired.push("c"));
      clock.after(1, () => fired.push("a"));
      clock.after(1, () => fired.push("b"));
      await pass(40);
      assert.deepEqual(fired, ["a", "b", "c"]);
    },
  },
  {
    name: "a cancelled timer never fires; cancelling late or twice does nothing",
    async run({ clock, pass }) {
      const fired: string[] = [];
      const cancelled = clock.after(2, () => fired.push("cancelled"));
      const kept = clock.after(2, () => fired.push("kept"));
      cancelled.cancel();
      cancelled.cancel();
      await pass(20);
      kept.cancel();
      assert.deepEqual(fired, ["kept"]);
    },
  },
  {
    name: "a timer may be cancelled by one that fires before it",
    async run({ clock, pass }) {
      const fired: string[] = [];
      clock.after(1, () => {
        fired.push("first");
        second.cancel();
      });
      const second = clock.after(10, () => fired.push("second"));
      await pass(25);
      assert.deepEqual(fired, ["first"]);
    },
  },
  {
    name: "delays of zero, below zero and beyond 2^31 ms",
    async run({ clock, pass }) {
      const fired: string[] = [];
      clock.after(0, () => fired.push("zero"));
      clock.after(-5, () => fired.push("below"));
      const month = clock.after(31 * 86_400_000, () => fired.push("month"));
      const never = clock.after(Infinity, () => fired.push("never"));
      await pass(20);
      month.cancel();
      never.cancel();
      assert.deepEqual([...fired].sort(), ["below", "zero"]);
    },
  },
  {
    name: "`soon` runs later, in order, after settled promises",
    async run({ clock, pass }) {
      const ran: string[] = [];
      clock.soon(() => ran.push("soon 1"));
      clock.soon(() => ran.push("soon 2"));
      Promise.resolve().then(() => ran.push("promise"));
      ran.push("now");
      await pass(5);
      assert.deepEqual(ran, ["now", "promise", "soon 1", "soon 2"]);
    },
  },
  {
    name: "`soon` inside `soon` and a timer inside a timer run",
    async run({ clock, pass }) {
      const ran: string[] = [];
      clock.soon(() => clock.soon(() => ran.push("soon")));
      clock.after(1, () => clock.after(1, () => ran.push("timer")));
      await pass(25);
      assert.deepEqual([...ran].sort(), ["soon", "timer"]);
    },
  },
];
