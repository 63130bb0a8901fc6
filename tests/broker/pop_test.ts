import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeLink } from "./fake_link.ts";
import { acknowledge, bodiesOf, gotOf, pop, popAsk, send } from "./pops.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, properties, sendAsk, within, type World } from "./world.ts";

const link = new FakeLink();

async function prolong(world: World, ...args: Parameters<World["broker"]["receipts"]["prolong"]>) {
  const { prolonged, after } = world.broker.receipts.prolong(...args);
  await within(world, 10, after);
  assert.ok(prolonged);
  return prolonged;
}

test("Each message is popped once, and what is acknowledged never comes back", async () => {
  const world = await makeWorld();
  await send(world, "T", 5);
  const first = await pop(world, link, "T", { maxMessages: 3 });
  assert.deepEqual(bodiesOf(first), ["m0", "m1", "m2"]);
  const second = await pop(world, link, "T");
  assert.deepEqual(bodiesOf(second), ["m3", "m4"]);
  assert.deepEqual(await pop(world, link, "T"), []);
  for (const one of [...first, ...second]) await acknowledge(world, one);
  await world.clock.advance(120_000);
  assert.deepEqual(await pop(world, link, "T"), []);
});

test("What is not acknowledged comes back after its time, one try later", async () => {
  const world = await makeWorld();
  await send(world, "T", 3);
  const got = await pop(world, link, "T", { invisibleMs: 10_000 });
  const poppedMs = world.clock.now();
  await acknowledge(world, got[1]);
  for (let tries = 1; tries <= 16; tries++) {
    await world.clock.advance(9_700);
    assert.deepEqual(await pop(world, link, "T"), [], `try ${tries}`);
    await world.clock.advance(600);
    const again = await pop(world, link, "T", { invisibleMs: 10_000 });
    assert.deepEqual(bodiesOf(again).sort(), ["m0", "m2"]);
    for (const one of again) {
      assert.deepEqual([one.tries, one.shownTopic, one.topic], [tries, "T", "%RETRY%g_T"]);
    }
    if (tries === 16) { for (const one of again) await acknowledge(world, one); }
  }
  await world.clock.advance(60_000);
  assert.deepEqual(await pop(world, link, "T"), []);
  assert.ok(world.clock.now() > poppedMs + 160_000);
});

test("A changed time holds, and the old receipt is worth nothing any more", async () => {
  const world = await makeWorld();
  await send(world, "T", 1);
  const [got] = await pop(world, link, "T", { invisibleMs: 10_000 });
  const receipt = { ...got.receipt, ...await prolong(world, got, 60_000), start: got.offset };
  await acknowledge(world, got);
  await world.clock.advance(58_000);
  assert.deepEqual(await pop(world, link, "T"), []);
  assert.throws(
    () => world.broker.receipts.prolong(got, 1000),
    isRefusal("message-gone", /not popped by this receipt/),
  );
  const sooner = { ...receipt, ...await prolong(world, { ...got, receipt }, 0) };
  await world.clock.advance(300);
  const [again] = await pop(world, link, "T", { invisibleMs: 10_000 });
  assert.deepEqual([again.body, again.tries], ["m0", 1]);
  await acknowledge(world, { ...got, receipt: sooner });
  await world.clock.advance(10_200);
  assert.deepEqual(bodiesOf(await pop(world, link, "T")), ["m0"]);
});

test("With popReceiptsEnd off any receipt keeps a message, which then comes twice", async () => {
  const world = await makeWorld({ receiptsEnd: false });
  await send(world, "T", 1);
  const [got] = await pop(world, link, "T", { invisibleMs: 1000 });
  await world.clock.advance(1300);
  const [back] = await pop(world, link, "T", { invisibleMs: 60_000 });
  await acknowledge(world, back);
  const late = { ...got, receipt: { ...got.receipt, reviveQueue: 99 } };
  const { reviveQueue } = await prolong(world, late, 2000);
  assert.ok(reviveQueue < 8);
  await world.clock.advance(2300);
  const [again] = await pop(world, link, "T");
  assert.deepEqual([again.body, again.tries], ["m0", 1]);
});

