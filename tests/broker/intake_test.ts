import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGroup } from "../../lib/model/group.ts";
import { parseOffsetId } from "../../lib/model/ids.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { parseProperties } from "../../lib/model/properties.ts";
import { failAll } from "../../lib/port/disk_faults.ts";
import { isRefusal } from "./refusals.ts";
import {
  incoming,
  makeWorld,
  properties,
  recordsOf,
  sendAsk,
  within,
  type World,
} from "./world.ts";

async function worldWith(topic = "T", queues = 4): Promise<World> {
  const world = await makeWorld();
  await within(world, 50, world.broker.topics.create(makeTopic(topic, queues), ""));
  return world;
}

function recordAt(world: World, id: string) {
  const position = parseOffsetId(id)?.position ?? -1;
  return recordsOf([world.log.recordAt(position) ?? new Uint8Array()])[0];
}

const text = new TextEncoder();

test("A message is stored as it came, with the broker's properties", async () => {
  const world = await worldWith();
  const given = properties({ UNIQ_KEY: "K1", WAIT: "true", TAGS: "TagA", KEYS: "k" });
  const message = incoming("T", { queueId: 3, flag: 9, properties: given, sysFlag: 1 });
  const receipt = await within(world, 0, world.broker.intake.send(message, sendAsk()));
  assert.deepEqual([receipt.queueId, receipt.offset, receipt.flush], [3, 0, "ok"]);
  assert.equal(receipt.transactionId, "K1");
  assert.equal(receipt.batchUniqueId, undefined);
  assert.match(receipt.ids, /^C0A8000900002A9F[0-9A-F]{16}$/);
  const stored = recordAt(world, receipt.ids);
  assert.deepEqual([stored.topic, stored.queueId, stored.flag, stored.sysFlag], ["T", 3, 9, 1]);
  assert.deepEqual([...stored.storeHost.ip], [192, 168, 0, 9]);
  assert.equal(stored.storeHost.port, 10911);
  assert.equal(stored.bornHost.port, 5555);
  const kept = parseProperties(stored.properties);
  kept.delete("__CRC32#");
  assert.deepEqual(Object.fromEntries(kept), {
    UNIQ_KEY: "K1",
    WAIT: "true",
    TAGS: "TagA",
    KEYS: "k",
    MSG_REGION: "DefaultRegion",
    TRACE_ON: "true",
    CLUSTER: "DefaultCluster",
  });
});

test("A message without a unique key gets one", async () => {
  const world = await worldWith();
  const receipt = await within(world, 0, world.broker.intake.send(incoming("T"), sendAsk()));
  assert.match(receipt.transactionId, /^C0A80009[0-9A-F]{24}$/);
  const kept = parseProperties(recordAt(world, receipt.ids).properties);
  assert.equal(kept.get("UNIQ_KEY"), receipt.transactionId);
});

test("A queue below zero is any queue", async () => {
  const world = await worldWith();
  const seen = new Set<number>();
  for (let at = 0; at < 60; at++) {
    const sent = world.broker.intake.send(incoming("T", { queueId: -1 }), sendAsk());
    seen.add((await within(world, 0, sent)).queueId);
  }
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3]);
});

test("An unknown topic comes from TBW102 in one commit, however many ask at once", async () => {
  const world = await makeWorld();
  const { counter } = world.broker.topics.version;
  const sends = [0, 1, 2, 3].map((queueId) =>
    world.broker.intake.send(incoming("New", { queueId }), sendAsk())
  );
  assert.equal(world.catalogue.topics.has("New"), false);
  const receipts = await within(world, 50, Promise.all(sends));
  assert.deepEqual(receipts.map(({ offset }) => offset), [0, 0, 0, 0]);
  assert.equal(world.broker.topics.version.counter, counter + 1);
  const topic = world.broker.topics.get("New");
  assert.deepEqual([topic.readQueues, topic.writeQueues, topic.perm], [4, 4, 6]);
  const unit = sendAsk({ unitMode: true, defaultTopicQueues: 100 });
  await within(world, 50, world.broker.intake.send(incoming("Unit"), unit));
  const made = world.broker.topics.get("Unit");
  assert.deepEqual([made.sysFlag, made.writeQueues], [1, 8]);
});

