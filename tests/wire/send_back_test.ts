import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRecord } from "../../lib/model/record.ts";
import { heartbeat, openBroker, pullHeader, sendHeader, text, utf8 } from "./broker_port.ts";

/** A consumer's header as Java writes it. */
const SOUND = {
  offset: "0",
  group: "g",
  delayLevel: "0",
  originMsgId: "7F0000010000000000000000000000AB",
  originTopic: "T",
  unitMode: "false",
  maxReconsumeTimes: "16",
  bname: "broker-a",
};

async function oneMessage() {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  await harness.ask(caller, 34, {}, heartbeat("c1", "g", "T"));
  const sent = await harness.ask(caller, 310, sendHeader("T"), utf8.encode("work"));
  assert.equal(sent.code, 0);
  const offset = String(parseInt(String(sent.fields.msgId).slice(16), 16));
  return { world, harness, caller, sound: { ...SOUND, offset } };
}

test("a message sent back is pulled again from the group's retry topic", async () => {
  const { harness, caller, sound } = await oneMessage();
  for (const form of [0, 1]) {
    const asker = await harness.caller(form);
    const answer = await harness.ask(asker, 36, { ...sound, delayLevel: "1" });
    assert.deepEqual([answer.code, answer.remark ?? ""], [0, ""]);
  }
  await harness.clock.advance(1100);
  const pulled = await harness.ask(caller, 11, pullHeader("%RETRY%g"));
  assert.equal(pulled.code, 0, pulled.remark);
  const first = decodeRecord(pulled.body);
  assert.deepEqual([text(first.body), first.reconsumeTimes], ["work", 1]);
  const second = decodeRecord(pulled.body, first.size);
  assert.equal(second.reconsumeTimes, 1);
});

test("a client of before 3.4.9 leaves the number of tries out", async () => {
  const { world, harness, caller, sound } = await oneMessage();
  for (const absent of [undefined, "", "null"]) {
    const header = { ...sound, maxReconsumeTimes: absent, unitMode: undefined };
    assert.equal((await harness.ask(caller, 36, header)).code, 0);
  }
  assert.equal(world.broker.offsets.max("SCHEDULE_TOPIC_XXXX", 2), 3);
});

test("every field missing, empty, negative, too large, of a wrong type, twice", async () => {
  const { world, harness, caller, sound } = await oneMessage();
  const nasty = ["", " ", "-1", "-9223372036854775808", "9223372036854775807", "1e400", "x"];
  const odd: unknown[] = [undefined, ...nasty, "é\u0000", "__proto__", "y".repeat(9000), { a: 1 }];
  const known: { readonly [field: string]: readonly number[] } = {
    offset: [1],
    group: [0, 1, 26],
    delayLevel: [0, 1],
    originMsgId: [0],
    originTopic: [0],
    unitMode: [0, 1],
    maxReconsumeTimes: [0, 1],
    bname: [0],
  };
  for (const [field, codes] of [...Object.entries(known), ...Object.entries(known)]) {
    for (const value of odd) {
      const answer = await harness.ask(caller, 36, { ...sound, [field]: value as string });
      const words = `${field}=${JSON.stringify(value)}`.slice(0, 100);
      assert.ok(codes.includes(answer.code), `${words}: ${answer.code} ${answer.remark}`);
      if (answer.code !== 0) assert.ok((answer.remark ?? "").length > 30, words);
    }
  }
  assert.deepEqual(world.lines.logged("error"), []);
  assert.equal((await harness.ask(caller, 36, sound)).code, 0, "it lives on");
});

test("one-way, nothing is answered, and the message comes again all the same", async () => {
  const { world, harness, caller, sound } = await oneMessage();
  caller.tell({ code: 36, header: sound });
  await harness.clock.advance(100);
  assert.equal(world.broker.offsets.max("SCHEDULE_TOPIC_XXXX", 2), 1);
});

test("a group's own settings: returned as they came, and heard", async () => {
  const { world, harness, caller, sound } = await oneMessage();
  const retryPolicy = '{"exponentialRetryPolicy":{"initial":5000,"max":7200000,"multiplier":2},' +
    '"type":"EXPONENTIAL"}';
  const changed = await harness.ask(
    caller,
    200,
    {},
    utf8.encode(
      `{"groupName":"g","consumeEnable":true,"retryQueueNums":3,"retryMaxTimes":2,` +
        `"groupRetryPolicy":${retryPolicy}}`,
    ),
  );
  assert.equal(changed.code, 0, changed.remark);
  const told = text((await harness.ask(caller, 201)).body);
  for (const part of ['"retryQueueNums":3', '"retryMaxTimes":2', retryPolicy]) {
    assert.ok(told.includes(part), part);
  }
  const own = { ...sound, maxReconsumeTimes: undefined, delayLevel: "1" };
  let offset = sound.offset;
  for (let times = 1; times <= 2; times++) {
    assert.equal((await harness.ask(caller, 36, { ...own, offset })).code, 0);
    await harness.clock.advance(1100);
    const header = pullHeader("%RETRY%g", { queueOffset: times - 1 });
    const record = decodeRecord((await harness.ask(caller, 11, header)).body);
    assert.equal(record.reconsumeTimes, times);
    offset = String(record.position);
  }
  assert.equal((await harness.ask(caller, 36, { ...own, offset })).code, 0);
  assert.equal(world.broker.offsets.max("%DLQ%g", 0), 1);
});
