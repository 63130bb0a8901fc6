import assert from "node:assert/strict";
import test from "node:test";
import { jsonFrame } from "./bytes.ts";
import { Harness, testRow } from "./harness.ts";

const echo = testRow(1, (call) => ({ body: call.body }));

test("frames in pieces and a pause are served, as long as they come in time", async () => {
  const harness = await new Harness([echo]).start();
  const client = await harness.connect();
  const frame = jsonFrame(`{"code":1,"opaque":5}`, new Uint8Array(100));
  client.send(frame.subarray(0, 3));
  await harness.clock.advance(4000);
  client.send(frame.subarray(3, 50));
  await harness.clock.advance(4000);
  client.send(frame.subarray(50));
  await harness.clock.advance(1);
  assert.equal(client.heard[0].body.length, 100);
});

test("a half frame and then silence is closed after ten seconds, with one line", async () => {
  const harness = await new Harness([echo]).start();
  const client = await harness.connect();
  client.send(jsonFrame(`{"code":1}`).subarray(0, 6));
  await harness.clock.advance(9000);
  assert.equal(client.closed, undefined);
  await harness.clock.advance(3000);
  assert.notEqual(client.closed, undefined);
  assert.equal(harness.lines.logged().length, 1);
  assert.match(
    harness.lines.logged()[0].text,
    /: a frame of 18 bytes did not come whole in 10000 ms\.$/,
  );
});

test("one byte every nine seconds does not keep a frame alive", async () => {
  const harness = await new Harness([echo]).start();
  const client = await harness.connect();
  const frame = jsonFrame(`{"code":1,"opaque":5}`);
  for (let at = 0; at < 3; at++) {
    client.send(frame.subarray(at, at + 1));
    await harness.clock.advance(9000);
  }
  assert.notEqual(client.closed, undefined);
});

test("a large frame gets the time that a slow line needs", async () => {
  const harness = await new Harness([echo]).start();
  const client = await harness.connect();
  const frame = jsonFrame(`{"code":1,"opaque":5}`, new Uint8Array(1_000_000));
  for (let at = 0; at < frame.length; at += 50_000) {
    client.send(frame.subarray(at, at + 50_000));
    await harness.clock.advance(1000);
  }
  assert.equal(client.heard.length, 1);
});

test("a stream that never pauses at a frame's end is no slow frame", async () => {
  const harness = await new Harness([echo]).start();
  const client = await harness.connect();
  const frame = jsonFrame(`{"code":1,"opaque":5}`);
  client.send(frame.subarray(0, 10));
  for (let second = 0; second < 40; second++) {
    client.send(frame.subarray(10));
    client.send(frame.subarray(0, 10));
    await harness.clock.advance(1000);
  }
  assert.equal(client.closed, undefined);
  assert.equal(client.heard.length, 40);
});

test("silence for 120 s ends a connection, a request within keeps it", async () => {
  const harness = await new Harness([echo]).start();
  const [idle, busy] = [await harness.connect(), await harness.connect()];
  for (let half = 0; half < 4; half++) {
    busy.ask(1, half);
    await harness.clock.advance(61_000);
  }
  assert.notEqual(idle.closed, undefined);
  assert.equal(busy.closed, undefined);
  assert.match(harness.lines.logged()[0].text, /nothing went either way for 120000 ms/);
});

test("a request that waits long keeps its connection", async () => {
  let end: (() => void) | undefined;
  const slow = testRow(2, () => new Promise((resolve) => end = () => resolve({})));
  const harness = await new Harness([slow]).start();
  const client = await harness.connect();
  client.ask(2, 1);
  await harness.clock.advance(200_000);
  end?.();
  await harness.clock.advance(1);
  assert.equal(client.heard.length, 1);
});

