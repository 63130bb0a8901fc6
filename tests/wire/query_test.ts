import assert from "node:assert/strict";
import test from "node:test";
import { decodeRecord } from "../../lib/model/record.ts";
import type { Caller } from "../../lib/remoting/caller.ts";
import type { Command } from "../../lib/remoting/command.ts";
import { jsonFrame } from "../remoting/bytes.ts";
import type { Harness } from "../remoting/harness.ts";
import { type BrokerPort, heartbeat, openBroker, sendHeader, text, utf8 } from "./broker_port.ts";

const KEYED = "KEYS\u0001k1 k2\u0002UNIQ_KEY\u0001U1\u0002TAGS\u0001TagA\u0002";

/** A broker with three messages in T, queue 0, and its caller. */
async function withMessages(port?: BrokerPort) {
  const { world, harness } = port ?? await openBroker();
  const caller = await harness.caller();
  const ids: string[] = [];
  for (const body of ["a", "b", "c"]) {
    const sent = await harness.ask(caller, 310, sendHeader("T", 0, KEYED), utf8.encode(body));
    assert.equal(sent.code, 0, sent.remark);
    ids.push(String(sent.fields.msgId));
  }
  return { world, harness, caller, ids };
}

function bodiesOf(answer: Command): string[] {
  const found: string[] = [];
  for (let at = 0; at < answer.body.length;) {
    const record = decodeRecord(answer.body, at);
    found.push(text(record.body));
    at += record.size;
  }
  return found;
}

const question = {
  ...{ topic: "T", key: "k1", maxNum: "10", beginTimestamp: "0" },
  endTimestamp: "9223372036854775807",
};

test("messages are found by key, unique key and tags, in a time range", async () => {
  const { world, harness, caller } = await withMessages();
  const find = (changes: Record<string, string>) => {
    return harness.ask(caller, 12, { ...question, ...changes });
  };
  assert.deepEqual(bodiesOf(await find({})), ["a", "b", "c"]);
  assert.deepEqual(bodiesOf(await find({ key: "k2", indexType: "K" })), ["a", "b", "c"]);
  assert.deepEqual(bodiesOf(await find({ maxNum: "1" })), ["c"]);
  const unique = { key: "U1", _UNIQUE_KEY_QUERY: "TRUE", maxNum: "1" };
  assert.deepEqual(bodiesOf(await find(unique)), ["a", "b", "c"]);
  assert.deepEqual(bodiesOf(await find({ key: "U1", indexType: "U", lastKey: "x" })).length, 3);
  assert.deepEqual(bodiesOf(await find({ key: "TagA", indexType: "T" })), ["a", "b", "c"]);
  assert.equal((await find({ key: "TagA" })).code, 22);
  assert.equal((await find({ key: "TagA", indexType: "X" })).code, 29);
  const later = await find({ beginTimestamp: String(world.clock.now() + 5000) });
  assert.equal(later.code, 22);
  assert.equal(later.remark, "can not find message, maybe time range not correct");
  assert.equal((await find({ endTimestamp: "1000" })).code, 22);
});

const all = { topic: "T", group: "g", timestamp: "-1", isForce: "true" };

