import assert from "node:assert/strict";
import test from "node:test";
import { parseLooseJson } from "../../lib/model/loose_json.ts";
import type { Caller } from "../../lib/remoting/caller.ts";
import type { Harness } from "../remoting/harness.ts";
import { heartbeat, openBroker, sendHeader, text, utf8 } from "./broker_port.ts";

const topicHeader = (topic: string, changes: Record<string, string> = {}) => ({
  topic,
  defaultTopic: "TBW102",
  readQueueNums: "2",
  writeQueueNums: "2",
  perm: "6",
  topicFilterType: "SINGLE_TAG",
  topicSysFlag: "0",
  order: "false",
  attributes: "+message.type=NORMAL",
  ...changes,
});

async function json(harness: Harness, caller: Caller, code: number, header = {}) {
  const answer = await harness.ask(caller, code, header);
  assert.equal(answer.code, 0, `${code}: ${answer.remark}`);
  return { fields: answer.fields, body: JSON.parse(text(answer.body)) };
}

test("topics are made, shown, listed in parts, and removed", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  for (const topic of ["A", "B"]) {
    assert.equal((await harness.ask(caller, 17, topicHeader(topic))).code, 0);
  }
  const one = await json(harness, caller, 351, { topic: "A" });
  assert.deepEqual(one.body, {
    attributes: { "message.type": "NORMAL" },
    order: false,
    perm: 6,
    readQueueNums: 2,
    topicFilterType: "SINGLE_TAG",
    topicName: "A",
    topicSysFlag: 0,
    writeQueueNums: 2,
  });
  assert.deepEqual(Object.keys(one.body), Object.keys(one.body).sort());
  const all = await json(harness, caller, 21);
  const names = Object.keys(all.body.topicConfigTable);
  assert.equal(all.fields.totalTopicNum, String(names.length));
  assert.ok(names.includes("A") && names.includes("TBW102"));
  assert.deepEqual(Object.keys(all.body), [
    "dataVersion",
    "mappingDataVersion",
    "topicConfigTable",
    "topicQueueMappingDetailMap",
    "topicQueueMappingInfoMap",
  ]);
  const version = JSON.stringify(all.body.dataVersion);
  const seen: string[] = [];
  for (let from = 0; from < names.length; from += 3) {
    const asked = { topicSeq: String(from), dataVersion: version, maxTopicNum: "3" };
    const part = await json(harness, caller, 21, asked);
    seen.push(...Object.keys(part.body.topicConfigTable));
  }
  assert.deepEqual(seen, names);
  assert.equal((await harness.ask(caller, 21, { dataVersion: "{" })).code, 29);
  assert.equal((await harness.ask(caller, 215, { topic: "A" })).code, 0);
  assert.equal((await harness.ask(caller, 351, { topic: "A" })).code, 17);
  assert.equal((await harness.ask(caller, 17, topicHeader("../../etc"))).code, 29);
  assert.equal((await harness.ask(caller, 17, topicHeader("TBW102"))).code, 29);
});

