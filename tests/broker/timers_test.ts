import assert from "node:assert/strict";
import { test } from "node:test";
import { TIMER_TOPIC } from "../../lib/broker/timer_times.ts";
import { Timers } from "../../lib/broker/timers.ts";
import { parseProperties } from "../../lib/model/properties.ts";
import { sendWith, stored, texts } from "./delay_world.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, properties, within, type World } from "./world.ts";

/** When a message was stored in its own topic, ms since 1970. */
function cameAt(world: World, text: string, topic = "T"): number | undefined {
  const found = stored(world, topic).find(({ body }) => new TextDecoder().decode(body) === text);
  return found?.storeTimestamp;
}

/** Lets time go by, most of it in one step of the wall clock. */
async function pass(world: World, ms: number): Promise<void> {
  world.clock.stepWall(ms - 3_000);
  await world.clock.advance(3_000);
}

test("A message with a delivery time comes at that millisecond", async () => {
  const world = await makeWorld();
  await sendWith(world, "warm", {});
  const at = world.clock.now() + 60_123;
  const receipt = await sendWith(world, "a", { TIMER_DELIVER_MS: String(at), TAGS: "t" });
  assert.deepEqual([receipt.queueId, receipt.offset, receipt.flush], [0, 0, "ok"]);
  const [waiting] = stored(world, TIMER_TOPIC);
  assert.deepEqual(
    [...parseProperties(waiting.properties)].filter(([name]) => /TIMER|REAL/.test(name)),
    [
      ["TIMER_DELIVER_MS", String(at)],
      ["TIMER_OUT_MS", String(at - 1)],
      ["REAL_TOPIC", "T"],
      ["REAL_QID", "0"],
    ],
  );
  await world.clock.advance(at - world.clock.now() - 1);
  assert.deepEqual(texts(world), ["warm"]);
  await world.clock.advance(2);
  assert.equal(cameAt(world, "a"), at);
  const came = stored(world, "T")[1];
  const names = [...parseProperties(came.properties).keys()].filter((name) =>
    /TIMER|REAL/.test(name)
  );
  assert.deepEqual(names, [
    "TIMER_DELIVER_MS",
    "TIMER_OUT_MS",
    "REAL_TOPIC",
    "REAL_QID",
    "TIMER_ENQUEUE_MS",
    "TIMER_DEQUEUE_MS",
  ]);
  assert.equal(came.preparedPosition, waiting.position + 1);
});

test("Seconds beat milliseconds, both beat a time; what lies behind comes at once", async () => {
  const world = await makeWorld();
  await sendWith(world, "first", {});
  const now = world.clock.now();
  const later = String(now + 100_000);
  await sendWith(world, "s", {
    TIMER_DELIVER_MS: later,
    TIMER_DELAY_MS: "9",
    TIMER_DELAY_SEC: "5",
  });
  await sendWith(world, "ms", { TIMER_DELIVER_MS: later, TIMER_DELAY_MS: "3000" });
  await sendWith(world, "past", { TIMER_DELIVER_MS: String(now - 5) });
  await sendWith(world, "zero", { TIMER_DELAY_SEC: "0" });
  await sendWith(world, "negative", { TIMER_DELAY_MS: "-7" });
  assert.deepEqual(texts(world), ["first", "past", "zero", "negative"]);
  await world.clock.advance(10_000);
  assert.equal(cameAt(world, "s"), now + 5_000);
  assert.equal(cameAt(world, "ms"), now + 20 + 3_000);
});

test("A few milliseconds are a few milliseconds, whatever the order of sending", async () => {
  const world = await makeWorld();
  await sendWith(world, "warm", {});
  const at = new Map<string, number>();
  for (const ms of [400, 30, 25, 300, 21, 35, 200]) {
    at.set(String(ms), world.clock.now() + ms);
    await sendWith(world, String(ms), { TIMER_DELAY_MS: String(ms) });
  }
  await world.clock.advance(500);
  for (const [text, due] of at) {
    const came = cameAt(world, text) ?? 0;
    assert.ok(came >= due && came <= due + 3, `${text} came ${came - due} ms late`);
  }
});

