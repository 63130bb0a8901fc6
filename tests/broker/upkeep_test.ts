import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTopic } from "../../lib/model/topic.ts";
import { incoming, makeWorld, sendAsk, within } from "./world.ts";

test("queues of topics that nobody knows go, the others stay", async () => {
  const world = await makeWorld();
  const { broker, disk, catalogue, log, clock } = world;
  for (const topic of ["Known", "Unknown"]) {
    await within(world, 50, broker.topics.create(makeTopic(topic, 1), ""));
    await within(world, 50, broker.intake.send(incoming(topic), sendAsk()));
  }
  await clock.advance(12_000);
  assert.ok(disk.exists("/data/consumequeue/Unknown/0"));
  await within(world, 50, catalogue.topics.remove("Unknown"));
  broker.upkeep.removeUnusedTopics();
  await clock.advance(5000);
  assert.deepEqual(log.topicsOnDisk(), ["Known"]);
  assert.ok(!disk.exists("/data/consumequeue/Unknown"));
  const lines = world.lines.logged("info").filter(({ text }) => text.includes("unknown"));
  assert.deepEqual(lines.map(({ text }) => text), [
    "Removed the queues of 1 topics that are unknown: Unknown.",
  ]);
  broker.upkeep.removeUnusedTopics();
  assert.equal(broker.offsets.max("Known", 0), 1);
});

test("a deletion that a kill interrupted is ended at the next start", async () => {
  const world = await makeWorld();
  const { broker, catalogue, log, clock } = world;
  for (const topic of ["Gone", "Kept"]) {
    await within(world, 50, broker.topics.create(makeTopic(topic, 1), ""));
    await within(world, 50, broker.intake.send(incoming(topic), sendAsk()));
    log.doomed.announce(topic);
  }
  await within(world, 50, catalogue.topics.remove("Gone"));
  broker.upkeep.finishRemovals();
  await within(world, 50, broker.topics.create(makeTopic("Gone", 1), ""));
  assert.equal(broker.offsets.max("Gone", 0), 0);
  assert.equal(broker.offsets.max("Kept", 0), 1);
  await clock.advance(3000);
  assert.deepEqual([...log.doomed.announced], []);
});

test("segments that have expired go at any hour when asked", async () => {
  const world = await makeWorld({}, { log: { segmentBytes: 1 << 16 } });
  const { broker, clock, log } = world;
  const body = new Uint8Array(30_000);
  for (let at = 0; at < 6; at++) {
    await within(world, 10, broker.intake.send(incoming("T", { body }), sendAsk()));
  }
  await clock.advance(73 * 3_600_000 + 20 * 60_000);
  while (new Date(clock.now()).getUTCHours() === 4) await clock.advance(3_600_000);
  const before = log.positionMin;
  broker.upkeep.removeExpiredSegments();
  await clock.advance(700_000);
  broker.upkeep.removeExpiredSegments();
  assert.ok(log.positionMin > 0, `the log begins at ${before}, then ${log.positionMin}`);
  broker.upkeep.removeExpiredEntries();
  await clock.advance(1000);
  assert.ok(broker.offsets.min("T", 0) > 0);
});
