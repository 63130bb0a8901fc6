import assert from "node:assert/strict";
import test from "node:test";
import type { Link } from "../../lib/broker/link.ts";
import type { Message } from "../../lib/model/message.ts";
import type { RemotingLimits } from "../../lib/remoting/limits.ts";
import { host } from "../broker/fake_link.ts";
import { isRefusal } from "../broker/refusals.ts";
import { jsonFrame } from "./bytes.ts";
import { Harness, type RawClient, testRow } from "./harness.ts";

const utf8 = new TextEncoder();
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const running = { group: "g", clientId: "c@1", withStacks: true };

/** A client, the broker's link to it, and the harness around. */
async function linked(limits: Partial<RemotingLimits> = {}) {
  const links: Link[] = [];
  const row = testRow(1, ({ link }) => {
    links.push(link);
    return {};
  });
  const harness = await new Harness([row], limits).start();
  const client = await harness.connect();
  client.ask(1, 1);
  await harness.clock.settle();
  client.heard.length = 0;
  const link = links[0];
  const asked = async () => {
    await harness.clock.settle();
    return client.heard[client.heard.length - 1];
  };
  return { harness, client, link, asked };
}

function answer(client: RawClient, opaque: number, said: { code?: number; body?: Uint8Array }) {
  const { code = 0, body } = said;
  client.send(jsonFrame(`{"code":${code},"flag":1,"opaque":${opaque},"remark":"so"}`, body));
}

/** The refusal that a promise ends with; undefined as long as it waits. */
function ending(promise: Promise<unknown>) {
  const end: { error?: unknown } = {};
  promise.catch((error) => end.error = error);
  return end;
}

test("a client is asked, and its answer comes back to the one who asked", async () => {
  const { harness, client, link, asked } = await linked();
  const first = link.runningState(running);
  const one = await asked();
  const second = link.runningState({ ...running, withStacks: false });
  const other = await asked();
  assert.deepEqual([one.code, one.flag], [307, 0]);
  assert.deepEqual({ ...one.fields }, {
    consumerGroup: "g",
    clientId: "c@1",
    jstackEnable: "true",
  });
  assert.equal(other.fields.jstackEnable, "false");
  assert.equal(harness.listener.load.calls, 2);
  answer(client, other.opaque, { body: utf8.encode("two") });
  answer(client, one.opaque, { body: utf8.encode("one") });
  answer(client, one.opaque, { body: utf8.encode("again") });
  answer(client, 4711, { body: utf8.encode("unasked") });
  await harness.clock.settle();
  assert.deepEqual([text(await first), text(await second)], ["one", "two"]);
  assert.equal(harness.listener.load.calls, 0);
});

test("no answer in time, and one that comes too late", async () => {
  const { harness, client, link, asked } = await linked();
  const end = ending(link.runningState(running));
  const { opaque } = await asked();
  await harness.clock.advance(9_900);
  assert.equal(end.error, undefined);
  await harness.clock.advance(1_200);
  assert.ok(
    isRefusal(
      "client-silent",
      /^The client at 127\.0\.0\.1:\d+ did not answer in 10000 ms\.$/,
    )(end.error),
  );
  assert.equal(harness.listener.load.calls, 0);
  answer(client, opaque, {});
  await harness.clock.settle();
  assert.equal(client.closed, undefined);
});

test("a connection that closes ends what was asked, and nothing is asked then", async () => {
  const { harness, client, link } = await linked();
  const ends = [ending(link.runningState(running)), ending(link.runningState(running))];
  await harness.clock.settle();
  client.connection.end();
  await harness.clock.advance(100);
  for (const { error } of ends) {
    assert.ok(isRefusal("consumer-offline", /was gone before it answered\.$/)(error));
  }
  assert.equal(harness.listener.load.calls, 0);
  await assert.rejects(link.runningState(running), isRefusal("consumer-offline", /is gone\.$/));
});

test("a listener that closes waits for no client's answer", async () => {
  const { harness, link } = await linked();
  const end = ending(link.runningState(running));
  await harness.clock.settle();
  const closing = harness.listener.close();
  await harness.clock.settle();
  assert.ok(isRefusal("consumer-offline", /was gone/)(end.error));
  await harness.clock.advance(4000);
  await closing;
});

test("a client that says no is a refusal with its words", async () => {
  const { harness, client, link, asked } = await linked();
  const end = ending(link.runningState(running));
  answer(client, (await asked()).opaque, { code: 1 });
  await harness.clock.settle();
  assert.ok(isRefusal("failed", /answered with code 1: so$/)(end.error));
});

