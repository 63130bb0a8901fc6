import assert from "node:assert/strict";
import { test } from "node:test";
import { type NamedOrder, orderEntry, orderOf } from "../../lib/broker/order_entry.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { FakeLink } from "./fake_link.ts";
import { Lives } from "./lives.ts";
import { acknowledge, bodiesOf, pop, send } from "./pops.ts";
import { within } from "./world.ts";

const link = new FakeLink();
const order = { order: true, invisibleMs: 10_000, maxMessages: 2, queueId: 0 } as const;

test("The state of an ordered queue is upstream's text, read back as it was", () => {
  const random = new SeededRandom(31);
  for (let round = 0; round < 200; round++) {
    const first = random.below(2 ** 40);
    const offsets = Array.from({ length: 1 + random.below(32) }, (_, at) => first + 3 * at);
    const some = offsets.filter(() => random.below(2) === 0);
    const named: NamedOrder = {
      name: { topic: "T", group: "%RETRY%g", queueId: random.below(9) },
      state: {
        attemptId: random.below(2) === 0 ? undefined : `a"${round}`,
        popMs: 1_795_436_466_727,
        invisibleMs: random.below(100_000),
        offsets,
        acknowledged: new Set(some),
        visibleMs: new Map(some.map((offset) => [offset, 1_795_436_000_000 + round])),
        counts: new Map(some.map((offset) => [offset, random.below(20)])),
      },
    };
    assert.deepEqual(orderOf(orderEntry(named)), named);
  }
  const apache = `{"a":"one","cm":1,"i":40000,"l":1795436466745,"o":[5,1],"popTime":17}`;
  const read = orderOf(["T@g", "3", apache]);
  assert.deepEqual(read?.name, { topic: "T", group: "g", queueId: 3 });
  assert.deepEqual([read.state.offsets, [...read.state.acknowledged]], [[5, 6], [5]]);
  for (const text of ["{}", "[]", `{"o":[]}`, `{"o":[1],"cm":{}}`]) {
    assert.equal(orderOf(["T@g", "0", text]), undefined, text);
  }
});

for (const isNewer of [true, false]) {
  test(`An ordered queue that another broker left is ${isNewer ? "" : "not "}blocked`, async () => {
    const lives = new Lives(9);
    let world = await lives.start();
    await send(world, "T", 4);
    const first = await pop(world, link, "T", order);
    const popMs = first[0].receipt.popMs + (isNewer ? 5000 : -5000);
    for (const one of isNewer ? [] : first) await acknowledge(world, one);
    const text = `{"cm":0,"i":60000,"o":[0,1],"oc":{0:3},"popTime":${popMs}}`;
    await world.clock.advance(2000);
    await within(world, 100, world.catalogue.popOrders.replace([["T@g", "0", text]]));
    lives.die("kill");
    world = await lives.start();
    await world.clock.advance(20_000);
    const got = await pop(world, link, "T", order);
    assert.deepEqual(bodiesOf(got), isNewer ? [] : ["m2", "m3"]);
    if (!isNewer) return;
    await world.clock.advance(popMs + 60_000 - world.clock.now());
    assert.deepEqual(bodiesOf(await pop(world, link, "T", order)), ["m0", "m1"]);
  });
}

test("A stop leaves what is open of ordered queues, and forgets it with the next", async () => {
  const lives = new Lives(13);
  let world = await lives.start();
  await send(world, "T", 2);
  const first = await pop(world, link, "T", order);
  await acknowledge(world, first[0]);
  await lives.stop();
  world = await lives.start();
  const [[place, queue, text]] = [...world.catalogue.popOrders.all()];
  const { popMs } = first[0].receipt;
  assert.deepEqual([place, queue], ["T@g", "0"]);
  assert.equal(
    text,
    `{"cm":1,"i":10000,"l":${popMs},"o":[0,1],"oc":{},"ot":{},"popTime":${popMs}}`,
  );
  assert.deepEqual(await pop(world, link, "T", order), []);
  await acknowledge(world, first[1]);
  await lives.stop();
  assert.equal((await lives.start()).catalogue.popOrders.size, 0);
});
