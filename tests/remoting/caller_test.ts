import assert from "node:assert/strict";
import test from "node:test";
import type { CallError } from "../../lib/remoting/caller.ts";
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

test("what is asked in one turn goes out together; answers go to their hearers", async () => {
  const harness = await new Harness([echo]).start();
  let pieces = 0;
  const listening = await harness.tcp.listen({ host: "127.0.0.1", port: 0 }, (connection) => {
    connection.serve({ data: () => pieces++, drained: () => {}, closed: () => {} });
  });
  const own = harness.port;
  harness.port = listening.port;
  const silent = await harness.caller();
  for (let at = 0; at < 20; at++) silent.tell({ code: 1 });
  await harness.clock.advance(1);
  assert.ok(pieces <= 2, `${pieces} pieces`);
  harness.port = own;
  const caller = await harness.caller();
  const heard: string[] = [];
  for (const x of ["a", "b"]) {
    caller.ask({ code: 1, header: { x }, timeoutMs: 100 }, {
      answered: ({ fields }) => heard.push(String(fields.got)),
      failed: () => heard.push("failed"),
    });
  }
  assert.deepEqual([heard, caller.open], [[], 2]);
  await harness.clock.advance(1);
  assert.deepEqual([heard, caller.open], [["a", "b"], 0]);
});

test("one timer watches over all deadlines, the nearest first", async () => {
  const harness = await new Harness([never]).start();
  const caller = await harness.caller();
  const before = harness.clock.pendingTimers;
  const failed: string[] = [];
  for (const timeoutMs of [500, 100, 300, 100]) {
    const hearer = {
      answered: () => failed.push("answered"),
      failed: ({ kind }: CallError) =>
        failed.push(`${kind} ${timeoutMs} at ${harness.clock.monotonic()}`),
    };
    caller.ask({ code: 2, timeoutMs }, hearer);
  }
  assert.equal(harness.clock.pendingTimers, before + 1);
  const start = harness.clock.monotonic();
  await harness.clock.advance(1000);
  assert.deepEqual(failed, [
    `timeout 100 at ${start + 100}`,
    `timeout 100 at ${start + 100}`,
    `timeout 300 at ${start + 300}`,
    `timeout 500 at ${start + 500}`,
  ]);
  assert.equal(caller.open, 0);
});

test("so many requests may be open and no more; a hearer on a closed one hears later", async () => {
  const harness = await new Harness([never], { openPerConnectionMax: 100_000 }).start();
  const caller = await harness.caller();
  const heard: string[] = [];
  const hearer = {
    answered: () => heard.push("answered"),
    failed: (error: CallError) => heard.push(`${error.kind}: ${error.message}`),
  };
  const hush = { answered: () => {}, failed: () => {} };
  for (let at = 0; at < 65_536; at++) caller.ask({ code: 2, timeoutMs: 60_000 }, hush);
  caller.ask({ code: 2, timeoutMs: 60_000 }, hearer);
  assert.deepEqual(heard, []);
  await harness.clock.advance(10);
  assert.match(heard[0], /^unsent: Request 2 .*: 65536 requests are open, which is the most\.$/);
  caller.close();
  caller.ask({ code: 2, timeoutMs: 60_000 }, hearer);
  await harness.clock.advance(10);
  assert.match(heard[1], /^closed: .*closed here/);
});