test("Several pops of one millisecond are told apart, also in a batch", async () => {
  const world = await makeWorld();
  await send(world, "T", 4);
  const asks = [popAsk("T", { maxMessages: 2 }), popAsk("T", { maxMessages: 2 })];
  const [one, other] = asks.map((ask) => world.broker.pop.pop(ask, link));
  assert.ok(!(one instanceof Promise) && !(other instanceof Promise));
  const gots = [...gotOf(asks[0], one), ...gotOf(asks[1], other)];
  assert.deepEqual(bodiesOf(gots), ["m0", "m1", "m2", "m3"]);
  const batch = gots.map(({ offset, ...held }) => ({ ...held, offsets: [offset, 99, -5] }));
  await within(world, 10, world.broker.receipts.acknowledgeBatch(batch.slice(1)));
  await world.clock.advance(40_000);
  assert.deepEqual(bodiesOf(await pop(world, link, "T")), ["m0"]);
});

test("Tags are filtered, also in retries; what does not match is passed", async () => {
  const world = await makeWorld();
  await send(world, "T", 2, { name: "a", tags: "A" });
  await send(world, "T", 2, { name: "b", tags: "B" });
  await send(world, "T", 1, { name: "c", tags: "A" });
  const changes = { expression: "A", invisibleMs: 5000 };
  assert.deepEqual(bodiesOf(await pop(world, link, "T", changes)), ["a0", "a1", "c0"]);
  await world.clock.advance(5300);
  assert.deepEqual(bodiesOf(await pop(world, link, "T", { expression: "B" })), []);
  await send(world, "T", 1, { name: "d", tags: "A" });
  assert.deepEqual(bodiesOf(await pop(world, link, "T", changes)), ["d0"]);
});

test("A pop waits for what comes, and ends when its time is over", async () => {
  const world = await makeWorld();
  await send(world, "T", 1);
  await pop(world, link, "T", { invisibleMs: 8000 });
  const waits = [1, 2, 3].map(() =>
    world.broker.pop.pop(popAsk("T", { pollMs: 15_000, maxMessages: 1 }), link)
  );
  const place = { ...popAsk("T"), pollMs: 15_000 };
  assert.equal(world.broker.pop.waiting(place), 3);
  const question = world.broker.pop.hasAny(place, link);
  await send(world, "T", 1, { name: "n" });
  assert.deepEqual(await question, { hasAny: true, isFull: false });
  const got = await waits[0];
  assert.deepEqual(bodiesOf(gotOf(popAsk("T"), got)), ["n0"]);
  assert.equal(world.broker.pop.waiting(place), 2);
  await world.clock.advance(8200);
  const [back] = gotOf(popAsk("T"), await waits[1]);
  assert.deepEqual([back.body, back.tries], ["m0", 1]);
  await world.clock.advance(8000);
  assert.deepEqual((await waits[2]).status, "timeout");
  assert.equal(world.broker.pop.waiting(place), 0);
});

test("A client that is gone pops nothing, and a full line says so", async () => {
  const world = await makeWorld({ pullWaitersPerLinkMax: 2 });
  await send(world, "T", 1);
  await pop(world, link, "T");
  const gone = new FakeLink();
  const waits = [1, 2].map(() => world.broker.pop.pop(popAsk("T", { pollMs: 9000 }), gone));
  const full = await world.broker.pop.pop(popAsk("T", { pollMs: 9000 }), gone);
  assert.equal(full.status, "full");
  gone.close();
  assert.deepEqual((await Promise.all(waits)).map(({ status }) => status), ["timeout", "timeout"]);
  await send(world, "T", 1, { name: "n" });
  assert.deepEqual(bodiesOf(await pop(world, link, "T")), ["n0"]);
  const late = await world.broker.pop.pop(popAsk("T", { bornMs: 1, pollMs: 10 }), link);
  assert.match(late.reason, /timeout too much/);
});

test("A group that was never here begins at the first message, or with the last", async () => {
  const world = await makeWorld({ pullMemoryPercent: 0 });
  await send(world, "T", 3);
  assert.deepEqual(bodiesOf(await pop(world, link, "T", { group: "a" })), ["m0", "m1", "m2"]);
  assert.deepEqual(bodiesOf(await pop(world, link, "T", { group: "b", from: "last" })), ["m2"]);
});

