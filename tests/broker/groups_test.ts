import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGroup, SYSTEM_GROUPS } from "../../lib/model/group.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { FakeLink } from "./fake_link.ts";
import { heartbeat } from "./heartbeats.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, pullAsk, sendAsk, within } from "./world.ts";

test("A new broker has upstream's system groups", async () => {
  const world = await makeWorld();
  assert.deepEqual([...world.broker.groups.all()].map(({ name }) => name), [...SYSTEM_GROUPS]);
});

test("A group asked for comes into being, one commit however many ask", async () => {
  const world = await makeWorld();
  const { groups } = world.broker;
  const { counter } = groups.version;
  assert.equal(groups.get("g").retryMaxTimes, 16);
  assert.equal(groups.get("g"), groups.get("g"));
  assert.ok(groups.has("g"));
  await world.clock.advance(50);
  assert.equal(groups.version.counter, counter + 1);
  assert.ok([...groups.all()].some(({ name }) => name === "g"));
});

test("Where groups may not come by themselves, the refusal says why", async () => {
  const world = await makeWorld({ autoCreateGroup: false });
  const { groups } = world.broker;
  assert.throws(() => groups.get("g"), isRefusal("group-unknown", /autoCreateSubscriptionGroup/));
  assert.equal(groups.find("g"), undefined);
  assert.ok(groups.get("CID_RMQ_SYS_MINE"));
  world.settings.autoCreateGroup = true;
  assert.throws(() => groups.get("a b"), isRefusal("group-unknown", /illegal characters/));
  assert.throws(() => groups.get("x".repeat(121)), isRefusal("group-unknown", /120/));
  world.settings.groupsMax = 9;
  assert.throws(() => groups.get("h"), isRefusal("group-unknown", /groupsMax is 9/));
});

test("A group is made, changed with its attributes, and removed with its progress", async () => {
  const world = await makeWorld();
  const { groups, topics, progress } = world.broker;
  await within(world, 50, topics.create(makeTopic("T", 1), ""));
  const attributes = new Map([["+lite.sub.model", "Shared"]]);
  await within(world, 50, groups.put(makeGroup("g", { retryMaxTimes: 3, attributes })));
  await within(world, 50, groups.put(makeGroup("g", { retryMaxTimes: 5 })));
  const group = groups.get("g");
  assert.deepEqual([group.retryMaxTimes, group.attributes.get("lite.sub.model")], [5, "Shared"]);
  await assert.rejects(groups.put(makeGroup("a/b")), isRefusal("parameter-invalid", /illegal/));
  const key = { group: "g", topic: "T", queueId: 0, zeroIfNotFound: false };
  progress.commit({ ...key, offset: 4 });
  await within(world, 50, groups.remove("g", { cleanProgress: false }));
  assert.equal(progress.of(key), 4);
  assert.ok(!groups.has("g"));
  await within(world, 50, groups.remove("g", { cleanProgress: true }));
  assert.throws(() => progress.of(key), isRefusal("not-found"));
});

test("How far a group is, for tools", async () => {
  const world = await makeWorld();
  const { topics, groups, intake, fetch: pulls, progress, clients } = world.broker;
  await within(world, 50, topics.create(makeTopic("T", 2), ""));
  await within(world, 50, topics.create(makeTopic("U", 1), ""));
  for (let at = 0; at < 3; at++) await within(world, 10, intake.send(incoming("T"), sendAsk()));
  const firstStored = world.clock.now() - 30;
  pulls.pull(pullAsk("T", { maxMessages: 2 }), new FakeLink());
  progress.commit({ group: "g", topic: "T", queueId: 0, offset: 1 });
  progress.commit({ group: "g", topic: "U", queueId: 0, offset: 0 });
  const all = groups.consumeStats("g");
  assert.deepEqual(all.queues, [
    {
      topic: "T",
      queueId: 0,
      brokerOffset: 3,
      consumerOffset: 1,
      pullOffset: 2,
      lastTimestamp: firstStored,
    },
    { topic: "T", queueId: 1, brokerOffset: 0, consumerOffset: 0, pullOffset: 0, lastTimestamp: 0 },
    { topic: "U", queueId: 0, brokerOffset: 0, consumerOffset: 0, pullOffset: 0, lastTimestamp: 0 },
  ]);
  await world.clock.advance(20_000);
  assert.ok(groups.consumeStats("g").tps > 0);
  assert.deepEqual(groups.consumeStats("g", ["U", "V"]).queues.map(({ topic }) => topic), ["U"]);
  const link = new FakeLink();
  const said = heartbeat("c", { group: "g", topics: ["T"] });
  await within(world, 50, Promise.resolve(clients.heartbeat(said, link)));
  const topicsNow = new Set(groups.consumeStats("g").queues.map(({ topic }) => topic));
  assert.deepEqual([...topicsNow], ["T"]);
  assert.deepEqual(groups.consuming("T"), ["g"]);
  assert.deepEqual(groups.consuming("U"), ["g"]);
  assert.deepEqual(groups.consuming("V"), []);
});
