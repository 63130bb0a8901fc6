import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTopic } from "../../lib/model/topic.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, sendAsk, within, type World } from "./world.ts";

const key = { group: "g", topic: "T", queueId: 0 };

async function worldWith(messages: number): Promise<World> {
  const world = await makeWorld();
  await within(world, 50, world.broker.topics.create(makeTopic("T", 2), ""));
  for (let at = 0; at < messages; at++) {
    await within(world, 10, world.broker.intake.send(incoming("T"), sendAsk()));
  }
  return world;
}

test("What was committed is told, backwards too", async () => {
  const { broker, clock } = await worldWith(3);
  broker.groups.get("g");
  broker.progress.commit({ ...key, offset: 3 });
  assert.equal(broker.progress.of({ ...key, zeroIfNotFound: true }), 3);
  broker.progress.commit({ ...key, offset: 1 });
  assert.equal(broker.progress.of({ ...key, zeroIfNotFound: true }), 1);
  let done = false;
  const durable = broker.progress.commitDurably({ ...key, offset: 2 }).then(() => done = true);
  await Promise.resolve();
  assert.equal(done, false);
  await clock.advance(2000);
  await durable;
  assert.equal(broker.progress.of({ ...key, zeroIfNotFound: true }), 2);
});

test("A young queue is told from its start, unless that is not wanted", async () => {
  const world = await worldWith(2);
  const { progress } = world.broker;
  assert.equal(progress.of({ ...key, zeroIfNotFound: true }), 0);
  assert.throws(
    () => progress.of({ ...key, zeroIfNotFound: false }),
    isRefusal("not-found", /do not set to zero/),
  );
  const empty = { ...key, queueId: 1, zeroIfNotFound: true };
  assert.throws(() => progress.of(empty), isRefusal("not-found", /V3_0_6_SNAPSHOT/));
  const unknown = { ...key, topic: "U", zeroIfNotFound: true };
  assert.throws(() => progress.of(unknown), isRefusal("not-found", /V3_0_6_SNAPSHOT/));
  world.settings.pullMemoryPercent = 0;
  assert.throws(() => progress.of({ ...key, zeroIfNotFound: true }), isRefusal("not-found"));
});

test("Commits need a group, a topic, a queue and an offset that can be", async () => {
  const { broker } = await worldWith(0);
  const refuse = (
    changes: object,
    kind: Parameters<typeof isRefusal>[0],
    sentence: RegExp,
  ) => {
    const commit = { ...key, offset: 1, ...changes };
    assert.throws(() => broker.progress.commit(commit), isRefusal(kind, sentence));
  };
  refuse({}, "group-unknown", /Group g not exist!/);
  broker.groups.get("g");
  refuse({ topic: "U" }, "topic-unknown", /Topic U not exist!/);
  refuse({ queueId: 2 }, "parameter-invalid", /no queue 2/);
  refuse({ queueId: -1 }, "parameter-invalid", /no queue -1/);
  refuse({ offset: -1 }, "parameter-invalid", /offset -1/);
  refuse({ offset: 2 ** 60 }, "parameter-invalid", /offset/);
  await assert.rejects(
    broker.progress.commitDurably({ ...key, topic: "U", offset: 1 }),
    isRefusal("topic-unknown"),
  );
});

test("No more progress is kept than may be, but what is kept goes on", async () => {
  const { broker, settings } = await worldWith(0);
  broker.groups.get("g");
  settings.progressMax = 1;
  broker.progress.commit({ ...key, offset: 1 });
  broker.progress.commit({ ...key, offset: 2 });
  assert.throws(
    () => broker.progress.commit({ ...key, queueId: 1, offset: 1 }),
    isRefusal("busy", /that of 1 queues is kept, and progressMax is 1/),
  );
});

test("Offsets of queues, and of queues that do not exist", async () => {
  const world = await worldWith(3);
  const { offsets } = world.broker;
  assert.deepEqual([offsets.min("T", 0), offsets.max("T", 0)], [0, 3]);
  const second = world.clock.now() - 20;
  const queue = { topic: "T", queueId: 0 };
  assert.equal(offsets.byTime(queue, second, "lower"), 1);
  assert.equal(offsets.earliestStoreTime("T", 0), second - 10);
  assert.equal(offsets.earliestStoreTime("T", 1), -1);
  for (const [topic, queueId] of [["U", 0], ["T", 9], ["T", -1], ["../x", 0]] as const) {
    assert.deepEqual([offsets.min(topic, queueId), offsets.max(topic, queueId)], [0, 0]);
    assert.equal(offsets.earliestStoreTime(topic, queueId), -1);
    assert.equal(offsets.byTime({ topic, queueId }, 1, "upper"), 0);
  }
});