test("Retry topics have new names where that is set; the old ones are read", async () => {
  const world = await makeWorld();
  await send(world, "T", 2);
  const [old] = await pop(world, link, "T", { invisibleMs: 1000, maxMessages: 1 });
  await world.clock.advance(1300);
  world.settings.popRetryV2 = true;
  await pop(world, link, "T", { invisibleMs: 1000, maxMessages: 1, queueId: 0, group: "h" });
  await world.clock.advance(1300);
  const news = [];
  for (let at = 0; at < 6; at++) news.push(...await pop(world, link, "T", { group: "h" }));
  const again = news.filter(({ tries }) => tries === 1);
  assert.deepEqual(again.map(({ topic }) => topic), ["%RETRY%h+T"]);
  const olds = [];
  for (let at = 0; at < 6; at++) olds.push(...await pop(world, link, "T"));
  assert.deepEqual(bodiesOf(olds).sort(), [old.body, "m1"]);
  assert.equal(olds.find(({ tries }) => tries === 1)?.topic, "%RETRY%g_T");
});

test("Dead letters are made only where that is set", async () => {
  const world = await makeWorld({ popDeadLetters: true });
  await send(world, "T", 1);
  const group = { ...world.broker.groups.get("g"), retryMaxTimes: 1, attributes: new Map() };
  await within(world, 50, world.broker.groups.put(group));
  for (let tries = 0; tries < 2; tries++) {
    assert.equal((await pop(world, link, "T", { invisibleMs: 1000 })).length, 1);
    await world.clock.advance(1500);
  }
  assert.deepEqual(await pop(world, link, "T"), []);
  assert.equal(world.log.queue("%DLQ%g", 0).offsetMax, 1);
});

test("Too many leases are refused with the limit", async () => {
  const world = await makeWorld({ leasesMax: 1 });
  await send(world, "T", 2);
  await pop(world, link, "T", { maxMessages: 1 });
  assert.throws(
    () => world.broker.pop.pop(popAsk("T"), link),
    isRefusal("busy", /popCkMaxBufferSize is 1/),
  );
});

test("A group sent elsewhere by a tool pops there", async () => {
  const world = await makeWorld();
  await send(world, "T", 3);
  for (const one of await pop(world, link, "T")) await acknowledge(world, one);
  const ask = { group: "g", topic: "T", queueId: 0 };
  assert.deepEqual(await pop(world, link, "T"), []);
  world.broker.progress.commit({ ...ask, offset: 1 });
  assert.deepEqual(bodiesOf(await pop(world, link, "T")), ["m1", "m2"]);
});

test("Messages are popped by SQL, and a wrong expression is refused", async () => {
  const world = await makeWorld();
  for (const colour of ["red", "blue", "red"]) {
    const message = incoming("T", { properties: properties({ colour }) });
    await within(world, 20, world.broker.intake.send(message, sendAsk()));
  }
  const changes = { expression: "colour = 'red'", expressionType: "SQL92", invisibleMs: 1000 };
  assert.deepEqual((await pop(world, link, "T", changes)).map(({ offset }) => offset), [0, 2]);
  await world.clock.advance(1500);
  assert.equal((await pop(world, link, "T", changes)).length, 2);
  assert.throws(
    () => world.broker.pop.pop(popAsk("T", { ...changes, expression: "colour = " }), link),
    isRefusal("subscription-invalid", /Invalid MessageSelector/),
  );
});

test("Leases of a topic that was removed do not touch one of the same name", async () => {
  const world = await makeWorld();
  await send(world, "T", 2);
  const [got] = await pop(world, link, "T", { invisibleMs: 1000 });
  await within(world, 200, world.broker.topics.remove("T"));
  await send(world, "T", 2, { name: "n" });
  await world.clock.advance(3000);
  await acknowledge(world, got);
  assert.deepEqual(bodiesOf(await pop(world, link, "T")), ["n0", "n1"]);
});
