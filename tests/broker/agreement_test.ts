import assert from "node:assert/strict";
import { test } from "node:test";
import type { Subscription } from "../../lib/broker/heartbeat.ts";
import { FakeLink } from "./fake_link.ts";
import { heartbeat } from "./heartbeats.ts";
import { isRefusal } from "./refusals.ts";
import { makeWorld, within, type World } from "./world.ts";

async function beat(
  world: World,
  client: { readonly id: string; readonly link: FakeLink },
  wants: Record<string, string>,
): Promise<void> {
  const whole = heartbeat(client.id, { group: "g", topics: Object.keys(wants) });
  const consumers = whole.consumers.map((consumer) => {
    const subscriptions = consumer.subscriptions.map((one): Subscription => {
      return { ...one, expression: wants[one.topic] };
    });
    return { ...consumer, subscriptions };
  });
  await within(world, 100, world.broker.clients.heartbeat({ ...whole, consumers }, client.link));
}

function lines(world: World, part: string): number {
  return world.lines.logged().filter(({ text }) => text.includes(part)).length;
}

const client = (id: string) => ({ id, link: new FakeLink() });

test("two that want different things are named, both, once, until they agree", async () => {
  const world = await makeWorld();
  const [one, two] = [client("c1"), client("c2")];
  const said = () => world.broker.stats.runtime().get("differentSubscriptions_g");
  await beat(world, one, { T: "A || B", "%RETRY%g": "*" });
  await beat(world, two, { "%RETRY%g": "*", T: "B||A" });
  assert.equal(said(), undefined, "the same in other words");
  await beat(world, two, { T: "C", U: "*" });
  assert.match(String(said()), /group g .* c2 wants CLUSTERING T C, U \*; c1 wants .* T A \|\| B/);
  await beat(world, two, { T: "C", U: "*" });
  await beat(world, one, { T: "A || B" });
  assert.equal(lines(world, "do not subscribe to the same"), 1);
  await beat(world, two, { T: "A||B" });
  assert.equal(said(), undefined);
  assert.ok(world.lines.has("subscribe to the same now"));
});

test("where one of them leaves, the others agree again", async () => {
  const world = await makeWorld();
  const [one, two, three] = [client("c1"), client("c2"), client("c3")];
  await beat(world, one, { T: "*" });
  await beat(world, two, { T: "A" });
  await beat(world, three, { T: "*" });
  one.link.close();
  assert.ok(world.broker.stats.runtime().has("differentSubscriptions_g"));
  world.broker.clients.unregister({ clientId: "c2", consumerGroup: "g" }, two.link);
  assert.ok(!world.broker.stats.runtime().has("differentSubscriptions_g"));
});

test("by setting the one who differs is refused, and nothing of it is taken in", async () => {
  const world = await makeWorld({ refuseDifferentSubscriptions: true });
  const [one, two] = [client("c1"), client("c2")];
  await beat(world, one, { T: "A" });
  await beat(world, one, { T: "B" });
  await assert.rejects(
    beat(world, two, { T: "A" }),
    isRefusal("subscription-invalid", /c2 wants .* T A; c1 wants .* T B.*refuseDifferent/),
  );
  assert.deepEqual(world.broker.clients.members("g"), ["c1"]);
  one.link.close();
  await beat(world, two, { T: "A" });
  assert.deepEqual(world.broker.clients.members("g"), ["c2"]);
});

test("an endless subscription is told in short", async () => {
  const world = await makeWorld();
  await beat(world, client("c1"), { T: "x".repeat(5000) });
  await beat(world, client("c2"), { T: "x".repeat(5001) });
  const said = world.broker.stats.runtime().get("differentSubscriptions_g") ?? "";
  assert.match(said, /5013 in all/);
  assert.ok(said.length < 3000);
});
