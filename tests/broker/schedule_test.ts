import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, viewOf } from "../../lib/model/message.ts";
import { parseProperties } from "../../lib/model/properties.ts";
import { Refusal } from "../../lib/model/refusal.ts";
import { SCHEDULE_TOPIC } from "../../lib/model/topic.ts";
import { Schedule } from "../../lib/broker/schedule.ts";
import { sendWith, stored, texts } from "./delay_world.ts";
import { incoming, makeWorld, properties, sendAsk, within, type World } from "./world.ts";

function send(world: World, text: string, level: string, topic = "T") {
  return sendWith(world, text, { DELAY: level, TAGS: "t" }, topic);
}

test("A message with a level waits in its level's queue, then comes to its own", async () => {
  const world = await makeWorld();
  await send(world, "first", "1", "%RETRY%g");
  const receipt = await send(world, "a", "3");
  assert.deepEqual([receipt.queueId, receipt.offset, receipt.flush], [0, 0, "ok"]);
  const [waiting] = stored(world, SCHEDULE_TOPIC, 2);
  assert.deepEqual(
    [...parseProperties(waiting.properties)].filter(([name]) => name !== "__CRC32#"),
    [
      ...[["DELAY", "3"], ["TAGS", "t"], ["UNIQ_KEY", "a"]],
      ...[["MSG_REGION", "DefaultRegion"], ["TRACE_ON", "true"], ["CLUSTER", "DefaultCluster"]],
      ...[["REAL_TOPIC", "T"], ["REAL_QID", "0"]],
    ],
  );
  await world.clock.advance(waiting.storeTimestamp + 9_999 - world.clock.now());
  assert.deepEqual(texts(world), []);
  await world.clock.advance(2);
  const [came] = stored(world, "T");
  assert.equal(came.storeTimestamp, waiting.storeTimestamp + 10_000);
  const { DELAY, REAL_TOPIC, TAGS } = Object.fromEntries(parseProperties(came.properties));
  assert.deepEqual([DELAY, REAL_TOPIC, TAGS], ["3", "T", "t"]);
  assert.deepEqual([came.bornTimestamp, came.bornHost], [waiting.bornTimestamp, waiting.bornHost]);
  assert.equal(came.preparedPosition, waiting.position + 1);
  assert.deepEqual(texts(world, "%RETRY%g"), ["first"]);
});

test("A level beyond the last is the last; 0 and less is none; a level beats a time", async () => {
  const world = await makeWorld({}, { delayLevels: "1s 2s" });
  await send(world, "high", "99");
  await send(world, "none", "0");
  await send(world, "negative", "-1");
  const both = properties({ TIMER_DELAY_SEC: "9", DELAY: "1", TIMER_DELIVER_MS: "1" });
  await within(world, 1, world.broker.intake.send(incoming("T", { properties: both }), sendAsk()));
  assert.deepEqual(texts(world), ["none", "negative"]);
  const [waiting] = stored(world, SCHEDULE_TOPIC, 0);
  assert.deepEqual(
    [...parseProperties(waiting.properties).keys()].filter((name) => /TIMER|DELAY/.test(name)),
    ["DELAY"],
  );
  assert.equal(
    parseProperties(stored(world, SCHEDULE_TOPIC, 1)[0].properties).get("DELAY"),
    "2",
  );
  await world.clock.advance(3_000);
  assert.deepEqual(texts(world), ["none", "negative", "hello", "high"]);
});

test("All eighteen levels come at their times, none a millisecond early", async () => {
  const world = await makeWorld();
  for (let level = 18; level >= 1; level--) await send(world, `level ${level}`, String(level));
  await world.clock.advance(2 * 3_600_000 + 1000);
  const came = stored(world, "T");
  assert.equal(came.length, 18);
  for (const { body, storeTimestamp } of came) {
    const level = Number(new TextDecoder().decode(body).slice(6));
    const [waiting] = stored(world, SCHEDULE_TOPIC, level - 1);
    const delays = [1, 5, 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800];
    const seconds = [...delays, 3600, 7200][level - 1];
    assert.equal(storeTimestamp - waiting.storeTimestamp, seconds * 1000, `level ${level}`);
  }
});

test("Thousands that are due at once come in order, some at a time", async () => {
  const world = await makeWorld();
  const names = Array.from({ length: 1200 }, (_, at) => `m${at}`);
  const wishes = properties({ DELAY: "1" });
  const sends = names.map((name) => {
    const message = incoming("T", { properties: wishes, body: new TextEncoder().encode(name) });
    return world.broker.intake.send(message, sendAsk());
  });
  await within(world, 500, Promise.all(sends));
  assert.equal(texts(world).length, 0);
  await world.clock.advance(1000);
  assert.deepEqual(texts(world), names);
});

test("A clock that is set back makes nobody wait longer than his delay from then on", async () => {
  const world = await makeWorld();
  await send(world, "before", "5");
  await world.clock.advance(30_000);
  world.clock.stepWall(-3_600_000);
  await world.clock.advance(2_000);
  const at = world.clock.monotonic();
  await send(world, "behind", "5");
  await world.clock.advance(30_000);
  assert.deepEqual(texts(world), [], "29 s were left of a minute");
  await world.clock.advance(at + 60_000 - world.clock.monotonic() - 1);
  assert.deepEqual(texts(world), ["before", "behind"].slice(0, texts(world).length));
  await world.clock.advance(64_000);
  assert.deepEqual(texts(world), ["before", "behind"]);
});

test("A clock that is set forward is noticed within a second", async () => {
  const world = await makeWorld();
  await send(world, "a", "18");
  await world.clock.advance(60_000);
  world.clock.stepWall(7_200_000);
  await world.clock.advance(1_100);
  assert.deepEqual(texts(world), ["a"]);
});

test("A log that refuses delays the delivery, and nothing is lost", async () => {
  const world = await makeWorld();
  await send(world, "a", "1");
  await send(world, "b", "1");
  const came: string[] = [];
  let refusals = 3;
  const deliver = (message: Message) => {
    if (came.length === 1 && refusals-- > 0) throw new Refusal("busy", "The disk is behind.");
    came.push(new TextDecoder().decode(viewOf(message.body)));
    return { position: 0, size: 0, offset: 0, storeTimestamp: 0 };
  };
  const { log, clock, lines } = world;
  const parts = { log, clock, lines, inlet: { deliver }, delayLevelsMs: [1000], wake: () => {} };
  const schedule = new Schedule(parts);
  schedule.stand(new Map());
  schedule.open();
  await clock.advance(2_000);
  const at = clock.monotonic();
  assert.equal(schedule.run(at), at + 1000);
  assert.deepEqual([came, [...schedule.delivered()]], [["a"], [[1, 1]]]);
  schedule.run(at);
  schedule.run(at);
  assert.equal(schedule.run(at), Infinity);
  assert.deepEqual([came, [...schedule.delivered()]], [["a", "b"], [[1, 2]]]);
  assert.match(
    lines.logged().map(({ text }) => text).join("\n"),
    /wait another second: The disk is/,
  );
});

test("Progress is kept once a second, and is what RocketMQ keeps", async () => {
  const world = await makeWorld();
  await send(world, "a", "2");
  await send(world, "b", "2");
  await world.clock.advance(7_500);
  assert.equal(world.catalogue.delays.all().get(2), 2);
  assert.equal(world.catalogue.delays.all().get(1), undefined);
  await within(world, 100, world.broker.close());
  await send(world, "c", "1");
  await world.clock.advance(5_000);
  assert.deepEqual(texts(world), ["a", "b"], "nothing is delivered after the end");
});
