import assert from "node:assert/strict";
import test from "node:test";
import type { Link } from "../../lib/broker/link.ts";
import { Refusal } from "../../lib/model/refusal.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import type { RemotingLimits } from "../../lib/remoting/limits.ts";
import { RemotingListener } from "../../lib/remoting/listener.ts";
import type { Row } from "../../lib/remoting/row.ts";
import { join, jsonFrame } from "./bytes.ts";
import { FakeConnection, FakeTcp } from "./fake_connection.ts";
import { Harness, testRow } from "./harness.ts";

async function faked(rows: readonly Row[], limits: Partial<RemotingLimits> = {}) {
  const [tcp, clock, lines] = [new FakeTcp(), new VirtualClock(), new MemoryLines()];
  const table = new Map(rows.map((row) => [row.code, row]));
  const listener = new RemotingListener({ tcp, clock, lines, rows: table, limits });
  await listener.listen("127.0.0.1", 10911);
  const connection = new FakeConnection();
  tcp.accept(connection);
  return { clock, lines, listener, connection };
}

const ask = (code: number, body?: Uint8Array) => jsonFrame(`{"code":${code},"opaque":1}`, body);
const echo = testRow(1, () => ({ remark: "here" }));

test("the answers of one moment go out in one write", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = testRow(3, () => ({ after: promise }));
  const { clock, connection } = await faked([echo, held]);
  const requests = Array.from({ length: 100 }, (_, at) => ask(1 + 2 * (at % 2)));
  connection.handler?.data(join(requests.slice(0, 50)));
  connection.handler?.data(join(requests.slice(50)));
  assert.equal(connection.written.length, 0);
  await clock.settle();
  assert.equal(connection.written.length, 1);
  resolve();
  await clock.settle();
  assert.equal(connection.written.length, 2);
});

test("an answer that does not become true is another one, or the fault", async () => {
  const after = Promise.reject(new Refusal("unavailable", "no disk"));
  const otherwise = (fault: unknown) => ({ code: 7, remark: String(fault) });
  const rows = [testRow(1, () => ({ after, otherwise })), testRow(2, () => ({ after }))];
  const { clock, connection, listener } = await faked(rows);
  connection.handler?.data(join([ask(1), ask(2)]));
  await clock.settle();
  const heard = new TextDecoder().decode(join(connection.written));
  assert.match(heard, /"code":7,"flag":1.*"remark":"Refusal: no disk"/);
  assert.match(heard, /"code":14,.*"remark":"no disk"/);
  assert.equal(listener.load.open, 0);
});

test("a large body goes out uncopied behind its header", async () => {
  const large = new Uint8Array(100_000);
  const { clock, connection } = await faked([testRow(1, () => ({ body: [large, large] }))]);
  connection.handler?.data(ask(1));
  await clock.settle();
  assert.equal(connection.written.length, 3);
  assert.equal(connection.written[1], large);
});

test("who does not take answers is not read, mid-chunk, until it has taken them", async () => {
  const large = testRow(1, () => ({ body: new Uint8Array(400) }));
  const { clock, connection } = await faked([large], { unsentPauseBytes: 4000 });
  connection.handler?.data(join(Array.from({ length: 20 }, () => ask(1))));
  assert.ok(connection.isPaused);
  connection.unsentBytes = 5000;
  await clock.settle();
  const answered = connection.written.reduce((sum, piece) => sum + piece.length, 0);
  assert.ok(answered < 8000, `${answered} bytes were answered`);
  assert.ok(connection.isPaused);
  connection.unsentBytes = 0;
  connection.handler?.drained();
  await clock.settle();
  assert.ok(!connection.isPaused);
  const bytes = join(connection.written);
  assert.equal(new TextDecoder().decode(bytes).split(`"opaque":1`).length - 1, 20);
});

