import assert from "node:assert/strict";
import { test } from "node:test";
import type { SendReceipt } from "../../lib/broker/send.ts";
import { parseOffsetId } from "../../lib/model/ids.ts";
import { makeTopic, type Topic } from "../../lib/model/topic.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, sendAsk, within, type World } from "./world.ts";

function create(world: World, topic: Topic, attributes = ""): Promise<void> {
  return within(world, 50, world.broker.topics.create(topic, attributes));
}

test("A new broker has upstream's system topics, made in one commit, and only once", async () => {
  const world = await makeWorld();
  const topics = [...world.broker.topics.all()];
  const shown = topics.map((one) => `${one.name} ${one.readQueues}/${one.writeQueues} ${one.perm}`);
  assert.deepEqual(shown.sort(), [
    "BenchmarkTest 1024/1024 6",
    "DefaultCluster 16/16 7",
    "DefaultCluster_REPLY_TOPIC 1/1 6",
    "OFFSET_MOVED_EVENT 1/1 6",
    "RMQ_SYS_ROCKSDB_TRANS_HALF_TOPIC 1/1 6",
    "RMQ_SYS_ROCKSDB_TRANS_OP_HALF_TOPIC 1/1 6",
    "RMQ_SYS_TRANS_HALF_TOPIC 1/1 6",
    "RMQ_SYS_TRANS_OP_HALF_TOPIC 1/1 6",
    "SCHEDULE_TOPIC_XXXX 18/18 6",
    "SELF_TEST_TOPIC 1/1 6",
    "TBW102 8/8 7",
    "broker-a 1/1 7",
    "rmq_sys_REVIVE_LOG_DefaultCluster 8/8 6",
    "rmq_sys_SYNC_BROKER_MEMBER_broker-a 1/1 1",
    "rmq_sys_wheel_timer 1/1 6",
  ]);
  const before = world.broker.topics.version;
  await within(world, 100, world.broker.start());
  assert.deepEqual(world.broker.topics.version, before);
  const names = world.broker.topics.systemNames();
  for (const { name } of topics) assert.ok(names.includes(name), name);
  for (const name of ["RMQ_SYS_TRACE_TOPIC", "TRANS_CHECK_MAX_TIME_TOPIC", "CHECKPOINT_TOPIC"]) {
    assert.ok(names.includes(name), name);
  }
});

test("Settings decide about TBW102, the trace topic and the named ones", async () => {
  const world = await makeWorld({ autoCreateTopic: false, traceTopic: true, clusterTopic: false });
  assert.throws(() => world.broker.topics.get("TBW102"), isRefusal("topic-unknown"));
  assert.equal(world.broker.topics.get("RMQ_SYS_TRACE_TOPIC").writeQueues, 1);
  assert.equal(world.broker.topics.get("DefaultCluster").perm, 1);
  const changed = await makeWorld();
  changed.settings.autoCreateTopic = false;
  await within(changed, 100, changed.broker.start());
  assert.equal(changed.broker.topics.get("TBW102").perm, 6);
});

test("A topic is made, changed, left alone where nothing changes, and removed", async () => {
  const world = await makeWorld();
  const { topics } = world.broker;
  await create(world, makeTopic("T", 4), "+message.type=FIFO");
  const made = topics.get("T");
  assert.deepEqual([made.writeQueues, made.attributes.get("message.type")], [4, "FIFO"]);
  const version = topics.version;
  await create(world, makeTopic("T", 4));
  assert.deepEqual(topics.version, version);
  await create(world, makeTopic("T", 6, { perm: 4 }));
  const changed = topics.get("T");
  assert.deepEqual([changed.writeQueues, changed.perm], [6, 4]);
  assert.equal(changed.attributes.get("message.type"), "FIFO");
  assert.equal(topics.version.counter, version.counter + 1);
  await within(world, 50, topics.remove("T"));
  assert.throws(() => topics.get("T"), isRefusal("topic-unknown", /No topic in this broker/));
  await within(world, 50, topics.remove("T"));
});

test("A removed topic takes its progress along", async () => {
  const world = await makeWorld();
  await create(world, makeTopic("T", 1));
  world.broker.groups.get("g");
  const key = { group: "g", topic: "T", queueId: 0, zeroIfNotFound: false };
  world.broker.progress.commit({ ...key, offset: 7 });
  await within(world, 50, world.broker.topics.remove("T"));
  await create(world, makeTopic("T", 1));
  assert.throws(() => world.broker.progress.of(key), isRefusal("not-found"));
});

