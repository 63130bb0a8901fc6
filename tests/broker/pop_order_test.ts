import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeLink } from "./fake_link.ts";
import { Lives } from "./lives.ts";
import { acknowledge, bodiesOf, gotOf, pop, popAsk, send } from "./pops.ts";
import { isRefusal } from "./refusals.ts";
import { makeWorld, within } from "./world.ts";

const link = new FakeLink();
const order = { order: true, invisibleMs: 10_000, maxMessages: 2, queueId: 0 } as const;

test("An orderly queue gives nothing more until all of it is acknowledged", async () => {
  const world = await makeWorld();
  await send(world, "T", 4);
  const first = await pop(world, link, "T", order);
  assert.deepEqual(bodiesOf(first), ["m0", "m1"]);
  assert.deepEqual(await pop(world, link, "T", order), []);
  await acknowledge(world, first[0]);
  assert.deepEqual(await pop(world, link, "T", order), []);
  const waiting = world.broker.pop.pop(popAsk("T", { ...order, pollMs: 9000 }), link);
  await acknowledge(world, first[1]);
  assert.deepEqual(bodiesOf(gotOf(popAsk("T"), await waiting)), ["m2", "m3"]);
});

test("What is not acknowledged in time comes again first, and counts its tries", async () => {
  const world = await makeWorld();
  await send(world, "T", 3);
  const first = await pop(world, link, "T", order);
  await acknowledge(world, first[0]);
  const waiting = world.broker.pop.pop(popAsk("T", { ...order, pollMs: 15_000 }), link);
  await world.clock.advance(9000);
  assert.equal(world.broker.pop.waiting(popAsk("T", { queueId: 0 })), 1);
  await world.clock.advance(1200);
  const again = await waiting;
  assert.deepEqual(bodiesOf(gotOf(popAsk("T"), again)), ["m1", "m2"]);
  assert.deepEqual([...again.queues[0].counts], [[1, 1]]);
  await acknowledge(world, first[1]);
  assert.equal(world.catalogue.progress.get("g", "T", 0), 1);
});

test("The same attempt gets the same messages again, another one does not", async () => {
  const world = await makeWorld();
  await send(world, "T", 3);
  const first = await pop(world, link, "T", { ...order, attemptId: "one" });
  assert.deepEqual(await pop(world, link, "T", { ...order, attemptId: "two" }), []);
  const again = await pop(world, link, "T", { ...order, attemptId: "one" });
  assert.deepEqual(bodiesOf(again), bodiesOf(first));
  for (const one of again) await acknowledge(world, one);
  assert.deepEqual(bodiesOf(await pop(world, link, "T", { ...order, attemptId: "two" })), ["m2"]);
});

test("A changed time blocks the queue for longer or frees it", async () => {
  const world = await makeWorld();
  await send(world, "T", 2);
  const [got] = await pop(world, link, "T", { ...order, maxMessages: 1 });
  const { prolonged } = world.broker.receipts.prolong(got, 60_000);
  assert.equal(prolonged?.popMs, got.receipt.popMs);
  await world.clock.advance(50_000);
  assert.deepEqual(await pop(world, link, "T", order), []);
  world.broker.receipts.prolong(got, 0);
  await world.clock.advance(10);
  assert.deepEqual(bodiesOf(await pop(world, link, "T", order)), ["m0", "m1"]);
  assert.throws(
    () => world.broker.receipts.acknowledge({ ...got, queueId: 77 }),
    isRefusal("message-illegal", /queueId\[77\] is illegal/),
  );
});

test("An acknowledgement of a pop before the last one passes nothing over", async () => {
  const world = await makeWorld();
  await send(world, "T", 3);
  const late = await pop(world, link, "T", order);
  await world.clock.advance(10_100);
  const [first] = await pop(world, link, "T", { ...order, maxMessages: 1 });
  await acknowledge(world, first);
  await acknowledge(world, late[1]);
  assert.deepEqual(bodiesOf(await pop(world, link, "T", order)), ["m1", "m2"]);
});

for (const how of ["stop", "kill", "power cut"] as const) {
  test(`The order survives a ${how}`, async () => {
    const lives = new Lives(5, {}, { log: { flush: "SYNC_FLUSH" } });
    let world = await lives.start();
    await send(world, "T", 4);
    const first = await pop(world, link, "T", order);
    await acknowledge(world, first[0]);
    if (how === "stop") await lives.stop();
    else lives.die(how);
    world = await lives.start();
    assert.deepEqual(await pop(world, link, "T", order), [], "it is blocked as before");
    await within(world, 10, world.broker.receipts.acknowledge(first[1]));
    const rest = await pop(world, link, "T", order);
    assert.deepEqual(bodiesOf(rest), ["m2", "m3"]);
    for (const one of rest) await within(world, 10, world.broker.receipts.acknowledge(one));
    if (how === "stop") await lives.stop();
    else lives.die(how);
    world = await lives.start();
    assert.deepEqual(await pop(world, link, "T", order), [], "all of it is consumed");
  });

  test(`A reset behind what was popped in order survives a ${how}`, async () => {
    const lives = new Lives(6, {}, { log: { flush: "SYNC_FLUSH" } });
    let world = await lives.start();
    await send(world, "T", 3);
    for (const one of await pop(world, link, "T", order)) await acknowledge(world, one);
    const ask = { topic: "T", group: "g", queueId: 0, offset: 0, timestamp: -1, force: true };
    await within(world, 50, world.broker.rewind.reset(ask));
    if (how === "stop") await lives.stop();
    else lives.die(how);
    world = await lives.start();
    assert.deepEqual(bodiesOf(await pop(world, link, "T", order)), ["m0", "m1"]);
  });
}
