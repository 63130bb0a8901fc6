import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadlines } from "../../lib/broker/deadlines.ts";
import { Jobs } from "../../lib/broker/jobs.ts";
import type { BrokerSettings } from "../../lib/broker/settings.ts";
import { Waiters } from "../../lib/broker/waiters.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { brokerSettings } from "./broker_settings.ts";
import { FakeLink } from "./fake_link.ts";
import { isRefusal } from "./refusals.ts";

interface Ended {
  readonly who: string;
  readonly at: number;
  readonly answer: boolean;
}

function setUp(changes: Partial<BrokerSettings> = {}) {
  const clock = new VirtualClock();
  const jobs = new Jobs(new MemoryLines());
  const deadlines = new Deadlines(() => jobs.wake("deadlines"));
  jobs.add(deadlines);
  jobs.start(clock);
  const settings = brokerSettings(changes);
  const waiters = new Waiters({ settings, clock, deadlines });
  const ended: Ended[] = [];
  const park = (who: string, link: FakeLink, wish: { offset?: number; tags?: number[] } = {}) => {
    const filter = wish.tags === undefined ? undefined : new Set(wish.tags);
    const end = (answer: boolean) => ended.push({ who, at: clock.monotonic(), answer });
    waiters.add({ topic: "T", queueId: 1, offset: wish.offset ?? 5, filter, link, end }, 15_000);
  };
  return { clock, deadlines, waiters, ended, park };
}

test("An arrival wakes those who wait for that queue and tag, later", async () => {
  const { clock, waiters, ended, park } = setUp();
  const link = new FakeLink();
  park("any", link);
  park("red", link, { tags: [7] });
  park("later", link, { offset: 6 });
  waiters.arrived("T", 2, { offset: 5, tagsCode: 7 });
  waiters.arrived("U", 1, { offset: 5, tagsCode: 7 });
  waiters.arrived("T", 1, { offset: 4, tagsCode: 7 });
  await clock.settle();
  assert.deepEqual(ended, []);
  waiters.arrived("T", 1, { offset: 5, tagsCode: 8 });
  assert.deepEqual(ended, []);
  await clock.settle();
  assert.deepEqual(ended.map(({ who }) => who), ["any"]);
  waiters.arrived("T", 1, { offset: 6, tagsCode: 7 });
  await clock.settle();
  assert.deepEqual(ended.map(({ who }) => who), ["any", "red", "later"]);
  assert.equal(waiters.size, 0);
});

test("A hold ends at its deadline, once", async () => {
  const { clock, ended, park, deadlines } = setUp();
  await clock.advance(30);
  park("one", new FakeLink());
  await clock.advance(14_999);
  assert.deepEqual(ended, []);
  await clock.advance(60_000);
  assert.deepEqual(ended, [{ who: "one", at: 15_100, answer: true }]);
  assert.equal(deadlines.size, 0);
});

test("A closed link's waiters end unheard, and the link is listened to once", async () => {
  const { clock, waiters, ended, park, deadlines } = setUp();
  const link = new FakeLink();
  for (let round = 0; round < 5; round++) {
    park(`${round}`, link);
    waiters.arrived("T", 1, { offset: 5, tagsCode: 0 });
    await clock.settle();
  }
  assert.equal(link.closers.length, 1);
  ended.length = 0;
  park("a", link);
  park("b", link);
  park("other", new FakeLink());
  link.close();
  assert.deepEqual(ended.map(({ who, answer }) => [who, answer]), [["a", false], ["b", false]]);
  assert.equal(waiters.size, 1);
  assert.equal(deadlines.size, 1);
  park("late", link);
  assert.deepEqual(ended.at(-1), { who: "late", at: 0, answer: false });
});

test("A waiter whose link is full stays until it takes data again", async () => {
  const { clock, waiters, ended, park } = setUp();
  const link = new FakeLink();
  park("full", link);
  link.isWritable = false;
  waiters.arrived("T", 1, { offset: 5, tagsCode: 0 });
  await clock.advance(1000);
  assert.deepEqual(ended, []);
  link.isWritable = true;
  await clock.advance(300);
  assert.deepEqual(ended.map(({ who, answer }) => [who, answer]), [["full", true]]);
});

test("A link that stays full lets the hold end at its deadline", async () => {
  const { clock, waiters, ended, park, deadlines } = setUp();
  const link = new FakeLink();
  park("full", link);
  link.isWritable = false;
  waiters.arrived("T", 1, { offset: 5, tagsCode: 0 });
  await clock.advance(20_000);
  assert.deepEqual(ended.map(({ at }) => at), [15_000]);
  assert.equal(deadlines.size, 0);
});

test("Limits are named, of one connection and in all", () => {
  const { park } = setUp({ pullWaitersMax: 3, pullWaitersPerLinkMax: 2 });
  const link = new FakeLink();
  park("1", link);
  park("2", link);
  assert.throws(() => park("3", link), isRefusal("flow-control", /pullWaitersPerLinkMax is 2/));
  park("4", new FakeLink());
  assert.throws(() => park("5", new FakeLink()), isRefusal("flow-control", /pullWaitersMax is 3/));
});

test("A topic that goes wakes its waiters; a stop ends all, and all that come later", async () => {
  const { clock, waiters, ended, park } = setUp();
  park("gone", new FakeLink());
  waiters.topicGone("U");
  waiters.topicGone("T");
  await clock.settle();
  assert.deepEqual(ended.map(({ who }) => who), ["gone"]);
  park("stopped", new FakeLink());
  waiters.stop();
  assert.deepEqual(ended.at(-1), { who: "stopped", at: 0, answer: true });
  park("late", new FakeLink());
  assert.deepEqual(ended.at(-1), { who: "late", at: 0, answer: false });
  assert.equal(waiters.size, 0);
});
