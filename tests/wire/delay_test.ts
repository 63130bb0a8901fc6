import assert from "node:assert/strict";
import { test } from "node:test";
import { openBroker, sendHeader, text, utf8 } from "./broker_port.ts";

const TIMED = "UNIQ_KEY\u0001K1\u0002TIMER_DELAY_MS\u00015000\u0002";

test("a timed message is answered with its handle, and taken back by it", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  const sent = await harness.ask(caller, 310, sendHeader("T", 0, TIMED), utf8.encode("x"));
  const { recallHandle, transactionId } = sent.fields;
  assert.deepEqual([sent.code, transactionId], [0, "K1"]);
  assert.match(atob(String(recallHandle)), /^v1 T broker-a \d{13} K1$/);
  const header = { producerGroup: "p", topic: "T", recallHandle: String(recallHandle), bname: "b" };
  const taken = await harness.ask(caller, 370, header);
  assert.deepEqual([taken.code, taken.fields.msgId], [0, "K1"]);
  assert.equal(taken.fields.MSG_REGION, "DefaultRegion");
  await harness.clock.advance(10_000);
  assert.equal(world.broker.offsets.max("T", 0), 0);
});

test("a recall that is wrong is answered with what is wrong", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  const sent = await harness.ask(caller, 310, sendHeader("T", 0, TIMED), utf8.encode("x"));
  const sound = {
    producerGroup: "p",
    topic: "T",
    recallHandle: String(sent.fields.recallHandle),
  };
  const nasty = ["", " ", "-5", "null", "2147483648", "é\u0000", "__proto__", "x".repeat(10_000)];
  const tries: [Record<string, unknown>, number[]][] = [
    [{}, [1]],
    [{ ...sound, topic: undefined }, [1]],
    [{ ...sound, recallHandle: undefined }, [1]],
    [{ ...sound, recallHandle: { a: 1 } }, [1, 604]],
    ...nasty.map((topic): [Record<string, unknown>, number[]] => [{ ...sound, topic }, [17]]),
    ...nasty.map((recallHandle): [Record<string, unknown>, number[]] => {
      return [{ ...sound, recallHandle }, [604]];
    }),
    ...nasty.map((group): [Record<string, unknown>, number[]] => {
      return [{ ...sound, producerGroup: group }, [0]];
    }),
  ];
  for (const [header, codes] of [...tries, ...tries]) {
    const answer = await harness.ask(caller, 370, header as Record<string, string>);
    const said = `${JSON.stringify(header).slice(0, 200)}: ${answer.code} ${answer.remark}`;
    assert.ok(codes.includes(answer.code), said);
    if (answer.code !== 0) assert.ok((answer.remark ?? "").length > 10, said);
  }
  world.settings.recall = false;
  const answer = await harness.ask(caller, 370, sound);
  assert.equal(answer.code, 16);
  assert.deepEqual(world.lines.logged("error"), []);
});

test("times and levels that are wrong are 13, with cause and cure", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  const names = ["TIMER_DELIVER_MS", "TIMER_DELAY_MS", "TIMER_DELAY_SEC"];
  const values = ["", "x", "1.5", "1e3", "99999999999999999999", "9223372036854775807"];
  for (const name of names) {
    for (const value of values) {
      const wish = `${name}\u0001${value}\u0002`;
      const answer = await harness.ask(caller, 310, sendHeader("T", 0, wish), utf8.encode("x"));
      assert.equal(answer.code, 13, `${name}=${value}: ${answer.remark}`);
      assert.match(answer.remark ?? "", /^timer message illegal/);
    }
  }
  const late = await harness.ask(caller, 310, sendHeader("T", 0, "DELAY\u0001x\u0002"));
  assert.equal(late.code, 13);
  assert.equal(world.broker.offsets.max("T", 0), 0);
});

test("a timed message too many is flow control: 1, with the limit and the numbers", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  world.settings.timersMax = 1;
  const send = () => harness.ask(caller, 310, sendHeader("T", 0, TIMED), utf8.encode("x"));
  assert.equal((await send()).code, 0);
  const refused = await send();
  assert.equal(refused.code, 1);
  assert.match(
    refused.remark ?? "",
    /^timer message is under flow control, .*limit is 1 and 1 wait/,
  );
});

test("how far the levels are is told as a slave wants it", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  const empty = text((await harness.ask(caller, 45)).body);
  assert.match(empty, /^\{"dataVersion":\{"counter":\d+,.*\},"offsetTable":\{\}\}$/);
  await harness.ask(caller, 310, sendHeader("T", 0, "DELAY\u00011\u0002"), utf8.encode("x"));
  await harness.clock.advance(3_000);
  const moved = text((await harness.ask(caller, 45)).body);
  assert.match(moved, /"offsetTable":\{1:1\}\}$/);
  await harness.ask(caller, 310, sendHeader("T", 0, TIMED), utf8.encode("x"));
  await harness.clock.advance(100);
  const { table } = JSON.parse(text((await harness.ask(caller, 28)).body));
  assert.deepEqual([table.scheduleMessageOffset_1, table.timerCongestNum], ["1,1", "1"]);
});
