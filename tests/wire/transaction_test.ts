import assert from "node:assert/strict";
import test from "node:test";
import { decodeRecord } from "../../lib/model/record.ts";
import type { Caller } from "../../lib/remoting/caller.ts";
import type { Command } from "../../lib/remoting/command.ts";
import type { Harness } from "../remoting/harness.ts";
import { heartbeat, openBroker, sendHeader, text, utf8 } from "./broker_port.ts";

const HALF = "TRAN_MSG\u0001true\u0002PGROUP\u0001p\u0002UNIQ_KEY\u0001K\u0002";
const PREPARED = { f: "4" };

/** Sends a half; gives the header that commits it. */
async function begin(harness: Harness, caller: Caller): Promise<Record<string, string>> {
  const now = { g: String(harness.clock.now()) };
  const header = { ...sendHeader("T", 3, HALF), ...PREPARED, ...now };
  const sent = await harness.ask(caller, 310, header, utf8.encode("x"));
  assert.equal(sent.code, 0, sent.remark);
  assert.deepEqual([sent.fields.queueId, sent.fields.transactionId], ["3", "K"]);
  return {
    ...{ topic: "T", producerGroup: "p", tranStateTableOffset: String(sent.fields.queueOffset) },
    commitLogOffset: String(Number(`0x${String(sent.fields.msgId).slice(16)}`)),
    ...{ commitOrRollback: "8", fromTransactionCheck: "false", bname: "broker-a" },
    ...{ msgId: "K", transactionId: "K" },
  };
}

test("a transaction is committed, one-way and two-way, in both forms of headers", async () => {
  const { world, harness } = await openBroker();
  for (const form of [0, 1]) {
    const caller = await harness.caller(form);
    const header = await begin(harness, caller);
    assert.equal((await harness.ask(caller, 37, header)).code, 0);
    caller.tell({ code: 37, header: await begin(harness, caller) });
    await harness.clock.advance(20);
  }
  assert.equal(world.broker.offsets.max("T", 3), 4);
});

test("who does not know yet is not answered; another word is 1", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  const header = await begin(harness, caller);
  const silent = caller.call({
    code: 37,
    header: { ...header, commitOrRollback: "0" },
    timeoutMs: 5000,
  });
  const ended = assert.rejects(silent);
  await harness.clock.advance(6000);
  await ended;
  const odd = await harness.ask(caller, 37, { ...header, commitOrRollback: "5" });
  assert.equal(odd.code, 1);
  assert.match(odd.remark ?? "", /^commitOrRollback field wrong: it is 5; expected 8 /);
  assert.equal(world.broker.offsets.max("T", 3), 0);
});

test("a producer is asked by 39 with the message as it will be, and ends it", async () => {
  const { world, harness } = await openBroker();
  const asked: Command[] = [];
  const caller = await harness.caller(0, (command) => asked.push(command));
  await harness.ask(caller, 34, {}, heartbeat("c@1", "g", "T"));
  await begin(harness, caller);
  await harness.clock.advance(31_000);
  const [check] = asked.filter(({ code }) => code === 39);
  const { offsetMsgId, commitLogOffset, ...fields } = check.fields;
  assert.deepEqual(fields, {
    ...{ topic: "RMQ_SYS_TRANS_HALF_TOPIC", bname: "broker-a", tranStateTableOffset: "1" },
    ...{ msgId: "K", transactionId: "K" },
  });
  assert.equal(Number(`0x${String(offsetMsgId).slice(16)}`), Number(commitLogOffset));
  assert.equal(check.flag & 2, 2, "one-way");
  const record = decodeRecord(check.body);
  assert.deepEqual([record.topic, record.queueId, text(record.body)], ["T", 3, "x"]);
  const header = { producerGroup: "p", commitOrRollback: "8", fromTransactionCheck: "true" };
  const place = { ...fields, commitLogOffset: Number(commitLogOffset) };
  caller.tell({ code: 37, header: { ...place, ...header } });
  await harness.clock.advance(20);
  assert.equal(world.broker.offsets.max("T", 3), 1);
});

