import assert from "node:assert/strict";
import test from "node:test";
import { Refusal, type RefusalKind } from "../../lib/model/refusal.ts";
import { row } from "../../lib/remoting/row.ts";
import { int, text } from "../../lib/remoting/shape.ts";
import { jsonFrame } from "./bytes.ts";
import { Harness, testRow } from "./harness.ts";

const echo = testRow(1, (call) => ({ remark: call.language, body: call.body }));
const refuses = testRow(2, () => {
  throw new Refusal("topic-unknown", "No such topic.");
});
const breaks = testRow(3, () => {
  throw new TypeError("x is not a function");
});
const breaksLater = testRow(4, () => Promise.reject(new Error("the disk is gone")));
const silent = testRow(5, () => undefined);
const all = [echo, refuses, breaks, breaksLater, silent];

test("an answer has the request's opaque as a signed number, and its form", async () => {
  const harness = await new Harness(all).start();
  const client = await harness.connect();
  for (const opaque of [0, 1, -1, 2147483647, -2147483648]) client.ask(1, opaque);
  await harness.clock.settle();
  assert.deepEqual(client.heard.map((one) => one.opaque), [0, 1, -1, 2147483647, -2147483648]);
  assert.ok(client.heard.every((one) => one.flag === 1 && one.version === 513 && one.code === 0));

  const binary = await harness.caller(1);
  const answer = await harness.ask(binary, 1, {}, new Uint8Array([5, 6]));
  assert.equal(answer.form, 1);
  assert.equal(answer.remark, "JAVA");
  assert.deepEqual([...answer.body], [5, 6]);
});

test("a one-way request hears nothing, whatever comes of it", async () => {
  const harness = await new Harness(all).start();
  const client = await harness.connect();
  for (const code of [1, 2, 3, 4, 5, 999]) client.ask(code, code, 2);
  client.ask(1, 77);
  await harness.clock.settle();
  assert.deepEqual(client.heard.map((one) => one.opaque), [77]);
});

test("an unknown code is 3, in RocketMQ's words first", async () => {
  const harness = await new Harness(all).start();
  const answer = await harness.ask(await harness.caller(), 4711);
  assert.equal(answer.code, 3);
  assert.match(answer.remark ?? "", /^ request type 4711 not supported\. /);
});

test("what fails unexpectedly is 1 with a description, and one line says where", async () => {
  const harness = await new Harness(all).start();
  const caller = await harness.caller();
  const one = await harness.ask(caller, 3);
  assert.equal(one.code, 1);
  assert.match(one.remark ?? "", /^TEST_3 failed inside the broker.* TypeError: x is not a func/);
  const other = await harness.ask(caller, 4);
  assert.equal(other.code, 1);
  assert.match(other.remark ?? "", /the disk is gone/);
  const lines = harness.lines.logged("error").map((line) => line.text);
  assert.equal(lines.length, 2);
  assert.match(
    lines[0],
    /^TEST_3 \(3\) of 127\.0\.0\.1:\d+ failed: TypeError: x is not a function/,
  );
  assert.ok(lines.every((line) => !line.includes("\n")));
});

test("every kind of refusal has its response code", async () => {
  const codes: Record<RefusalKind, number> = {
    "failed": 1,
    "busy": 2,
    "unsupported": 3,
    "flush-timeout": 10,
    "request-illegal": 1,
    "message-illegal": 13,
    "unavailable": 14,
    "no-permission": 16,
    "topic-unknown": 17,
    "flow-control": 215,
    "not-found": 22,
    "subscription-invalid": 23,
    "subscription-unknown": 24,
    "subscription-stale": 25,
    "filter-unknown": 27,
    "group-unknown": 26,
    "parameter-invalid": 29,
    "consumer-offline": 206,
    "client-silent": 207,
    "message-gone": 208,
    "broker-unknown": 211,
    "illegal-operation": 604,
  };
  const kinds = Object.keys(codes) as RefusalKind[];
  const rows = kinds.map((kind, code) =>
    testRow(code, () => {
      throw new Refusal(kind, `This is ${kind}.`, kind === "no-permission" ? 2 : 0);
    })
  );
  const harness = await new Harness(rows).start();
  const caller = await harness.caller();
  for (const [code, kind] of kinds.entries()) {
    const answer = await harness.ask(caller, code);
    assert.equal(answer.code, codes[kind], kind);
    assert.equal(answer.remark, `This is ${kind}.`);
    assert.equal(answer.fields.forbiddenType, kind === "no-permission" ? "2" : undefined);
  }
});