test("a topic's figures have queues as keys", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  await harness.ask(caller, 310, sendHeader("T", 1), utf8.encode("x"));
  const answer = await harness.ask(caller, 202, { topic: "T" });
  assert.equal(answer.code, 0);
  const body = text(answer.body);
  assert.match(body, /^\{"offsetTable":\{\{"brokerName":"broker-a","queueId":0,"topic":"T"\}:\{/);
  assert.match(
    body,
    /"queueId":1,"topic":"T"\}:\{"lastUpdateTimestamp":\d+,"maxOffset":1,"minOffset":0\}/,
  );
  assert.doesNotThrow(() => parseLooseJson(body));
  assert.equal((await harness.ask(caller, 202, { topic: "Unknown" })).code, 17);
});

test("the system's topics are listed", async () => {
  const { harness } = await openBroker();
  const { body } = await json(harness, await harness.caller(), 305);
  assert.ok(body.topicList.includes("TBW102") && body.topicList.includes("SCHEDULE_TOPIC_XXXX"));
});

test("groups are made, shown and removed", async () => {
  const { harness } = await openBroker({ settings: { autoCreateGroup: false } });
  const caller = await harness.caller();
  const group = `{"brokerId":0,"consumeBroadcastEnable":true,"consumeEnable":true,` +
    `"consumeFromMinEnable":true,"groupName":"G","groupRetryPolicy":{"type":"EXPONENTIAL"},` +
    `"notifyConsumerIdsChangedEnable":true,"retryMaxTimes":3,"retryQueueNums":1}`;
  const put = await harness.ask(caller, 200, {}, utf8.encode(group));
  assert.equal(put.code, 0, put.remark);
  const one = await json(harness, caller, 352, { group: "G" });
  assert.equal(one.body.retryMaxTimes, 3);
  assert.deepEqual(one.body.groupRetryPolicy, { type: "EXPONENTIAL" });
  assert.deepEqual(Object.keys(one.body), Object.keys(one.body).sort());
  const all = await json(harness, caller, 201);
  assert.ok("G" in all.body.subscriptionGroupTable);
  assert.deepEqual(all.body.forbiddenTable, {});
  assert.equal(
    all.fields.totalGroupNum,
    String(Object.keys(all.body.subscriptionGroupTable).length),
  );
  assert.equal((await harness.ask(caller, 207, { groupName: "G", cleanOffset: "true" })).code, 0);
  assert.equal((await harness.ask(caller, 352, { group: "G" })).code, 26);
  assert.equal((await harness.ask(caller, 200, {}, utf8.encode(`{"groupName":"a b"}`))).code, 29);
  assert.equal((await harness.ask(caller, 200, {}, utf8.encode("[]"))).code, 1);
  assert.equal((await harness.ask(caller, 200)).code, 1);
});

test("progress is committed and read, one-way and two-way", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  await harness.ask(caller, 310, sendHeader("T"), utf8.encode("x"));
  await harness.ask(caller, 34, {}, heartbeat("c@1", "g", "T"));
  const queue = { consumerGroup: "g", topic: "T", queueId: "0" };
  const two = await harness.ask(caller, 15, { ...queue, commitOffset: "1" });
  assert.equal(two.code, 0, two.remark);
  assert.equal((await harness.ask(caller, 14, queue)).fields.offset, "1");
  caller.tell({ code: 15, header: { ...queue, commitOffset: "0" } });
  await harness.clock.advance(10);
  assert.equal((await harness.ask(caller, 14, queue)).fields.offset, "0");
  const unknown = { ...queue, consumerGroup: "other", setZeroIfNotFound: "false" };
  assert.equal((await harness.ask(caller, 14, unknown)).code, 22);
  assert.equal((await harness.ask(caller, 15, { ...queue, commitOffset: "-5" })).code, 29);
  assert.equal(world.lines.logged("error").length, 0);
});

test("offsets: where queues begin, end, and were at a time", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  await harness.ask(caller, 310, sendHeader("T"), utf8.encode("x"));
  const queue = { topic: "T", queueId: "0" };
  assert.deepEqual({ ...(await harness.ask(caller, 30, queue)).fields }, { offset: "1" });
  assert.deepEqual({ ...(await harness.ask(caller, 31, queue)).fields }, { offset: "0" });
  const time = { ...queue, timestamp: String(world.clock.now() - 100_000), boundaryType: "LOWER" };
  assert.deepEqual({ ...(await harness.ask(caller, 29, time)).fields }, { offset: "0" });
  const earliest = (await harness.ask(caller, 32, queue)).fields;
  assert.deepEqual(Object.keys(earliest), ["timestamp"]);
  assert.ok(Number(earliest.timestamp) > 1_700_000_000_000);
});