test("what a message with a time of its own did not say in time is 604", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  const property = `${HALF}CHECK_IMMUNITY_TIME_IN_SECONDS\u000110\u0002`;
  const sent = await harness.ask(
    caller,
    310,
    { ...sendHeader("T", 0, property), ...PREPARED, g: String(harness.clock.now()) },
    utf8.encode("x"),
  );
  await harness.clock.advance(11_000);
  const commitLogOffset = Number(`0x${String(sent.fields.msgId).slice(16)}`);
  const header = { producerGroup: "p", tranStateTableOffset: 0, commitOrRollback: 8, msgId: "K" };
  const late = await harness.ask(caller, 37, { ...header, commitLogOffset });
  assert.equal(late.code, 604);
  assert.match(late.remark ?? "", /CHECK_IMMUNITY_TIME_IN_SECONDS/);
});

const NASTY = [
  ...["", " ", "-5", "7", "2147483648", "9223372036854775808", "99999999999999999999", "1e9"],
  ...["0x10", "null", "true", "abc", "é\u0000\u2028", "__proto__", "x".repeat(10_000)],
];

test("headers that are wrong are 1, with what is wrong, and end nothing", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  const sound = await begin(harness, caller);
  const needed = ["producerGroup", "tranStateTableOffset", "commitLogOffset", "commitOrRollback"];
  for (const name of needed) {
    const { [name]: _gone, ...rest } = sound;
    const missing = await harness.ask(caller, 37, rest);
    assert.equal(missing.code, 1);
    assert.match(
      missing.remark ?? "",
      new RegExp(`^The header field ${name} is missing; expected `),
    );
    for (const value of NASTY) {
      const answer = await harness.ask(caller, 37, { ...sound, [name]: value });
      const said = `${name}=${value.slice(0, 40)}: ${answer.code} ${answer.remark}`;
      assert.equal(answer.code, 1, said);
      assert.ok((answer.remark ?? "").length > 20 && !answer.remark?.includes("inside"), said);
    }
  }
  for (const value of ["", "abc", "2"]) {
    const answer = await harness.ask(caller, 37, { ...sound, fromTransactionCheck: value });
    assert.equal(answer.code, 1, `${value}: ${answer.remark}`);
  }
  assert.deepEqual(world.lines.logged("error"), []);
  assert.equal(world.broker.offsets.max("T", 3), 0);
  const { topic: _, msgId: __, transactionId: ___, bname: ____, ...least } = sound;
  assert.equal((await harness.ask(caller, 37, least)).code, 0);
});

test("a parked half is put back by 323; other ids are 1", async () => {
  const { world, harness } = await openBroker({ settings: { transactionChecksMax: 1 } });
  const caller = await harness.caller();
  const { commitLogOffset } = await begin(harness, caller);
  for (const msgId of [undefined, "", "x", "7F0000010000", "0".repeat(32), "F".repeat(32)]) {
    const answer = await harness.ask(caller, 323, { topic: "T", msgId });
    assert.equal(answer.code, 1, `${msgId}: ${answer.remark}`);
    assert.ok((answer.remark ?? "").length > 10);
  }
  assert.ok(Number(commitLogOffset) >= 0);
  await harness.clock.advance(65_000);
  assert.equal(world.broker.offsets.max("TRANS_CHECK_MAX_TIME_TOPIC", 0), 1);
  let position = -1;
  world.log.queue("TRANS_CHECK_MAX_TIME_TOPIC", 0).scan(0, 1, (_, at) => (position = at) < 0);
  const msgId = `7F00000100002A9F${position.toString(16).toUpperCase().padStart(16, "0")}`;
  assert.equal((await harness.ask(caller, 323, { topic: "T", msgId })).code, 0);
  assert.equal(world.broker.offsets.max("RMQ_SYS_TRANS_HALF_TOPIC", 0), 3);
});
