import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGroup } from "../../lib/model/group.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { FakeLink } from "./fake_link.ts";
import { heartbeat } from "./heartbeats.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, sendAsk, within, type World } from "./world.ts";

/** A world whose topics are never young: their first messages are not in memory. */
async function oldWorld(changes = {}): Promise<World> {
  const world = await makeWorld({ pullMemoryPercent: 0, ...changes });
  await within(world, 100, world.catalogue.topics.put([makeTopic("T", 2)]));
  await send(world, 0, 5);
  return world;
}

async function send(world: World, queueId: number, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    await within(world, 10, world.broker.intake.send(incoming("T", { queueId }), sendAsk()));
  }
}

async function beat(
  world: World,
  said: Parameters<typeof heartbeat>[1],
  fromWhere = "LAST_OFFSET",
) {
  const whole = heartbeat("c", said);
  const consumers = whole.consumers.map((one) => {
    return { ...one, fromWhere: `CONSUME_FROM_${fromWhere}` };
  });
  const link = new FakeLink();
  await within(world, 100, world.broker.clients.heartbeat({ ...whole, consumers }, link));
}

function lines(world: World, part: string): number {
  return world.lines.logged().filter(({ text }) => text.includes(part)).length;
}

const ask = (group: string, queueId: number, topic = "T") => {
  return { group, topic, queueId, zeroIfNotFound: true };
};

const notFound = isRefusal("not-found", /Not found/);

test("a new group that starts at the end misses nothing since its first heartbeat", async () => {
  const world = await oldWorld();
  const { progress } = world.broker;
  assert.throws(() => progress.of(ask("g", 0)), notFound, "nobody has heard of it yet");
  await beat(world, { group: "g", topics: ["T", "%RETRY%g"] });
  await send(world, 0, 3);
  await send(world, 1, 2);
  await beat(world, { group: "g", topics: ["T", "%RETRY%g"] });
  assert.equal(progress.of(ask("g", 0)), 5);
  assert.equal(progress.of(ask("g", 1)), 0);
  assert.throws(() => progress.of({ ...ask("g", 0), zeroIfNotFound: false }), notFound);
  progress.commit({ group: "g", topic: "T", queueId: 0, offset: 7 });
  assert.equal(progress.of(ask("g", 0)), 7, "its own progress is nearer");
});

test("queues and topics that come later begin at 0", async () => {
  const world = await oldWorld();
  const { progress } = world.broker;
  await beat(world, { group: "g", topics: ["T", "Later"] });
  await within(world, 100, world.catalogue.topics.put([makeTopic("T", 4), makeTopic("Later", 1)]));
  await send(world, 3, 2);
  assert.equal(progress.of(ask("g", 3)), 0);
  assert.equal(progress.of(ask("g", 0, "Later")), 0);
  assert.throws(() => progress.of(ask("g", 1, "Later")), notFound);
});

test("only for groups that share queues and start at the end, and where that is set", async () => {
  const world = await oldWorld();
  const { progress } = world.broker;
  await beat(world, { group: "first", topics: ["T"] }, "FIRST_OFFSET");
  await beat(world, { group: "time", topics: ["T"] }, "TIMESTAMP");
  await beat(world, { group: "odd", topics: ["T"] }, "ELSEWHERE");
  await beat(world, { group: "all", topics: ["T"], model: "BROADCASTING" });
  for (const group of ["first", "time", "odd", "all"]) {
    assert.throws(() => progress.of(ask(group, 0)), notFound, group);
  }
  const without = await oldWorld({ keepFirstQueueEnds: false });
  await beat(without, { group: "g", topics: ["T"] });
  assert.throws(() => without.broker.progress.of(ask("g", 0)), notFound);
});

test("a young queue is consumed from its first message, as upstream does it", async () => {
  const world = await makeWorld();
  await within(world, 100, world.catalogue.topics.put([makeTopic("T", 1)]));
  await send(world, 0, 2);
  await beat(world, { group: "g", topics: ["T"] });
  assert.equal(world.broker.progress.of(ask("g", 0)), 0);
});

test("they are kept on disk, and go with their topic or their group's progress", async () => {
  const world = await oldWorld();
  await beat(world, { group: "g", topics: ["T"] });
  assert.deepEqual([...world.catalogue.firstEnds.all()], [["g", "T", "5,0"]]);
  await within(world, 100, world.broker.groups.remove("g", { cleanProgress: false }));
  assert.equal(world.catalogue.firstEnds.size, 1);
  await within(world, 100, world.broker.groups.remove("g", { cleanProgress: true }));
  assert.equal(world.catalogue.firstEnds.size, 0);
  await beat(world, { group: "g", topics: ["T"] });
  await within(world, 100, world.broker.topics.remove("T"));
  assert.equal(world.catalogue.firstEnds.size, 0);
});

test("a group with progress needs none, and beyond the limit none are noted", async () => {
  const world = await oldWorld({ progressMax: 2 });
  const { groups, progress } = world.broker;
  groups.get("g");
  for (const queueId of [0, 1]) progress.commit({ group: "g", topic: "T", queueId, offset: 1 });
  await beat(world, { group: "g", topics: ["T"] });
  assert.equal(world.catalogue.firstEnds.size, 0);
  for (const group of ["a", "b", "c", "d"]) await beat(world, { group, topics: ["T"] });
  assert.equal(world.catalogue.firstEnds.size, 2);
  assert.equal(lines(world, "progressMax is 2"), 1);
});

test("where they cannot be written the heartbeat is answered all the same", async () => {
  const world = await oldWorld();
  await within(world, 100, world.catalogue.groups.put([makeGroup("g")]));
  await within(world, 100, world.catalogue.topics.put([makeTopic("%RETRY%g", 1)]));
  await within(world, 2000, world.catalogue.close());
  await beat(world, { group: "g", topics: ["T"] });
  assert.deepEqual(world.broker.clients.members("g"), ["c"]);
  assert.equal(lines(world, "Cannot note where T ends for g"), 1);
});