test("A topic made anew while the old one is removed keeps what it is sent", async () => {
  const world = await makeWorld();
  const { topics, groups, intake, progress, lookup } = world.broker;
  await create(world, makeTopic("T", 1));
  groups.get("g");
  progress.commit({ group: "g", topic: "T", queueId: 0, offset: 1 });
  await world.clock.advance(2000);
  const receipts: SendReceipt[] = [];
  const removed = topics.remove("T");
  for (let ms = 0; ms < 60; ms++) {
    intake.send(incoming("T"), sendAsk()).then((receipt) => receipts.push(receipt));
    await world.clock.advance(1);
  }
  await within(world, 50, removed);
  const anew = receipts.slice(receipts.findLastIndex(({ offset }) => offset === 0));
  assert.deepEqual(anew.map(({ offset }) => offset), [...anew.keys()]);
  assert.ok(anew.length > 10);
  assert.equal(world.log.queue("T", 0).offsetMax, anew.length);
  for (const { ids } of anew) lookup.byPosition(parseOffsetId(ids)?.position ?? -1);
});

test("What cannot be is refused with a sentence", async () => {
  const world = await makeWorld({ topicQueuesMax: 100 });
  const refuse = (
    topic: Topic,
    kind: Parameters<typeof isRefusal>[0],
    sentence: RegExp,
    wish = "",
  ) => assert.rejects(create(world, topic, wish), isRefusal(kind, sentence));
  const bad = "parameter-invalid";
  await refuse(makeTopic("a.b", 1), bad, /illegal/);
  await refuse(makeTopic("TBW102", 1), bad, /conflict with system topic/);
  await refuse(makeTopic("rmq_sys_mine", 1), bad, /conflict with system topic/);
  await refuse(makeTopic("T", 0), bad, /0 queues/);
  await refuse(makeTopic("T", 101), bad, /101 queues.* 100.*topicQueuesMax/);
  await refuse(makeTopic("T", 1, { perm: 16 }), bad, /permission 16/);
  await refuse(makeTopic("T", 1), bad, /MIXED/, "+message.type=MIXED");
  await refuse(makeTopic("T", 1), "failed", /reserveTime/, "+reserve.time=1");
  await refuse(makeTopic("T", 1), "failed", /COMPACTION/, "+cleanup.policy=COMPACTION");
  await refuse(makeTopic("T", 1), "failed", /unsupported key/, "+colour=red");
  const { topics } = world.broker;
  await assert.rejects(topics.remove("TBW102"), isRefusal(bad, /conflict/));
  await assert.rejects(topics.remove(" "), isRefusal(bad, /blank/));
  world.settings.guardSystemTopics = false;
  await create(world, makeTopic("BenchmarkTest", 16));
});

test("Figures of a topic's queues", async () => {
  const world = await makeWorld();
  await create(world, makeTopic("T", 2, { readQueues: 3 }));
  await within(world, 10, world.broker.intake.send(incoming("T", { queueId: 1 }), sendAsk()));
  const storedMs = world.clock.now() - 10;
  const stats = world.broker.topics.stats("T");
  assert.deepEqual([...stats], [
    [0, { offsetMin: 0, offsetMax: 0, lastUpdateMs: 0 }],
    [1, { offsetMin: 0, offsetMax: 1, lastUpdateMs: storedMs }],
    [2, { offsetMin: 0, offsetMax: 0, lastUpdateMs: 0 }],
  ]);
  assert.throws(() => world.broker.topics.stats("U"), isRefusal("topic-unknown", /topic\[U\]/));
});

test("Topics that a name server has an order configuration for are ordered", async () => {
  const world = await makeWorld();
  await create(world, makeTopic("T", 2));
  const before = world.broker.topics.version.counter;
  world.broker.topics.markOrdered(["T", "Unknown"]);
  world.broker.topics.markOrdered([]);
  await world.clock.advance(50);
  assert.equal(world.broker.topics.get("T").order, true);
  world.broker.topics.markOrdered(["T"]);
  await world.clock.advance(50);
  assert.equal(world.broker.topics.version.counter, before + 1);
  assert.ok(world.lines.has("Ordered now, as a name server has it: T."));
});
