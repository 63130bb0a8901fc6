import { test } from "node:test";
import { RealClock } from "../../lib/port/clock_real.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { clockCases, type ClockSubject } from "./clock_suite.ts";

function real(): ClockSubject {
  const clock = new RealClock();
  return { clock, pass: (ms) => new Promise((resolve) => void clock.after(ms, resolve)) };
}

function virtual(): ClockSubject {
  const clock = new VirtualClock();
  return { clock, pass: (ms) => clock.advance(ms) };
}

for (const { name, run } of clockCases) {
  test(`RealClock: ${name}`, () => run(real()));
  test(`VirtualClock: ${name}`, () => run(virtual()));
}
