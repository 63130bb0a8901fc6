import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { MemoryTcp } from "../../lib/port/tcp_memory.ts";
import { connected, Heard } from "../contract/tcp_suite.ts";
import { settled } from "../contract/timed_subject.ts";

function network(seed = 1) {
  const clock = new VirtualClock();
  const random = new SeededRandom(seed);
  const tcp = new MemoryTcp({ clock, random, delayMs: () => 1 + random.below(5) });
  return { tcp, clock, pass: () => clock.advance(1) };
}

async function pairOf(seed?: number) {
  const net = network(seed);
  const ends = await connected(net);
  const near = new Heard();
  const far = new Heard();
  ends.dialled.serve(near);
  ends.accepted.serve(far);
  return { ...net, ...ends, near, far };
}

test("a reset loses what travels, and both ends hear of it", async () => {
  const { tcp, clock, dialled, near, far } = await pairOf();
  dialled.write(new Uint8Array(100));
  tcp.pairs[0].reset();
  dialled.write(new Uint8Array(100));
  await clock.advance(50);
  assert.equal(far.bytes, 0);
  assert.deepEqual([near.reasons, far.reasons], [["reset"], ["reset"]]);
  assert.deepEqual(tcp.pairs, []);
});

test("half-open: bytes vanish, pile up, and nobody is told until somebody gives up", async () => {
  const { tcp, clock, dialled, accepted, near, far } = await pairOf();
  tcp.pairs[0].silence();
  dialled.write(new Uint8Array(50_000));
  dialled.write(new Uint8Array(50_000));
  await clock.advance(3_600_000);
  assert.ok(dialled.unsentBytes > 0);
  assert.deepEqual([near.reasons, far.reasons, far.bytes], [[], [], 0]);
  dialled.end();
  await clock.advance(60_000);
  assert.deepEqual([near.reasons, far.reasons], [["ended"], []]);
  accepted.destroy();
  await clock.advance(1);
  assert.deepEqual(far.reasons, ["destroyed"]);
});

test("a killed process hears nothing more; its peers are reset, the next can listen", async () => {
  const { tcp, clock, pass } = network();
  const server = tcp.at("10.0.0.1");
  const far = new Heard();
  const { port } = await server.listen({ host: "0.0.0.0", port: 10_911 }, (end) => end.serve(far));
  const address = { host: "10.0.0.1", port, timeoutMs: 1_000 };
  const dialled = await settled({ pass }, tcp.connect(address));
  assert.equal(dialled.remote.port, 10_911);
  const near = new Heard();
  dialled.serve(near);
  dialled.write(new Uint8Array(10));
  server.kill();
  await clock.advance(50);
  assert.deepEqual([near.reasons, far.reasons, far.bytes], [["reset"], [], 0]);
  await assert.rejects(settled({ pass }, tcp.connect(address)), /refused/);
  await assert.rejects(server.listen({ host: "0.0.0.0", port: 1 }, () => {}), /has ended/);
  await assert.rejects(server.connect(address), /has ended/);
  const next = tcp.at("10.0.0.1");
  await next.listen({ host: "10.0.0.1", port }, (end) => end.serve(far));
  const again = await settled({ pass }, tcp.connect(address));
  again.write(new Uint8Array(7));
  await clock.advance(50);
  assert.equal(far.bytes, 7);
});

test("a machine that is gone answers nothing", async () => {
  const { tcp, clock, pass } = network();
  const server = tcp.at("10.0.0.1");
  await server.listen({ host: "10.0.0.1", port: 80 }, () => {});
  const address = { host: "10.0.0.1", port: 80, timeoutMs: 1_000 };
  const near = new Heard();
  (await settled({ pass }, tcp.connect(address))).serve(near);
  server.kill("silently");
  const began = clock.monotonic();
  await assert.rejects(settled({ pass }, tcp.connect(address)), {
    message: "Cannot connect to 10.0.0.1:80: no answer within 1000 ms",
  });
  assert.ok(clock.monotonic() - began >= 1_000);
  assert.deepEqual(near.reasons, []);
});

test("a machine that is up again resets those who still send to it", async () => {
  for (const isSentBefore of [true, false]) {
    const { tcp, clock, pass } = network();
    const server = tcp.at("10.0.0.1");
    await server.listen({ host: "10.0.0.1", port: 80 }, () => {});
    const address = { host: "10.0.0.1", port: 80, timeoutMs: 1_000 };
    const dialled = await settled({ pass }, tcp.connect(address));
    const near = new Heard();
    dialled.serve(near);
    server.kill("silently");
    if (isSentBefore) dialled.write(new Uint8Array(5));
    await clock.advance(60_000);
    assert.deepEqual(near.reasons, []);
    tcp.at("10.0.0.1");
    await clock.advance(100);
    assert.deepEqual(near.reasons, isSentBefore ? ["reset"] : []);
    dialled.write(new Uint8Array(5));
    await clock.advance(100);
    assert.deepEqual(near.reasons, ["reset"]);
    assert.deepEqual(tcp.pairs, []);
  }
});

test("who listens on loopback alone is not reached from outside", async () => {
  const { tcp, pass } = network();
  const server = tcp.at("10.0.0.1");
  await server.listen({ host: "localhost", port: 80 }, () => {});
  const outside = tcp.connect({ host: "10.0.0.1", port: 80, timeoutMs: 1_000 });
  await assert.rejects(settled({ pass }, outside), /refused/);
  const inside = server.connect({ host: "localhost", port: 80, timeoutMs: 1_000 });
  await settled({ pass }, inside);
});

test("the same seed cuts the bytes into the same pieces", async () => {
  const pieces = async (seed: number) => {
    const { clock, dialled, far } = await pairOf(seed);
    for (let at = 0; at < 20; at++) dialled.write(new Uint8Array(1_000));
    await clock.advance(1_000);
    assert.equal(far.bytes, 20_000);
    return far.chunks.map((chunk) => chunk.length);
  };
  assert.deepEqual(await pieces(1), await pieces(1));
  assert.notDeepEqual(await pieces(1), await pieces(2));
});

test("a thousand connections come and go without a trace", async () => {
  const { tcp, clock, pass } = network();
  const { port } = await tcp.listen(
    { host: "127.0.0.1", port: 0 },
    (end) => end.serve(new Heard()),
  );
  for (let round = 0; round < 20; round++) {
    const ends = await settled(
      { pass },
      Promise.all(Array.from({ length: 50 }, () => {
        return tcp.connect({ host: "127.0.0.1", port, timeoutMs: 1_000 });
      })),
    );
    for (const end of ends) end.destroy();
    await clock.advance(20);
  }
  assert.deepEqual(tcp.pairs, []);
});