test("a group is sent elsewhere, and its consumer hears of it", async () => {
  const { harness, caller } = await withMessages();
  await harness.ask(caller, 34, {}, heartbeat("c@1", "g", "T"));
  const queue = { consumerGroup: "g", topic: "T", queueId: "0" };
  const reset = await harness.ask(caller, 222, all);
  assert.equal(reset.code, 0, reset.remark);
  assert.match(
    text(reset.body),
    /^\{"offsetTable":\{\{"brokerName":"broker-a","queueId":0,"topic":"T"\}:3,/,
  );
  assert.equal((await harness.ask(caller, 14, queue)).fields.offset, "3");
  const commit = await harness.ask(caller, 15, { ...queue, commitOffset: "1" });
  assert.deepEqual([commit.code, commit.remark], [0, "Offset has been previously reset"]);
  const pull = { ...queue, queueOffset: "0", maxMsgNums: "32", sysFlag: "0", subVersion: "0" };
  const moved = await harness.ask(caller, 11, pull);
  assert.deepEqual([moved.code, moved.fields.nextBeginOffset], [21, "3"]);
  const one = { ...all, queueId: "0", offset: "1" };
  assert.equal(
    text((await harness.ask(caller, 222, one)).body),
    `{"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:1}}`,
  );
  const cloned = await harness.ask(caller, 314, { srcGroup: "g", destGroup: "h" });
  assert.equal(cloned.code, 0, cloned.remark);
  const other = { ...queue, consumerGroup: "h" };
  assert.equal((await harness.ask(caller, 14, other)).fields.offset, "1");
});

test("clients are asked through the broker", async () => {
  const { harness, caller, ids } = await withMessages();
  const client = await harness.connect();
  const beat = heartbeat("c@1", "g", "T");
  client.send(jsonFrame(`{"code":34,"opaque":1,"version":513,"language":"JAVA"}`, beat));
  await harness.clock.advance(20);
  const asked = async (code: number, header: Record<string, string>, body: string) => {
    const answer = caller.call({ code, header, timeoutMs: 60_000 });
    await harness.clock.advance(20);
    const heard = client.heard[client.heard.length - 1];
    const head = `{"code":0,"flag":1,"opaque":${heard.opaque}}`;
    client.send(jsonFrame(head, utf8.encode(body)));
    await harness.clock.advance(20);
    return { answer: await answer, heard };
  };
  const who = { consumerGroup: "g", clientId: "c@1" };
  const running = await asked(307, { ...who, jstackEnable: "true" }, `{"jstack":"x"}`);
  assert.deepEqual([running.answer.code, text(running.answer.body)], [0, `{"jstack":"x"}`]);
  assert.deepEqual([running.heard.code, running.heard.fields.jstackEnable], [307, "true"]);
  const direct = await asked(309, { ...who, msgId: ids[1], topic: "T" }, "{}");
  assert.equal(direct.answer.code, 0, direct.answer.remark);
  assert.equal(text(decodeRecord(direct.heard.body, 0).body), "b");
  const queues = `{{"brokerName":"broker-a","queueId":0,"topic":"T"}:3}`;
  const status = await asked(223, { topic: "T", group: "g" }, `{"messageQueueTable":${queues}}`);
  assert.equal(
    text(status.answer.body),
    `{"consumerTable":{"c@1":${queues}},"messageQueueTable":{}}`,
  );
  const late = caller.call({ code: 307, header: who, timeoutMs: 60_000 });
  await harness.clock.advance(12_000);
  assert.equal((await late).code, 207);
  const gone = caller.call({ code: 307, header: who, timeoutMs: 60_000 });
  await harness.clock.advance(20);
  client.connection.end();
  await harness.clock.advance(20);
  assert.equal((await gone).code, 206);
  assert.equal((await harness.ask(caller, 307, who)).code, 1);
});

test("a closer look at queues and groups", async () => {
  const { harness, caller } = await withMessages();
  await harness.ask(caller, 34, {}, heartbeat("c@1", "g", "T"));
  const queue = { consumerGroup: "g", topic: "T", queueId: "0" };
  await harness.ask(caller, 15, { ...queue, commitOffset: "2" });
  const json = async (code: number, header: Record<string, string>) => {
    const answer = await harness.ask(caller, code, header);
    assert.equal(answer.code, 0, answer.remark);
    return JSON.parse(text(answer.body));
  };
  const { consumeTimeSpanSet: spans } = await json(303, { topic: "T", group: "g" });
  assert.deepEqual(Object.keys(spans[0]), [
    "consumeTimeStamp",
    "delayTime",
    "maxTimeStamp",
    "messageQueue",
    "minTimeStamp",
  ]);
  const entries = await json(321, { topic: "T", queueId: "0", index: "1", count: "1" });
  assert.deepEqual([entries.maxQueueIndex, entries.minQueueIndex], [3, 0]);
  assert.equal(entries.queueData.length, 1);
  const subscribed = { topic: "T", queueId: "0", index: "0", count: "9", consumerGroup: "g" };
  assert.equal((await json(321, subscribed)).subscriptionData.subString, "*");
  const nobody = await json(321, { ...subscribed, consumerGroup: "h" });
  assert.equal(nobody.filterData, "h@T is not online!");
  const sql = { expression: "a > 1", type: "SQL92" };
  await harness.ask(caller, 34, {}, heartbeat("c@9", "sql", "T", sql));
  const { filterData, queueData } = await json(321, { ...subscribed, consumerGroup: "sql" });
  assert.match(filterData, /^\{\n\t"bornTime":\d+,\n.*\t"expression":"a > 1",\n/s);
  assert.equal(queueData[0].eval, false);
  assert.deepEqual((await json(343, { group: "g" })).topicList, ["T"]);
  assert.equal((await json(345, { group: "g", topic: "T" })).subscriptionData.topic, "T");
  assert.deepEqual(await json(345, { group: "h", topic: "T" }), { group: "h", topic: "T" });
  const correction = await harness.ask(caller, 308, { topic: "T", compareGroup: "g" });
  assert.equal(text(correction.body), `{"correctionOffsets":{0:2}}`);
  const progress = text((await harness.ask(caller, 43)).body);
  assert.match(progress, /^\{"dataVersion":\{.*\},"offsetTable":\{"T@g":\{0:2\}\}\}$/);
});

/** Requests as they should be. */
const SOUND: readonly (readonly [code: number, header: Record<string, string>])[] = [
  [12, { ...question, _UNIQUE_KEY_QUERY: "false", indexType: "K", lastKey: "" }],
  [29, { topic: "T", queueId: "0", timestamp: "0", boundaryType: "LOWER" }],
  [33, { topic: "T", offset: "0" }],
  [222, { ...all, queueId: "0", offset: "0" }],
  [223, { topic: "T", group: "g", clientAddr: "c@1" }],
  [303, { topic: "T", group: "g" }],
  [307, { consumerGroup: "g", clientId: "c@2", jstackEnable: "false" }],
  [308, { topic: "T", compareGroup: "g", filterGroups: "h" }],
  [309, { consumerGroup: "g", clientId: "c@2", msgId: "A".repeat(32), topic: "T" }],
  [314, { srcGroup: "g", destGroup: "h", topic: "T", offline: "false" }],
  [321, { topic: "T", queueId: "0", index: "0", count: "1", consumerGroup: "g" }],
  [343, { group: "g" }],
  [345, { group: "g", topic: "T" }],
];
const NASTY = [
  ...["", " ", "-5", "0", "2147483648", "9223372036854775808", "1e9", "0x10", "null", "true"],
  ...["é\u0000\u2028", "../../etc/passwd", "__proto__", "T\u0001x", "x".repeat(10_000)],
];

async function checkNasty(harness: Harness, caller: Caller, one: (typeof SOUND)[number]) {
  const [code, header] = one;
  const tries: [string, Record<string, string>][] = [["nothing", {}]];
  for (const name of Object.keys(header)) {
    const { [name]: _gone, ...rest } = header;
    tries.push([`no ${name}`, rest]);
    for (const value of NASTY) tries.push([`${name}=${value}`, { ...header, [name]: value }]);
  }
  for (const [what, sent] of tries) {
    const asked = caller.call({ code, header: sent, timeoutMs: 60_000 });
    // The client is silent: who asks it waits.
    await harness.clock.advance(code === 223 ? 6500 : 20);
    const answer = await asked;
    const said = `${code} ${what.slice(0, 60)}: ${answer.code} ${answer.remark}`;
    assert.ok([0, 1, 17, 22, 26, 29].includes(answer.code), said);
    assert.ok(!answer.remark?.includes("failed inside"), said);
    if (answer.code !== 0) assert.ok((answer.remark ?? "").length > 10, said);
    if (what.startsWith("no ") && answer.code === 29) {
      assert.match(answer.remark ?? "", /is missing\.$|is no offset id/, said);
    }
  }
}

test("headers that are wrong are answered with what is wrong", async () => {
  const { world, harness, caller } = await withMessages();
  await harness.ask(caller, 34, {}, heartbeat("c@1", "g", "T"));
  for (const one of SOUND) await checkNasty(harness, caller, one);
  assert.deepEqual(world.lines.logged("error"), []);
});

test("what tools show of the whole broker", async () => {
  const { harness, caller } = await withMessages();
  await harness.ask(caller, 34, {}, heartbeat("c@1", "g", "T"));
  const queue = { consumerGroup: "g", topic: "T", queueId: "0" };
  await harness.ask(caller, 15, { ...queue, commitOffset: "1" });
  await harness.clock.advance(3000);
  const shown = await harness.ask(caller, 317, { isOrder: "false" });
  assert.equal(shown.code, 0, shown.remark);
  const list = text(shown.body);
  assert.match(list, /^\{"brokerAddr":"127\.0\.0\.1:10911","consumeStatsList":\[/);
  assert.match(list, /\{"g":\[\{"offsetTable":\{\{"brokerName":"broker-a","queueId":0,"topic":"T"/);
  assert.match(list, /\],"totalDiff":2,"totalInflightDiff":0\}$/);
  const ordered = await harness.ask(caller, 317, { isOrder: "true" });
  assert.match(text(ordered.body), /\{"g":\[\]\}/);
  const producers = JSON.parse(text((await harness.ask(caller, 328)).body));
  assert.match(producers.data.p[0].remoteIP, /^\/127\.0\.0\.1:\d+$/);
  const figure = { statsName: "TOPIC_PUT_NUMS", statsKey: "T" };
  const stats = JSON.parse(text((await harness.ask(caller, 315, figure)).body));
  assert.deepEqual(Object.keys(stats), ["statsDay", "statsHour", "statsMinute"]);
  assert.equal(stats.statsDay.sum, 3);
  for (
    const [name, key] of [["TOPIC_PUT_NUMS", "U"], ["toString", "T"], ["BROKER_PUT_NUMS", "x"]]
  ) {
    const none = await harness.ask(caller, 315, { statsName: name, statsKey: key });
    assert.deepEqual([none.code, none.remark], [1, `The stats <${name}> <${key}> not exist`]);
  }
  const whole = { statsName: "BROKER_PUT_NUMS", statsKey: "DefaultCluster" };
  assert.equal((await harness.ask(caller, 315, whole)).code, 0);
  for (const code of [306, 316, 329]) assert.equal((await harness.ask(caller, code)).code, 0);
});

test("many topics and groups in one request", async () => {
  const { harness, caller } = await withMessages();
  const topics = `{"topicConfigList":[{"topicName":"L1","readQueueNums":2,"writeQueueNums":2},` +
    `{"topicName":"L2","attributes":{"+message.type":"FIFO"}}]}`;
  const made = await harness.ask(caller, 18, {}, utf8.encode(topics));
  assert.equal(made.code, 0, made.remark);
  const config = JSON.parse(text((await harness.ask(caller, 351, { topic: "L2" })).body));
  assert.deepEqual([config.readQueueNums, config.attributes], [16, { "message.type": "FIFO" }]);
  const groups = `{"groupConfigList":[{"groupName":"G1","retryMaxTimes":3},{"groupName":"G2"}]}`;
  assert.equal((await harness.ask(caller, 225, {}, utf8.encode(groups))).code, 0);
  const group = JSON.parse(text((await harness.ask(caller, 352, { group: "G1" })).body));
  assert.equal(group.retryMaxTimes, 3);
  for (
    const [code, body] of [[18, "{"], [18, "[]"], [225, "x"], [18, `{"topicConfigList":[{}]}`]]
  ) {
    const answer = await harness.ask(caller, Number(code), {}, utf8.encode(String(body)));
    const expected = String(body).startsWith('{"') ? 29 : 1;
    assert.equal(answer.code, expected, `${code} ${body}: ${answer.remark}`);
  }
  for (const body of ["{}", `{"topicConfigList":3}`]) {
    assert.equal((await harness.ask(caller, 18, {}, utf8.encode(body))).code, 0);
  }
});

test("what belongs to features that are not here is 3, and says which", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  for (
    const [code, said] of [[907, "replicas"], [3005, "access control"], [513, "static topics"]]
  ) {
    const answer = await harness.ask(caller, Number(code));
    assert.equal(answer.code, 3);
    const sentence =
      `^ request type ${code} not supported\\. \\w+ is for ${said}, which this broker`;
    assert.match(answer.remark ?? "", new RegExp(sentence));
  }
});
