import assert from "node:assert/strict";
import { test } from "node:test";
import { Counter, Counters } from "../../lib/broker/counters.ts";
import { Rates } from "../../lib/broker/rates.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";

test("A counter tells its rate over windows, and over what there is of them", () => {
  const counter = new Counter();
  assert.equal(counter.perSecond(10), 0);
  counter.sample();
  assert.equal(counter.perSecond(10), 0);
  for (let second = 0; second < 5; second++) {
    counter.total += 20;
    counter.sample();
  }
  assert.equal(counter.perSecond(10), 20);
  for (let second = 0; second < 700; second++) {
    counter.total += 100;
    counter.sample();
  }
  assert.equal(counter.perSecond(10), 100);
  assert.equal(counter.perSecond(600), 100);
  for (let second = 0; second < 10; second++) counter.sample();
  assert.equal(counter.perSecond(10), 0);
  assert.equal(counter.perSecond(20), 50);
});

test("Rates cover the last minute, hour and day, and forget names idle for a day", () => {
  const rates = new Rates(() => 2);
  rates.sample(0);
  rates.add("a", 60);
  assert.equal(rates.perSecond("a", 10_000), 6);
  rates.add("b", 1);
  rates.add("c", 1);
  assert.equal(rates.perSecond("c", 10_000), 0);
  for (let now = 10_000; now <= 70_000; now += 10_000) rates.sample(now);
  assert.equal(rates.perSecond("a", 70_000), 0);
  const sums = (now: number) => rates.snapshots("a", now)?.map(({ sum }) => sum);
  assert.deepEqual(sums(70_000), [0, 60, 60]);
  assert.equal(rates.snapshots("a", 120_000)?.[1].perSecond, 0.5);
  assert.equal(rates.snapshots("c", 70_000), undefined);
  const hour = 3_600_000;
  for (let now = 80_000; now <= 2 * hour; now += 10_000) rates.sample(now);
  assert.deepEqual(sums(2 * hour), [0, 0, 60]);
  for (let now = 2 * hour; now <= 27 * hour; now += 10_000) rates.sample(now);
  assert.equal(rates.snapshots("a", 27 * hour), undefined);
  rates.add("c", 30);
  assert.equal(rates.perSecond("c", 27 * hour + 10_000), 3);
});

test("Samples are taken every ten seconds whatever the tick", () => {
  const rates = new Rates(() => 10);
  for (let now = 0; now <= 30_000; now += 1000) {
    rates.sample(now);
    rates.add("a", 5);
  }
  assert.equal(Math.round(rates.perSecond("a", 31_000)), 5);
});

test("Answer times fall into upstream's spread a minute later, with percentiles", () => {
  const clock = new VirtualClock();
  const counters = new Counters(clock, () => 10);
  counters.run(0);
  for (let at = 0; at < 990; at++) counters.putTook(0);
  for (let at = 0; at < 9; at++) counters.putTook(40);
  counters.putTook(20_000);
  counters.run(59_000);
  assert.equal(counters.spread()[0], 0);
  counters.run(60_000);
  assert.deepEqual([...counters.spread()], [990, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  assert.ok(counters.percentile(0.5) <= 1);
  const late = counters.percentile(0.999);
  assert.ok(late > 35 && late <= 40, String(late));
  assert.equal(counters.putMaxMs, 20_000);
});

test("Midnight moves today's morning to yesterday's", () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1, 23, 59, 59));
  const counters = new Counters(clock, () => 10);
  counters.stored("t", 100, 1000);
  counters.run(0);
  assert.deepEqual(counters.putMornings, { yesterday: 0, today: 0 });
  clock.stepWall(2000);
  counters.run(1000);
  assert.deepEqual(counters.putMornings, { yesterday: 0, today: 100 });
  counters.stored("t", 50, 500);
  clock.stepWall(86_400_000);
  counters.run(2000);
  assert.deepEqual(counters.putMornings, { yesterday: 100, today: 150 });
});