test("answers that pile up beyond the limit end the connection, with one line", async () => {
  const { clock, connection, lines } = await faked([echo], { unsentMaxBytes: 10_000 });
  connection.handler?.data(ask(1));
  connection.unsentBytes = 10_001;
  await clock.settle();
  assert.equal(connection.end_, "destroyed");
  assert.deepEqual(lines.logged().map((line) => line.text), [
    "Closed the connection of 127.0.0.1:50000: it does not take its answers: 10001 bytes wait, " +
    "10000 are the most (unsentMaxBytes).",
  ]);
});

test("a connection whose open requests hold much memory is not read for a while", async () => {
  const ends: (() => void)[] = [];
  const slow = testRow(1, () => new Promise((resolve) => ends.push(() => resolve({}))));
  const { clock, connection } = await faked([slow], { openBytesPerConnectionMax: 10_000 });
  connection.handler?.data(join(Array.from({ length: 5 }, () => ask(1, new Uint8Array(4000)))));
  assert.ok(connection.isPaused);
  assert.equal(ends.length, 3);
  while (ends.length > 0) {
    ends.shift()?.();
    await clock.settle();
  }
  assert.ok(!connection.isPaused);
  assert.equal(new TextDecoder().decode(join(connection.written)).split(`"opaque"`).length - 1, 5);
});

test("a link tells its consumer that members changed, unasked and one-way", async () => {
  const links: Link[] = [];
  const row = testRow(1, ({ link }) => {
    links.push(link);
    return {};
  });
  const harness = await new Harness([row]).start();
  const client = await harness.connect();
  client.ask(1, 1);
  await harness.clock.settle();
  links[0].membersChanged("%g");
  links[0].membersChanged("h");
  await harness.clock.settle();
  const [, one, other] = client.heard;
  assert.deepEqual([one.code, one.flag, one.fields.consumerGroup], [40, 2, "%g"]);
  assert.equal(other.fields.consumerGroup, "h");
  assert.notEqual(one.opaque, other.opaque);
  assert.equal(links[0].remote.port, client.connection.local.port);
});

test("a link that is not writable hears nothing unasked", async () => {
  let link: Link | undefined;
  const row = testRow(1, (call) => {
    link = call.link;
    return {};
  });
  const { clock, connection } = await faked([row], { unsentPauseBytes: 4000 });
  connection.handler?.data(ask(1));
  await clock.settle();
  assert.equal(link?.isWritable, true);
  connection.unsentBytes = 4000;
  assert.equal(link?.isWritable, false);
  link?.membersChanged("g");
  await clock.settle();
  assert.equal(connection.written.length, 1);
});

test("a link says once that it closed, and at once to who asks later", async () => {
  const links: Link[] = [];
  const row = testRow(1, ({ link }) => {
    links.push(link);
    return {};
  });
  const harness = await new Harness([row]).start();
  const [one, other] = [await harness.connect(), await harness.connect()];
  one.ask(1, 1);
  other.ask(1, 1);
  await harness.clock.settle();
  assert.notEqual(links[0].id, links[1].id);
  const heard: string[] = [];
  links[0].onClose(() => heard.push("first"));
  one.connection.end();
  await harness.clock.advance(100);
  assert.ok(links[0].isClosed && !links[0].isWritable);
  links[0].onClose(() => heard.push("late"));
  assert.deepEqual(heard, ["first", "late"]);
  assert.equal(links[1].isClosed, false);
  assert.equal(harness.listener.connections, 1);
});

test("an answer for a connection that is gone goes nowhere", async () => {
  let end: (() => void) | undefined;
  const slow = testRow(1, () => new Promise((resolve) => end = () => resolve({})));
  const { clock, connection, listener } = await faked([slow]);
  connection.handler?.data(ask(1));
  connection.handler?.closed("reset");
  end?.();
  await clock.settle();
  assert.equal(connection.written.length, 0);
  assert.deepEqual([listener.connections, listener.load.open, listener.load.waitingBytes], [
    0,
    0,
    0,
  ]);
});