test("only so many answers are waited for, of one client and of all", async () => {
  const limits = { callsPerConnectionMax: 2, callsMax: 3 };
  const { harness, link } = await linked(limits);
  for (let at = 0; at < 2; at++) ending(link.runningState(running));
  await assert.rejects(
    link.runningState(running),
    isRefusal("busy", /owes 2 answers of 2 .* 2 and 3 are the most \(callsPerConnectionMax, calls/),
  );
  await harness.clock.advance(11_000);
  harness.listener.load.calls = 3;
  await assert.rejects(link.runningState(running), isRefusal("busy", /owes 0 answers of 3/));
});

test("how far a consumer is: fastjson's table, an empty answer, and nonsense", async () => {
  const { harness, client, link, asked } = await linked();
  const ask = async (body?: string) => {
    const status = link.consumerStatus({ group: "g", topic: "T" });
    const end = ending(status);
    const { opaque, code, fields } = await asked();
    assert.deepEqual([code, { ...fields }], [221, { topic: "T", group: "g" }]);
    answer(client, opaque, { body: body === undefined ? undefined : utf8.encode(body) });
    await harness.clock.settle();
    if (end.error !== undefined) return end.error;
    return await status;
  };
  const key = (id: number) => `{"brokerName":"a","queueId":${id},"topic":"T"}`;
  assert.deepEqual(await ask(`{"messageQueueTable":{${key(0)}:7,${key(1)}:9,"x":1}}`), [
    { topic: "T", brokerName: "a", queueId: 0, offset: 7 },
    { topic: "T", brokerName: "a", queueId: 1, offset: 9 },
  ]);
  assert.deepEqual(await ask(), []);
  assert.deepEqual(await ask(`{"messageQueueTable":3}`), []);
  assert.ok(isRefusal("failed", /answered what does not read/)(await ask("{")));
  const bad = `{"messageQueueTable":{{"queueId":"x"}:1}}`;
  assert.ok(isRefusal("failed", /answered what does not read/)(await ask(bad)));
});

test("one message to consume, and a reply, with all that their headers have", async () => {
  const { harness, client, link, asked } = await linked();
  const direct = link.consumeDirectly({
    ...{ group: "g", clientId: "c@1", messageId: "ID", brokerName: "a", topic: "T" },
    ...{ topicSysFlag: 1, groupSysFlag: undefined, record: utf8.encode("record") },
  });
  const one = await asked();
  assert.deepEqual([one.code, one.flag, text(one.body)], [309, 0, "record"]);
  assert.deepEqual({ ...one.fields }, {
    consumerGroup: "g",
    clientId: "c@1",
    msgId: "ID",
    brokerName: "a",
    topic: "T",
    topicSysFlag: "1",
  });
  answer(client, one.opaque, { body: utf8.encode("verdict") });
  await harness.clock.settle();
  assert.equal(text(await direct), "verdict");

  const message: Message = {
    ...{ topic: "R", queueId: 0, flag: 3, sysFlag: 1, bornTimestamp: 5, reconsumeTimes: 0 },
    ...{ bornHost: host("10.0.0.1", 7), storeHost: host("10.0.0.2", 8), preparedPosition: 0 },
    ...{ properties: "a\u0001b\u0002", body: utf8.encode("reply") },
  };
  const delivered = link.deliverReply({
    ...{ message, producerGroup: "p", defaultTopic: "TBW102", defaultTopicQueues: 4 },
    ...{ unitMode: false, storeTimestamp: 9 },
  });
  const other = await asked();
  assert.deepEqual([other.code, text(other.body)], [326, "reply"]);
  assert.deepEqual({ ...other.fields }, {
    producerGroup: "p",
    topic: "R",
    defaultTopic: "TBW102",
    defaultTopicQueueNums: "4",
    queueId: "0",
    sysFlag: "1",
    bornTimestamp: "5",
    flag: "3",
    properties: "a\u0001b\u0002",
    reconsumeTimes: "0",
    unitMode: "false",
    bornHost: "10.0.0.1:7",
    storeHost: "10.0.0.2:8",
    storeTimestamp: "9",
  });
  answer(client, other.opaque, {});
  await harness.clock.settle();
  await delivered;
});

test("what wants no answer is one-way: a check of a transaction, new offsets", async () => {
  const { link, asked } = await linked();
  link.checkTransaction({
    ...{ record: utf8.encode("half"), topic: "T", brokerName: "a", position: 100, offset: 3 },
    ...{ messageId: "M", transactionId: "X", offsetId: "O" },
  });
  const check = await asked();
  assert.deepEqual([check.code, check.flag, text(check.body)], [39, 2, "half"]);
  assert.deepEqual({ ...check.fields }, {
    topic: "T",
    bname: "a",
    tranStateTableOffset: "3",
    commitLogOffset: "100",
    msgId: "M",
    transactionId: "X",
    offsetMsgId: "O",
  });
  const queues = [{ topic: "T", brokerName: "a", queueId: 0, offset: 5 }];
  const reset = { group: "g", topic: "T", timestamp: -1, force: true, queues, language: "JAVA" };
  link.resetProgress(reset);
  const java = await asked();
  assert.deepEqual([java.code, java.flag], [220, 2]);
  assert.equal(text(java.body), `{"offsetTable":{{"brokerName":"a","queueId":0,"topic":"T"}:5}}`);
  assert.equal(java.fields.isForce, "true");
  link.resetProgress({ ...reset, language: "CPP" });
  assert.equal(
    text((await asked()).body),
    `{"offsetTable":[{"brokerName":"a","offset":5,"queueId":0,"topic":"T"}]}`,
  );
});