test("What is no time, or too far away, is refused", async () => {
  const world = await makeWorld({ timerMaxSeconds: 100 });
  await sendWith(world, "warm", {});
  const far = String(world.clock.now() + 200_000);
  const wishes: [Record<string, string>, RegExp][] = [
    [{ TIMER_DELIVER_MS: "soon" }, /no whole number/],
    [{ TIMER_DELIVER_MS: "" }, /no whole number/],
    [{ TIMER_DELIVER_MS: "1.5" }, /no whole number/],
    [{ TIMER_DELAY_MS: "99999999999999999999" }, /no whole number/],
    [{ TIMER_DELIVER_MS: far }, /max delay 100000ms/],
    [{ TIMER_DELAY_SEC: "101" }, /timerMaxDelaySec/],
    [{ TIMER_DELAY_MS: "9223372036854775807" }, /bigger than the max/],
    [{ TIMER_DELIVER_MS: "1", TIMER_DEL_UNIQKEY: "T+x" }, /bigger than the current/],
  ];
  for (const [wish, sentence] of wishes) {
    await assert.rejects(sendWith(world, "x", wish), isRefusal("message-illegal", sentence));
  }
  world.settings.timers = false;
  await assert.rejects(
    sendWith(world, "x", { TIMER_DELAY_SEC: "1" }),
    isRefusal("failed", /timerWheelEnable is false/),
  );
  assert.deepEqual(texts(world), ["warm"]);
  await sendWith(world, "timed before", { TIMER_DELAY_SEC: "9", TIMER_OUT_MS: "5" });
  assert.deepEqual(texts(world), ["warm", "timed before"]);
});

test("More than may wait, in all or for one second, are refused until some have come", async () => {
  const world = await makeWorld({ timersMax: 3 });
  await sendWith(world, "warm", {});
  for (const text of ["a", "b", "c"]) await sendWith(world, text, { TIMER_DELAY_SEC: "60" });
  const full = isRefusal("failed", /flow control, max num limit is 3 and 3 wait. Raise timersMax/);
  await assert.rejects(sendWith(world, "d", { TIMER_DELAY_SEC: "60" }), full);
  await pass(world, 61_000);
  const at = world.clock.now() + 60_500 - world.clock.now() % 1000;
  Object.assign(world.settings, { timersMax: 100, timersPerSlotMax: 1 });
  const wish = { TIMER_DELIVER_MS: String(at) };
  for (const text of ["e", "f"]) {
    await sendWith(world, text, wish);
    await world.clock.advance(50);
  }
  const crowded = isRefusal("failed", /limit is 1 for one second and 2 wait for this one/);
  await assert.rejects(sendWith(world, "g", wish), crowded);
  await sendWith(world, "h", { TIMER_DELIVER_MS: String(at + 1000) });
  await pass(world, 63_000);
  assert.deepEqual(texts(world), ["warm", "a", "b", "c", "e", "f", "h"]);
});

test("With upstream's precision a message comes at the next whole second", async () => {
  const world = await makeWorld({ timerPrecisionMs: 1000 });
  await sendWith(world, "warm", {});
  const base = Math.ceil(world.clock.now() / 1000) * 1000 + 5_000;
  await sendWith(world, "whole", { TIMER_DELIVER_MS: String(base) });
  await sendWith(world, "part", { TIMER_DELIVER_MS: String(base + 345) });
  const outs = stored(world, TIMER_TOPIC).map(({ properties }) =>
    Number(parseProperties(properties).get("TIMER_OUT_MS"))
  );
  assert.deepEqual(outs, [base - 1000, base]);
  await world.clock.advance(10_000);
  assert.deepEqual([cameAt(world, "whole"), cameAt(world, "part")], [base, base + 1000]);
});