test("The order of refusals is upstream's", async () => {
  const world = await worldWith();
  const send = (message: Parameters<typeof incoming>[1], topic = "T", ask = sendAsk()) =>
    within(world, 50, world.broker.intake.send(incoming(topic, message), ask));
  await assert.rejects(send({}, "a.b"), isRefusal("parameter-invalid", /illegal characters/));
  await assert.rejects(send({}, " "), isRefusal("parameter-invalid", /blank/));
  await assert.rejects(send({}, "x".repeat(128)), isRefusal("parameter-invalid", /127/));
  const forbidden = ["SCHEDULE_TOPIC_XXXX", "RMQ_SYS_TRANS_HALF_TOPIC", "SELF_TEST_TOPIC"];
  for (const topic of forbidden) {
    await assert.rejects(send({}, topic), isRefusal("no-permission", /forbidden/), topic);
  }
  const strange = sendAsk({ defaultTopic: "Nothing" });
  await assert.rejects(send({}, "New", strange), isRefusal("topic-unknown", /Nothing.* not exist/));
  const plain = sendAsk({ defaultTopic: "T" });
  await assert.rejects(send({}, "New", plain), isRefusal("topic-unknown", /no perm/));
  await assert.rejects(send({ queueId: 4 }), isRefusal("parameter-invalid", /queueId\[4\]/));
  await assert.rejects(send({ body: new Uint8Array() }), isRefusal("message-illegal", /0 bytes/));
  world.settings.messageBytesMax = 10;
  const big = { body: new Uint8Array(11) };
  await assert.rejects(send(big), isRefusal("message-illegal", /11 bytes.* 10, .*maxMessageSize/));
  world.settings.autoCreateTopic = false;
  await assert.rejects(send({}, "New"), isRefusal("topic-unknown", /autoCreateTopicEnable/));
  world.settings.autoCreateTopic = true;
  world.settings.topicsMax = 1;
  await assert.rejects(send({}, "New"), isRefusal("topic-unknown", /topicsMax is 1/));
});

test("A broker that may not be written refuses order topics alone", async () => {
  const world = await worldWith();
  await within(world, 50, world.broker.topics.create(makeTopic("Order", 1, { order: true }), ""));
  world.settings.brokerPermission = 4;
  await assert.rejects(
    within(world, 0, world.broker.intake.send(incoming("Order"), sendAsk())),
    isRefusal("no-permission", /brokerPermission/),
  );
  await within(world, 0, world.broker.intake.send(incoming("T"), sendAsk()));
});

test("What cannot be done yet is refused, never delivered at once", async () => {
  const world = await worldWith();
  const wishes: [Record<string, string>, RegExp][] = [
    [{ TIMER_DELIVER_MS: "x" }, /whole number/],
    [{ TIMER_DELAY_SEC: "1.5" }, /whole number/],
  ];
  for (const topic of ["T", "%RETRY%g"]) {
    for (const [wish, sentence] of wishes) {
      const message = incoming(topic, { properties: properties(wish) });
      const sent = within(world, 50, world.broker.intake.send(message, sendAsk()));
      await assert.rejects(sent, isRefusal("message-illegal", sentence));
    }
  }
  for (const sysFlag of [0x4, 0xc, 0x40, 0x80]) {
    const sent = world.broker.intake.send(incoming("T", { sysFlag }), sendAsk());
    await assert.rejects(within(world, 0, sent), isRefusal("message-illegal"));
  }
  assert.equal(world.log.positionMax, 0);
});

test("A retry needs its group; one tried too often becomes a dead letter", async () => {
  const world = await makeWorld({ autoCreateGroup: false });
  const retry = (reconsumeTimes: number, ask = sendAsk(), wish = {}) =>
    within(
      world,
      50,
      world.broker.intake.send(
        incoming("%RETRY%g", { reconsumeTimes, properties: properties(wish) }),
        ask,
      ),
    );
  await assert.rejects(retry(1), isRefusal("group-unknown", /autoCreateSubscriptionGroup/));
  await within(world, 50, world.broker.groups.put(makeGroup("g", { retryMaxTimes: 2 })));
  assert.equal(recordAt(world, (await retry(2)).ids).topic, "%RETRY%g");
  const dead = await retry(3, sendAsk(), { DELAY: "5", TAGS: "t" });
  const letter = recordAt(world, dead.ids);
  assert.deepEqual([letter.topic, letter.queueId, letter.reconsumeTimes], ["%DLQ%g", 0, 3]);
  assert.equal(parseProperties(letter.properties).get("DELAY"), "-1");
  assert.equal(world.broker.topics.get("%DLQ%g").writeQueues, 1);
  const own = await retry(3, sendAsk({ maxReconsumeTimes: 5 }));
  assert.equal(recordAt(world, own.ids).topic, "%RETRY%g");
  const old = await retry(3, sendAsk({ maxReconsumeTimes: 5, version: 120 }));
  assert.equal(recordAt(world, old.ids).topic, "%DLQ%g");
});

