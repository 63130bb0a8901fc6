import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTopic } from "../../lib/model/topic.ts";
import { FakeLink } from "./fake_link.ts";
import { heartbeat } from "./heartbeats.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, properties, sendAsk, within, type World } from "./world.ts";

async function worldWith(count: number): Promise<World> {
  const world = await makeWorld();
  await within(world, 50, world.broker.topics.create(makeTopic("T", 2), ""));
  for (let at = 0; at < count; at++) {
    const message = incoming("T", { properties: properties({ TAGS: "a" }) });
    await within(world, 1000, world.broker.intake.send(message, sendAsk()));
  }
  for (const group of ["g", "h", "i"]) world.broker.groups.find(group);
  await world.clock.advance(100);
  return world;
}

test("how old what is consumed, and what is not, is", async () => {
  const world = await worldWith(3);
  const { inspection, progress } = world.broker;
  const [before, empty] = inspection.timeSpans("T", "g");
  const first = before.oldestMs;
  assert.deepEqual([before.newestMs - first, before.consumedMs - first], [2000, 0]);
  assert.equal(before.delayMs, world.clock.now() - first);
  const nothing = { queueId: 1, oldestMs: -1, newestMs: -1, consumedMs: -1, delayMs: 0 };
  assert.deepEqual(empty, nothing);
  progress.commit({ group: "g", topic: "T", queueId: 0, offset: 2 });
  const [within2] = inspection.timeSpans("T", "g");
  assert.deepEqual([within2.consumedMs - first, world.clock.now() - within2.delayMs - first], [
    1000,
    2000,
  ]);
  progress.commit({ group: "g", topic: "T", queueId: 0, offset: 3 });
  const [after] = inspection.timeSpans("T", "g");
  assert.deepEqual([after.consumedMs - first, after.delayMs], [2000, 0]);
  assert.throws(
    () => inspection.timeSpans("U", "g"),
    isRefusal("topic-unknown", /^topic\[U\] not exist$/),
  );
});

test("the entries of a queue", async () => {
  const world = await worldWith(3);
  const { inspection } = world.broker;
  const ask = { topic: "T", queueId: 0, from: 1, count: 10 };
  const { offsetMin, offsetMax, entries } = inspection.entries(ask);
  assert.deepEqual([offsetMin, offsetMax, entries.length], [0, 3, 2]);
  assert.equal(entries[0].tagsCode, 97);
  assert.equal(entries[0].position + entries[0].size, entries[1].position);
  assert.equal(inspection.entries({ ...ask, from: -5, count: 1 }).entries.length, 1);
  assert.equal(inspection.entries({ ...ask, from: 99 }).entries.length, 0);
  assert.equal(inspection.entries({ ...ask, count: -1 }).entries.length, 0);
  for (const queueId of [-1, 2, 0.5]) {
    assert.throws(
      () => inspection.entries({ ...ask, queueId }),
      isRefusal("failed", new RegExp(`^${queueId}@T is not exist!$`)),
    );
  }
});

test("topics and subscriptions of a group", async () => {
  const world = await worldWith(1);
  const { inspection, progress, clients } = world.broker;
  progress.commit({ group: "g", topic: "T", queueId: 0, offset: 1 });
  assert.deepEqual(inspection.topicsOf("g"), ["T"]);
  assert.deepEqual(inspection.topicsOf("unknown"), []);
  assert.equal(inspection.subscription("g", "T"), undefined);
  const beat = heartbeat("c@1", { group: "g", topics: ["T"] });
  await within(world, 50, clients.heartbeat(beat, new FakeLink()));
  assert.equal(inspection.subscription("g", "T")?.expression, "*");
});

test("how far the slowest group is, and who is behind it", async () => {
  const world = await worldWith(5);
  const { inspection, progress } = world.broker;
  for (const [group, offset] of [["g", 2], ["h", 4], ["i", 1]] as const) {
    progress.commit({ group, topic: "T", queueId: 0, offset });
  }
  const ask = { topic: "T", compareGroup: "h", without: [""] };
  assert.deepEqual([...inspection.correction(ask)], [[0, 1]]);
  assert.deepEqual([...inspection.correction({ ...ask, without: ["i", "x"] })], [[0, 2]]);
  const behind = { ...ask, without: ["i"], compareGroup: "i" };
  assert.deepEqual([...inspection.correction(behind)], [[0, Infinity]]);
  assert.deepEqual([...inspection.correction({ ...ask, topic: "U" })], []);
  assert.equal(world.catalogue.progress.get("i", "T", 0), 1);
  const { rows } = inspection.allProgress();
  assert.deepEqual([...rows].map(({ group, topic, offsets }) => [group, topic, offsets]), [
    ["g", "T", [0, 2]],
    ["h", "T", [0, 4]],
    ["i", "T", [0, 1]],
  ]);
});
