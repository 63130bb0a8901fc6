import assert from "node:assert/strict";
import test from "node:test";
import { framed, jsonFrame } from "./bytes.ts";
import { Harness, testRow } from "./harness.ts";

const echo = testRow(1, (call) => ({ header: { got: String(call.fields.x) }, body: call.body }));
const never = testRow(2, () => new Promise(() => {}));

test("answers find their callers, in any order and either form", async () => {
  const ends: (() => void)[] = [];
  const late = testRow(
    3,
    (call) => new Promise((resolve) => ends.push(() => resolve(echoOf(call)))),
  );
  const echoOf = (call: { body: Uint8Array }) => ({ body: call.body });
  const harness = await new Harness([late]).start();
  for (const form of [0, 1]) {
    const caller = await harness.caller(form);
    const calls = [1, 2, 3].map((byte) => {
      return caller.call({ code: 3, body: Uint8Array.of(byte), timeoutMs: 1000 });
    });
    await harness.clock.advance(10);
    for (const end of ends.splice(0).reverse()) end();
    await harness.clock.advance(10);
    const answers = await Promise.all(calls);
    assert.deepEqual(answers.map((answer) => answer.body[0]), [1, 2, 3]);
  }
});

test("a call without an answer rejects after its time; one that comes then is lost", async () => {
  let end: (() => void) | undefined;
  const late = testRow(3, () => new Promise((resolve) => end = () => resolve({})));
  const harness = await new Harness([echo, late]).start();
  const caller = await harness.caller();
  const call = caller.call({ code: 3, timeoutMs: 3000 });
  const rejected = assert.rejects(
    call,
    /Request 3 to 127\.0\.0\.1:\d+ .*: no answer in 3000 ms\.$/,
  );
  await harness.clock.advance(3001);
  await rejected;
  end?.();
  const answer = await harness.ask(caller, 1, { x: "ä" });
  assert.equal(answer.fields.got, "ä");
});

test("calls under way reject when the connection closes, later ones at once", async () => {
  const harness = await new Harness([never]).start();
  const caller = await harness.caller();
  let closed = 0;
  caller.onClose(() => closed++);
  const call = caller.call({ code: 2, timeoutMs: 60_000 });
  const rejected = assert.rejects(call, /has no answer: /);
  await harness.clock.advance(10);
  for (const pair of harness.tcp.pairs) pair.reset();
  await harness.clock.advance(10);
  await rejected;
  assert.ok(caller.isClosed);
  assert.equal(closed, 1);
  await assert.rejects(caller.call({ code: 2, timeoutMs: 1 }), /reset/);
  caller.onClose(() => closed++);
  assert.equal(closed, 2);
  caller.tell({ code: 2 });
});

test("a caller closes on garbage, and passes on what it is asked", async () => {
  const harness = await new Harness([]).start();
  const asked: number[] = [];
  const listening = await harness.tcp.listen({ host: "127.0.0.1", port: 0 }, (connection) => {
    connection.serve({ data: () => {}, drained: () => {}, closed: () => {} });
    connection.write(jsonFrame(`{"code":40,"flag":2,"opaque":1}`));
    connection.write(framed(7, new Uint8Array(4)));
  });
  harness.port = listening.port;
  const caller = await harness.caller(0, (command) => asked.push(command.code));
  await harness.clock.advance(10);
  assert.deepEqual(asked, [40]);
  assert.ok(caller.isClosed);
  await assert.rejects(
    caller.call({ code: 1, timeoutMs: 1 }),
    /it sent a frame with header form 7/,
  );
});