test("WAIT=false does not wait for the disk; others do, and hear where it is slow", async () => {
  let syncMs = 0;
  const world = await makeWorld({}, { log: { flush: "SYNC_FLUSH" }, syncMs: () => syncMs });
  await within(world, 50, world.broker.topics.create(makeTopic("T", 1), ""));
  syncMs = 20_000;
  const hasty = incoming("T", { properties: properties({ WAIT: "false" }) });
  assert.equal((await within(world, 0, world.broker.intake.send(hasty, sendAsk()))).flush, "ok");
  const slow = await within(world, 5000, world.broker.intake.send(incoming("T"), sendAsk()));
  assert.equal(slow.flush, "timeout");
  assert.match(slow.ids, /^[0-9A-F]{32}$/);
});

test("A disk that fails ends all acknowledging, and is counted", async () => {
  const world = await worldWith();
  world.disk.faults = failAll("write", "EIO");
  const failed = within(world, 0, world.broker.intake.send(incoming("T"), sendAsk()));
  await assert.rejects(failed, isRefusal("unavailable", /EIO/));
  world.disk.faults = undefined;
  const late = within(world, 0, world.broker.intake.send(incoming("T"), sendAsk()));
  await assert.rejects(late, isRefusal("unavailable", /EIO/));
  assert.equal(world.broker.stats.runtime().get("putMessageFailedTimes"), "2");
});

function batchBody(parts: { body: string; properties: string }[]): Uint8Array {
  const encoded = parts.map((part) => {
    const body = text.encode(part.body);
    const own = text.encode(part.properties);
    const bytes = new Uint8Array(22 + body.length + own.length);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, bytes.length);
    view.setInt32(12, 77);
    view.setInt32(16, body.length);
    bytes.set(body, 20);
    view.setInt16(20 + body.length, own.length);
    bytes.set(own, 22 + body.length);
    return bytes;
  });
  return new Uint8Array(encoded.flatMap((bytes) => [...bytes]));
}

test("A batch is stored as its messages, each with its own key", async () => {
  const world = await worldWith();
  const body = batchBody([
    { body: "one", properties: properties({ UNIQ_KEY: "U1", TAGS: "a", WAIT: "true" }) },
    { body: "two", properties: "" },
  ]);
  const whole = properties({ UNIQ_KEY: "BATCH", WAIT: "true" });
  const message = incoming("T", { queueId: 2, body, properties: whole });
  const receipt = await within(world, 0, world.broker.intake.sendBatch(message, sendAsk()));
  assert.deepEqual([receipt.queueId, receipt.offset, receipt.transactionId], [2, 0, "BATCH"]);
  assert.equal(receipt.batchUniqueId, undefined);
  const records = receipt.ids.split(",").map((id) => recordAt(world, id));
  assert.deepEqual(records.map(({ offset }) => offset), [0, 1]);
  assert.deepEqual(records.map(({ flag }) => flag), [77, 77]);
  assert.equal(records[1].position, records[0].position + records[0].size);
  const keys = records.map((one) => parseProperties(one.properties).get("UNIQ_KEY") ?? "");
  assert.equal(keys[0], "U1");
  assert.match(keys[1], /^[0-9A-F]{32}$/);
  const cluster = parseProperties(records[0].properties).get("CLUSTER");
  assert.equal(cluster, "DefaultCluster");
});

test("A batch is refused as a whole", async () => {
  const world = await worldWith();
  const send = (topic: string, parts: { body: string; properties: string }[]) => {
    const message = incoming(topic, { body: batchBody(parts) });
    return within(world, 50, world.broker.intake.sendBatch(message, sendAsk()));
  };
  const good = { body: "good", properties: "" };
  const half = { body: "half", properties: properties({ TRAN_MSG: "true" }) };
  await assert.rejects(send("T", [good, half]), isRefusal("message-illegal", /transaction/));
  await assert.rejects(send("%RETRY%g", [good]), isRefusal("message-illegal", /retry group/));
  world.settings.batchMessagesMax = 2;
  await assert.rejects(send("T", [good, good, good]), isRefusal("message-illegal", /holds 3/));
  assert.equal(world.log.positionMax, 0);
  const torn = incoming("T", { body: batchBody([good]).subarray(0, 20) });
  await assert.rejects(
    within(world, 0, world.broker.intake.sendBatch(torn, sendAsk())),
    isRefusal("message-illegal", /do not add up/),
  );
});