test("a header that does not read is 1 and names the field", async () => {
  const typed = row(
    { code: 9, name: "TYPED", access: "open" },
    { topic: text("topic"), queueId: int("queueId", -1) },
    (header) => ({ header }),
  );
  const harness = await new Harness([typed]).start();
  const caller = await harness.caller();
  const good = await harness.ask(caller, 9, { topic: "T", queueId: "" });
  assert.deepEqual({ ...good.fields }, { topic: "T", queueId: "-1" });
  const missing = await harness.ask(caller, 9);
  assert.equal(missing.code, 1);
  assert.equal(missing.remark, "The header field topic is missing; expected text.");
  const wrong = await harness.ask(caller, 9, { topic: "T", queueId: "9999999999" });
  assert.equal(
    wrong.remark,
    `The header field queueId is "9999999999"; expected a whole number of 32 bits.`,
  );
  const client = await harness.connect();
  client.send(jsonFrame(`{"code":9,"opaque":1,"extFields":{"topic":{"toString":1}}}`));
  await harness.clock.settle();
  assert.equal(client.heard[0].code, 1);
  assert.deepEqual(harness.lines.logged("error"), []);
});

test("an answer that does not fit in a frame says so instead", async () => {
  const large = testRow(6, () => ({ body: new Uint8Array(16 * 1024 * 1024) }));
  const harness = await new Harness([large]).start();
  const answer = await harness.ask(await harness.caller(), 6);
  assert.equal(answer.code, 1);
  assert.match(answer.remark ?? "", /body has 16777216 bytes, .* Ask for less at once\./);
});

test("too many open requests are 2 with the numbers, of one connection and in all", async () => {
  const waiting: (() => void)[] = [];
  const slow = testRow(7, () => new Promise((resolve) => waiting.push(() => resolve({}))));
  const limits = { openPerConnectionMax: 3, openMax: 5, openBytesMax: 1_000_000 };
  const harness = await new Harness([slow], limits).start();
  const [one, other] = [await harness.connect(), await harness.connect()];
  for (let opaque = 1; opaque <= 4; opaque++) one.ask(7, opaque);
  for (let opaque = 1; opaque <= 3; opaque++) other.ask(7, opaque);
  await harness.clock.settle();
  assert.deepEqual(one.heard.map(({ opaque, code }) => [opaque, code]), [[4, 2]]);
  assert.match(
    one.heard[0].remark ?? "",
    /3 of this connection, where 3 are taken, and 3 with \d+ bytes/,
  );
  assert.deepEqual(other.heard.map(({ opaque, code }) => [opaque, code]), [[3, 2]]);
  assert.match(other.heard[0].remark ?? "", /and 5 with \d+ bytes in all, where 5 and 1000000 are/);
  for (const end of waiting) end();
  await harness.clock.settle();
  assert.equal(one.heard.length + other.heard.length, 7);
  assert.equal(harness.listener.load.open, 0);
  assert.equal(harness.listener.load.openBytes, 0);
});

test("answers to calls of ours that nobody made are passed over", async () => {
  const harness = await new Harness(all).start();
  const client = await harness.connect();
  client.ask(1, 1, 1);
  client.ask(1, 2);
  await harness.clock.settle();
  assert.deepEqual(client.heard.map((one) => one.opaque), [2]);
});