test("40 days: the record is stored anew every other day, and comes once, in time", async () => {
  const day = 86_400_000;
  const world = await makeWorld({ timerMaxSeconds: 41 * 86_400 });
  await sendWith(world, "warm", {});
  const at = world.clock.now() + 40 * day + 7;
  await sendWith(world, "far", { TIMER_DELIVER_MS: String(at) });
  for (let days = 0; days < 39; days++) await pass(world, day);
  assert.equal(cameAt(world, "far"), undefined);
  const copies = stored(world, TIMER_TOPIC);
  assert.ok(copies.length >= 16 && copies.length <= 24, `${copies.length} copies`);
  const last = parseProperties(copies[copies.length - 1].properties);
  assert.equal(last.get("TIMER_ROLL_TIMES"), String(copies.length - 1));
  await pass(world, day - 1000);
  assert.equal(cameAt(world, "far"), undefined);
  await world.clock.advance(1100);
  assert.equal(cameAt(world, "far"), at);
  await pass(world, 3 * day);
  assert.deepEqual(texts(world), ["warm", "far"]);
});

test("A wall clock that is stepped: nothing comes early by the wall, or never", async () => {
  const world = await makeWorld();
  await sendWith(world, "warm", {});
  const at = world.clock.now() + 60_000;
  await sendWith(world, "a", { TIMER_DELIVER_MS: String(at) });
  world.clock.stepWall(-50_000);
  await world.clock.advance(109_000);
  assert.equal(cameAt(world, "a"), undefined);
  await world.clock.advance(1_000);
  assert.ok((cameAt(world, "a") ?? 0) >= at);
  await sendWith(world, "b", { TIMER_DELAY_SEC: "3600" });
  world.clock.stepWall(3_600_000);
  await world.clock.advance(1_050);
  assert.deepEqual(texts(world), ["warm", "a", "b"]);
});

/** Puts a record of the timer topic into the log, as a send would; its body is when it is due. */
function put(world: World, due: number): void {
  const host = { ip: new Uint8Array(4), port: 1 };
  const timer = { TIMER_DELIVER_MS: String(due), TIMER_OUT_MS: String(due - 1) };
  const real = { REAL_TOPIC: "T", REAL_QID: "0" };
  const body = new TextEncoder().encode(String(due));
  const changes = { properties: properties({ ...timer, ...real }), bornHost: host, body };
  world.log.append({ ...incoming(TIMER_TOPIC, changes), storeHost: host });
}

test("More than memory holds goes through the table, in order of time", async () => {
  const world = await makeWorld();
  const now = world.clock.now();
  const count = 30_000;
  for (let at = 0; at < count; at++) {
    put(world, now + 3_600_000 + (at * 7_919) % count);
    if (at % 1000 === 0) await world.clock.advance(10);
  }
  world.jobs.wake(Timers.jobName);
  await world.clock.advance(10_000);
  assert.equal(await within(world, 10, world.catalogue.timers.count()), count);
  await pass(world, 3_600_000 - 11_000);
  assert.deepEqual(texts(world), []);
  await world.clock.advance(count + 2_000);
  const came = stored(world, "T");
  assert.equal(came.length, count);
  for (const { body, storeTimestamp } of came) {
    const late = storeTimestamp - Number(new TextDecoder().decode(body));
    assert.ok(late >= 0 && late < 50, `${late} ms late`);
  }
  await world.clock.advance(2_000);
  assert.equal(await within(world, 10, world.catalogue.timers.count()), 0);
});

test("What another broker delivered is not delivered again after a move", async () => {
  const start = 1_767_225_600_000;
  const check = { deliveredTo: start + 40_000, takenUpTo: 4 };
  const world = await makeWorld({}, {
    prepare: (disk) => {
      disk.makeDirectory("/data/config");
      const file = disk.open("/data/config/timercheck", "create");
      const bytes = new Uint8Array(4096);
      const view = new DataView(bytes.buffer);
      view.setBigInt64(0, BigInt(check.deliveredTo));
      view.setBigInt64(16, BigInt(check.takenUpTo));
      file.write(bytes, 0);
      file.close();
    },
  });
  for (const after of [20_000, 39_000, 41_000, 60_000, 30_000]) put(world, start + after);
  await world.clock.advance(10);
  world.jobs.wake(Timers.jobName);
  await pass(world, 100_000);
  const came = texts(world).map((text) => Number(text) - start);
  assert.deepEqual(came, [30_000, 41_000, 60_000]);
  await world.clock.advance(3_000);
  assert.equal(await within(world, 10, world.catalogue.timers.count()), 0);
});