test("clients are known by heartbeats, told of changes, gone with their connection", async () => {
  const { harness } = await openBroker();
  const told: string[] = [];
  const one = await harness.caller(0, (command) => {
    told.push(`${command.code} ${command.flag} ${command.fields.consumerGroup}`);
  });
  const other = await harness.caller();
  const beat = await harness.ask(one, 34, {}, heartbeat("10.0.0.1@7", "g", "T", "TagA || TagC"));
  assert.equal(beat.code, 0, beat.remark);
  assert.deepEqual({ ...beat.fields }, {
    IS_SUPPORT_HEART_BEAT_V2: "true",
    IS_SUB_CHANGE: "true",
  });
  await harness.ask(other, 34, {}, heartbeat("10.0.0.2@7", "g", "T", "TagA || TagC"));
  assert.ok(told.length > 0 && told.every((line) => line === "40 2 g"));
  const members = await json(harness, other, 38, { consumerGroup: "g" });
  assert.deepEqual(members.body.consumerIdList.sort(), ["10.0.0.1@7", "10.0.0.2@7"]);

  const consumers = await json(harness, other, 203, { consumerGroup: "g" });
  assert.deepEqual(Object.keys(consumers.body), [
    "connectionSet",
    "consumeFromWhere",
    "consumeType",
    "messageModel",
    "subscriptionTable",
  ]);
  assert.equal(consumers.body.consumeType, "CONSUME_PASSIVELY");
  assert.equal(consumers.body.subscriptionTable.T.subString, "TagA || TagC");
  const [connection] = consumers.body.connectionSet;
  assert.deepEqual(Object.keys(connection), ["clientAddr", "clientId", "language", "version"]);
  assert.match(connection.clientAddr, /^127\.0\.0\.1:\d+$/);
  assert.equal(connection.language, "JAVA");
  assert.equal(connection.version, 513);
  const producers = await json(harness, other, 204, { producerGroup: "p" });
  assert.equal(producers.body.connectionSet.length, 2);
  const who = await json(harness, other, 300, { topic: "T" });
  assert.deepEqual(who.body, { groupList: ["g"] });

  await harness.ask(other, 35, { clientID: "10.0.0.2@7", consumerGroup: "g", producerGroup: "p" });
  assert.equal(
    (await json(harness, other, 204, { producerGroup: "p" })).body.connectionSet.length,
    1,
  );
  one.close();
  await harness.clock.advance(100);
  const nobody = await harness.ask(other, 38, { consumerGroup: "g" });
  assert.equal(nobody.code, 1);
  assert.equal(nobody.remark, "no consumer for this group, g");
  assert.equal((await harness.ask(other, 203, { consumerGroup: "g" })).code, 206);
  assert.equal((await harness.ask(other, 204, { producerGroup: "p" })).code, 1);
  assert.equal((await harness.ask(other, 34, {}, utf8.encode("{"))).code, 1);
  const large = await harness.ask(other, 34, {}, new Uint8Array(1024 * 1024 + 1));
  assert.equal(large.code, 29);
  assert.match(large.remark ?? "", /has 1048577 bytes, 1048576 are the most/);
});

test("a group's figures have queues as keys, and the rate behind them", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  await harness.ask(caller, 310, sendHeader("T"), utf8.encode("x"));
  await harness.ask(caller, 34, {}, heartbeat("c@1", "g", "T"));
  const queue = { consumerGroup: "g", topic: "T", queueId: "0" };
  await harness.ask(caller, 15, { ...queue, commitOffset: "1" });
  for (const header of [{}, { topic: "T" }, { topicList: "T;" }]) {
    const answer = await harness.ask(caller, 208, { consumerGroup: "g", ...header });
    assert.equal(answer.code, 0, answer.remark);
    const body = text(answer.body);
    assert.match(
      body,
      /\{"brokerName":"broker-a","queueId":0,"topic":"T"\}:\{"brokerOffset":1,"consumerOffset":1,/,
    );
    assert.match(body, /"pullOffset":\d+\}.*\},"consumeTps":[\d.]+\}$/);
  }
});

test("settings and figures of the broker itself", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  const settings = await harness.ask(caller, 26);
  assert.equal(settings.code, 0);
  assert.deepEqual(Object.keys(JSON.parse(String(settings.fields.version))), [
    "counter",
    "stateVersion",
    "timestamp",
  ]);
  const figures = await json(harness, caller, 28);
  assert.ok(Object.keys(figures.body.table).length > 20);
  assert.ok(Object.values(figures.body.table).every((value) => typeof value === "string"));
  const wrong = await harness.ask(caller, 25, {}, utf8.encode("a=\\u12"));
  assert.equal(wrong.code, 29);
  assert.match(wrong.remark ?? "", /line 1, column/);
});
