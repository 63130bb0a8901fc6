import assert from "node:assert/strict";
import { test } from "node:test";
import type { Heartbeat } from "../../lib/broker/heartbeat.ts";
import type { ReplyOutcome } from "../../lib/broker/replies.ts";
import { parseProperties } from "../../lib/model/properties.ts";
import { Refusal } from "../../lib/model/refusal.ts";
import { stored } from "./delay_world.ts";
import { FakeLink } from "./fake_link.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, properties, sendAsk, within, type World } from "./world.ts";

const TOPIC = "DefaultCluster_REPLY_TOPIC";

function reply(world: World, to: string | undefined, ms = 50) {
  const said: Record<string, string> = { CORRELATION_ID: "1", MSG_TYPE: "reply" };
  if (to !== undefined) said.REPLY_TO_CLIENT = to;
  const message = incoming(TOPIC, { properties: properties(said), sysFlag: 1 });
  return within(world, ms, world.broker.replies.take(message, sendAsk({ producerGroup: "rp" })));
}

function heartbeat(clientId: string, producers: string[]): Heartbeat {
  const rest = { language: "JAVA", version: 513, fingerprint: 0, withoutSubscriptions: false };
  return { clientId, producers, consumers: [], ...rest };
}

function offsetOf({ placed }: ReplyOutcome): number | string {
  if (placed instanceof Refusal) return placed.message;
  return "unkept" in placed ? `unkept, queue ${placed.unkept}` : placed.offset;
}

async function join(world: World, clientId: string, producers = ["p"]): Promise<FakeLink> {
  const link = new FakeLink();
  const beat = heartbeat(clientId, producers);
  await within(world, 50, world.broker.clients.heartbeat(beat, link));
  return link;
}

test("a reply goes to the client that asked, and into the reply topic", async () => {
  const world = await makeWorld();
  const [asker, other] = [await join(world, "asker"), await join(world, "other")];
  const outcome = await reply(world, "asker");
  assert.deepEqual([outcome.undelivered, offsetOf(outcome)], [undefined, 0]);
  assert.deepEqual([asker.replies.length, other.replies.length], [1, 0]);
  const [{ message, producerGroup, storeTimestamp }] = asker.replies;
  assert.deepEqual([message.topic, message.sysFlag, producerGroup], [TOPIC, 1, "rp"]);
  const pushed = parseProperties(message.properties);
  assert.equal(pushed.get("PUSH_REPLY_TIME"), String(storeTimestamp));
  assert.equal(pushed.get("CORRELATION_ID"), "1");
  const [kept] = stored(world, TOPIC);
  assert.equal(parseProperties(kept.properties).get("REPLY_TO_CLIENT"), "asker");
  assert.deepEqual([kept.body, kept.sysFlag], [message.body, 1]);
});

test("where replies are not kept, they are handed over all the same", async () => {
  const world = await makeWorld({ storeReplies: false });
  const asker = await join(world, "asker");
  const outcome = await reply(world, "asker");
  assert.deepEqual([outcome.undelivered, offsetOf(outcome)], [undefined, "unkept, queue 0"]);
  assert.equal(asker.replies.length, 1);
  assert.match((await reply(world, "gone")).undelivered ?? "", /<gone> not found/);
  assert.deepEqual(stored(world, TOPIC), []);
  const message = incoming(TOPIC, { queueId: 99 });
  await assert.rejects(
    within(world, 50, world.broker.replies.take(message, sendAsk())),
    isRefusal("parameter-invalid", /queueId\[99\] is illegal/),
  );
});

test("one for a client that is gone is kept, and the replier hears why", async () => {
  const world = await makeWorld();
  const asker = await join(world, "asker");
  asker.close();
  const gone = await reply(world, "asker");
  assert.match(
    gone.undelivered ?? "",
    /^push reply message fail, channel of <asker> not found: no producer of that client id is/,
  );
  assert.equal(offsetOf(gone), 0);
  const nobody = await reply(world, undefined);
  assert.match(nobody.undelivered ?? "", /^reply message properties\[REPLY_TO_CLIENT\] is null/);
  const silent = await join(world, "silent");
  silent.answers.reply = () => {
    throw new Refusal("client-silent", "The client did not answer in 10000 ms.");
  };
  const late = await reply(world, "silent");
  assert.match(late.undelivered ?? "", /^push reply message to silent fail: .* 10000 ms/);
  assert.equal(stored(world, TOPIC).length, 3);
});

test("a client is reached by its newest connection, until it leaves its groups", async () => {
  const world = await makeWorld();
  const first = await join(world, "asker", ["p", "q"]);
  const second = await join(world, "asker");
  first.close();
  await reply(world, "asker");
  assert.deepEqual([first.replies.length, second.replies.length], [0, 1]);
  world.broker.clients.unregister({ clientId: "asker", producerGroup: "p" }, second);
  assert.match((await reply(world, "asker")).undelivered ?? "", /not found/);
  const renamed = await join(world, "one name");
  const beat = heartbeat("another", ["p"]);
  await within(world, 50, world.broker.clients.heartbeat(beat, renamed));
  assert.match((await reply(world, "one name")).undelivered ?? "", /not found/);
  assert.equal((await reply(world, "another")).undelivered, undefined);
});

test("a reply that cannot be stored is delivered; one that breaks a rule is not", async () => {
  const world = await makeWorld();
  const asker = await join(world, "asker");
  const bad = incoming("SCHEDULE_TOPIC_XXXX", {
    properties: properties({ REPLY_TO_CLIENT: "asker" }),
  });
  await assert.rejects(within(world, 50, world.broker.replies.take(bad, sendAsk())), /forbidden/);
  assert.equal(asker.replies.length, 0);
  const said = properties({ REPLY_TO_CLIENT: "asker" });
  const bodiless = incoming(TOPIC, { properties: said, body: new Uint8Array(0) });
  const { placed } = await within(world, 50, world.broker.replies.take(bodiless, sendAsk()));
  assert.ok(placed instanceof Refusal && /body has 0 bytes/.test(placed.message));
  assert.equal(asker.replies.splice(0).length, 1);
  await within(world, 2000, world.log.close());
  const outcome = await reply(world, "asker");
  assert.ok(outcome.placed instanceof Refusal);
  assert.match(outcome.placed.message, /^The broker stops/);
  assert.equal(outcome.undelivered, undefined);
  assert.equal(asker.replies.length, 1);
});
