import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOffsetId } from "../../lib/model/ids.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { isRefusal } from "./refusals.ts";
import { bodies, incoming, makeWorld, properties, sendAsk, within, type World } from "./world.ts";

async function send(world: World, body: string, key: string) {
  const message = incoming("T", {
    properties: properties({ KEYS: key }),
    body: new TextEncoder().encode(body),
  });
  return await within(world, 10, world.broker.intake.send(message, sendAsk()));
}

async function worldWith(sent: [string, string][]): Promise<World> {
  const world = await makeWorld();
  await within(world, 50, world.broker.topics.create(makeTopic("T", 1), ""));
  for (const [body, key] of sent) await send(world, body, key);
  return world;
}

const always = { topic: "T", max: 64, beginMs: 0, endMs: 2 ** 52, kind: "key" as const };

test("Records are found by key, oldest first, and by unique key", async () => {
  const world = await worldWith([["a", "k"], ["b", "k"], ["c", "k"]]);
  const found = await world.broker.lookup.byKey({ ...always, key: "k" });
  assert.deepEqual(found.records.flatMap((one) => bodies([one])), ["a", "b", "c"]);
  const sent = await send(world, "d", "j");
  const unique = { ...always, key: sent.transactionId, kind: "unique" as const, max: 0 };
  assert.ok((await world.broker.lookup.byKey(unique)).records.length >= 1);
});

test("An answer is never larger than a client takes", async () => {
  const world = await worldWith([["a".repeat(1000), "k"], ["b".repeat(1000), "k"], ["c", "k"]]);
  world.settings.lookupBytesMax = 2000;
  assert.equal((await world.broker.lookup.byKey({ ...always, key: "k" })).records.length, 1);
  world.settings.lookupBytesMax = 10;
  assert.equal((await world.broker.lookup.byKey({ ...always, key: "k" })).records.length, 1);
});

test("Nothing by that key, and no record there", async () => {
  const world = await worldWith([]);
  await assert.rejects(
    world.broker.lookup.byKey({ ...always, key: "k" }),
    isRefusal("not-found", /can not find message, maybe time range not correct/),
  );
  assert.throws(
    () => world.broker.lookup.byPosition(12_345),
    isRefusal("failed", /can not find message by the offset, 12345/),
  );
});

test("A record is found by its offset id", async () => {
  const world = await worldWith([["a", "k"]]);
  const { ids } = await send(world, "here", "j");
  const position = parseOffsetId(ids)?.position ?? -1;
  assert.deepEqual(bodies([world.broker.lookup.byPosition(position)]), ["here"]);
});