test("a slow reader stops at its limit, and its neighbour does not notice", async () => {
  const large = testRow(2, () => ({ body: new Uint8Array(100_000) }));
  const limits = { unsentPauseBytes: 300_000 };
  const harness = await new Harness([echo, large], limits).start();
  const [slow, healthy] = [await harness.connect(), await harness.connect()];
  slow.connection.pause();
  for (let turn = 0; turn < 50; turn++) {
    for (let each = 0; each < 10; each++) slow.ask(2, each);
    healthy.ask(1, turn);
    await harness.clock.advance(20);
    assert.equal(healthy.heard.length, turn + 1);
    assert.ok(harness.listener.load.waitingBytes < 600_000);
  }
  assert.equal(slow.heard.length, 0);
  slow.connection.resume();
  await harness.clock.advance(1000);
  assert.equal(slow.heard.length, 500);
  assert.equal(harness.listener.load.waitingBytes, 0);
});

test("where too much waits for peers in all, the one waited for longest goes", async () => {
  const harness = await new Harness([echo], { waitingBytesMax: 100_000 }).start();
  const clients = [await harness.connect(), await harness.connect(), await harness.connect()];
  const frame = jsonFrame(`{"code":1,"opaque":1}`, new Uint8Array(50_000));
  for (const client of clients) {
    client.send(frame.subarray(0, 40_000));
    await harness.clock.advance(1000);
  }
  assert.deepEqual(clients.map((client) => client.closed !== undefined), [true, false, false]);
  assert.match(harness.lines.logged()[0].text, /100000 are the most \(waitingBytesMax\)/);
  clients[2].send(frame.subarray(40_000));
  await harness.clock.settle();
  assert.equal(clients[2].heard.length, 1);
});

test("one connection too many is turned away, with one line a second", async () => {
  const harness = await new Harness([echo], { connectionsMax: 2 }).start();
  const kept = [await harness.connect(), await harness.connect()];
  const turned = [await harness.connect(), await harness.connect(), await harness.connect()];
  await harness.clock.advance(10);
  assert.ok(turned.every((client) => client.closed !== undefined));
  assert.equal(harness.lines.logged().length, 1);
  kept[0].connection.destroy();
  await harness.clock.advance(10);
  const next = await harness.connect();
  next.ask(1, 1);
  await harness.clock.advance(10);
  assert.equal(next.heard.length, 1);
});

test("close answers what is under way, reads nothing more and ends", async () => {
  let end: (() => void) | undefined;
  const slow = testRow(2, () => new Promise((resolve) => end = () => resolve({ remark: "done" })));
  const harness = await new Harness([echo, slow]).start();
  const [asking, idle] = [await harness.connect(), await harness.connect()];
  asking.ask(2, 1);
  await harness.clock.settle();
  let isClosed = false;
  const closed = harness.listener.close().then(() => isClosed = true);
  asking.ask(1, 2);
  await harness.clock.advance(500);
  assert.equal(isClosed, false);
  end?.();
  await harness.clock.advance(10);
  assert.deepEqual(asking.heard.map(({ opaque, remark }) => [opaque, remark]), [[1, "done"]]);
  assert.ok(asking.closed !== undefined && idle.closed !== undefined);
  await closed;
  await assert.rejects(async () => await refused(harness));
});

test("close waits no longer than closeTimeoutMs for what does not end", async () => {
  const never = testRow(2, () => new Promise(() => {}));
  const harness = await new Harness([never], { closeTimeoutMs: 3000 }).start();
  const client = await harness.connect();
  client.ask(2, 1);
  await harness.clock.settle();
  let isClosed = false;
  harness.listener.close().then(() => isClosed = true);
  await harness.clock.advance(6100);
  assert.ok(isClosed);
  assert.notEqual(client.closed, undefined);
});

async function refused(harness: Harness): Promise<void> {
  const { tcp, port, clock } = harness;
  const connected = tcp.connect({ host: "127.0.0.1", port, timeoutMs: 1000 });
  const settled = Promise.allSettled([connected]);
  await clock.advance(1);
  await settled;
  await connected;
}
