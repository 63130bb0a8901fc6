import assert from "node:assert/strict";
import { test } from "node:test";
import { TIMER_TOPIC } from "../../lib/broker/timer_times.ts";
import { parseProperties } from "../../lib/model/properties.ts";
import { formatHandle, parseHandle } from "../../lib/model/recall_handle.ts";
import { sendWith, stored, texts } from "./delay_world.ts";
import { host } from "./fake_link.ts";
import { isRefusal } from "./refusals.ts";
import { makeWorld, within, type World } from "./world.ts";

function recall(world: World, handle: string, topic = "T"): Promise<string> {
  const ends = { local: host("192.168.0.9", 10911), remote: host("10.1.2.3", 5555) };
  const ask = { producerGroup: "p", topic, handle, ...ends };
  return within(world, 20, world.broker.recall.recall(ask));
}

/** Sends a timed message and gives the handle. */
async function timed(world: World, text: string, ms: number, topic = "T"): Promise<string> {
  const receipt = await sendWith(world, text, { TIMER_DELAY_MS: String(ms) }, topic);
  return receipt.recallHandle ?? "";
}

test("Only a timed message has a handle", async () => {
  const world = await makeWorld();
  const plain = await sendWith(world, "plain", {});
  const delayed = await sendWith(world, "delayed", { DELAY: "1" });
  const past = await sendWith(world, "past", { TIMER_DELIVER_MS: "1" });
  const retried = await sendWith(world, "retried", { TIMER_DELAY_SEC: "9" }, "%RETRY%g");
  for (const { recallHandle } of [plain, delayed, past, retried]) {
    assert.equal(recallHandle, undefined);
  }
  const handle = parseHandle(await timed(world, "a", 5_000));
  const [, waiting] = stored(world, TIMER_TOPIC);
  const out = Number(parseProperties(waiting.properties).get("TIMER_OUT_MS"));
  const named = { topic: "T", brokerName: "broker-a", time: String(out + 1), uniqueKey: "a" };
  assert.deepEqual(handle, named);
});

test("A message that is taken back does not come; others do", async () => {
  const world = await makeWorld();
  await sendWith(world, "plain", {});
  const handle = await timed(world, "a", 5_000);
  await timed(world, "b", 5_000);
  await timed(world, "a", 6_000);
  await timed(world, "c", 5_000, "Other");
  await world.clock.advance(2_000);
  assert.equal(await recall(world, handle), "a");
  const names = [...parseProperties(stored(world, TIMER_TOPIC).at(-1)!.properties).keys()];
  const own = ["TAGS", "TIMER_DEL_UNIQKEY", "UNIQ_KEY", "TIMER_DELIVER_MS", "BORN_TIMESTAMP"];
  for (const name of own) assert.ok(names.includes(name), name);
  await world.clock.advance(10_000);
  assert.deepEqual(texts(world), ["plain", "b", "a"]);
  assert.deepEqual(texts(world, "Other"), ["c"]);
  assert.equal(await within(world, 10, world.catalogue.timers.count()), 0);
});

test("At upstream's precision too, and far ahead of time", async () => {
  for (const timerPrecisionMs of [1, 1000]) {
    const world = await makeWorld({ timerPrecisionMs });
    await sendWith(world, "plain", {});
    const near = await timed(world, "near", 1_500);
    const far = await timed(world, "far", 2.5 * 86_400_000);
    await recall(world, near);
    await recall(world, far);
    world.clock.stepWall(86_400_000);
    await world.clock.advance(3_000);
    for (let day = 0; day < 3; day++) {
      world.clock.stepWall(86_400_000);
      await world.clock.advance(3_000);
    }
    assert.deepEqual(texts(world), ["plain"]);
    await world.clock.advance(5_000);
    assert.equal(await within(world, 10, world.catalogue.timers.count()), 0);
  }
});

test("A handle that cannot be meant is refused", async () => {
  const world = await makeWorld({ timerMaxSeconds: 100 });
  await sendWith(world, "plain", {});
  const now = world.clock.now();
  const make = (changes: Partial<ReturnType<typeof parseHandle>> = {}) => {
    const sound = { topic: "T", brokerName: "broker-a", time: String(now + 9_000), uniqueKey: "a" };
    return formatHandle({ ...sound, ...changes });
  };
  const cases: [string, RegExp][] = [
    ["", /handle is invalid/],
    ["nonsense", /handle is invalid/],
    [make({ topic: "U" }), /topic not match/],
    [make({ brokerName: "broker-b" }), /another broker/],
    [make({ time: String(now - 1) }), /timestamp invalid/],
    [make({ time: String(now + 100_100) }), /timestamp invalid/],
    [make({ time: "soon" }), /timestamp invalid/],
    [make({ time: "-5" }), /timestamp invalid/],
  ];
  for (const [handle, why] of cases) {
    await assert.rejects(recall(world, handle), isRefusal("illegal-operation", why));
  }
  await assert.rejects(recall(world, make(), "U"), isRefusal("topic-unknown", /\[U\] not exist/));
  world.settings.brokerPermission = 4;
  await assert.rejects(recall(world, make()), isRefusal("unavailable", /not available/));
  world.settings.recall = false;
  await assert.rejects(recall(world, make()), isRefusal("no-permission", /forbidden/));
});
