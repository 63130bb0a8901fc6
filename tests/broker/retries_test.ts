import assert from "node:assert/strict";
import { test } from "node:test";
import type { SendBackAsk } from "../../lib/broker/retries.ts";
import { makeGroup } from "../../lib/model/group.ts";
import { offsetId } from "../../lib/model/ids.ts";
import { parseProperties } from "../../lib/model/properties.ts";
import type { StoredRecord } from "../../lib/model/record.ts";
import { Refusal } from "../../lib/model/refusal.ts";
import { makeTopic, Perm, SCHEDULE_TOPIC } from "../../lib/model/topic.ts";
import { stored } from "./delay_world.ts";
import { Lives } from "./lives.ts";
import { host } from "./fake_link.ts";
import { incoming, makeWorld, properties, sendAsk, within, type World } from "./world.ts";

const LEVELS_S = [1, 5, 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600];

function back(world: World, record: StoredRecord, changes: Partial<SendBackAsk> = {}) {
  const ask = {
    ...{ group: "g", position: record.position, delayLevel: 0, unitMode: false, version: 513 },
    local: host("192.168.0.9", 10911),
    ...changes,
  };
  return within(world, 50, world.broker.retries.sendBack(ask));
}

async function send(world: World, topic = "T", changes: Record<string, string> = {}) {
  const message = incoming(topic, {
    properties: properties({ TAGS: "t", UNIQ_KEY: "K", ...changes }),
    body: new TextEncoder().encode("work"),
  });
  await within(world, 50, world.broker.intake.send(message, sendAsk()));
  const all = stored(world, topic);
  return all[all.length - 1];
}

function said(record: StoredRecord, ...names: string[]): (string | undefined)[] {
  const all = parseProperties(record.properties);
  return names.map((name) => all.get(name));
}

test("what was sent back comes again, to its group alone, and says where from", async () => {
  const world = await makeWorld();
  const first = await send(world, "T");
  await back(world, first);
  assert.deepEqual(stored(world, "%RETRY%g"), []);
  const [waiting] = stored(world, SCHEDULE_TOPIC, 2);
  await world.clock.advance(waiting.storeTimestamp + 10_000 - world.clock.now());
  const [again] = stored(world, "%RETRY%g");
  assert.equal(again.storeTimestamp, waiting.storeTimestamp + 10_000);
  assert.deepEqual(
    said(again, "RETRY_TOPIC", "ORIGIN_MESSAGE_ID", "TAGS", "UNIQ_KEY"),
    ["T", offsetId(first.storeHost, first.position), "t", "K"],
  );
  assert.equal(again.reconsumeTimes, 1);
  assert.deepEqual(
    [again.flag, again.sysFlag, again.bornTimestamp, again.bornHost, again.body],
    [first.flag, first.sysFlag, first.bornTimestamp, first.bornHost, first.body],
  );
  assert.equal(again.bornTimestamp, 1_700_000_000_000);
});

test("sixteen tries over their hours, then the dead letters", async () => {
  const world = await makeWorld();
  const first = await send(world, "T");
  let last = first;
  let hours = 0;
  for (let times = 1; times <= 16; times++) {
    await back(world, last);
    const seconds = LEVELS_S[times + 1] ?? 7200;
    const level = Math.min(times + 2, 18);
    const led = stored(world, SCHEDULE_TOPIC, level - 1).at(-1);
    assert.ok(led !== undefined, `level ${level}`);
    await world.clock.advance(led.storeTimestamp + seconds * 1000 - 1 - world.clock.now());
    assert.equal(stored(world, "%RETRY%g").length, times - 1, "not early");
    await world.clock.advance(1);
    const all = stored(world, "%RETRY%g");
    last = all[all.length - 1];
    assert.deepEqual([all.length, last.reconsumeTimes], [times, times]);
    hours += seconds / 3600;
  }
  assert.ok(hours > 4, "4 hours and 46 minutes in all");
  await back(world, last);
  assert.equal(stored(world, "%RETRY%g").length, 16);
  const [dead] = stored(world, "%DLQ%g");
  assert.deepEqual(
    said(dead, "RETRY_TOPIC", "ORIGIN_MESSAGE_ID", "DELAY"),
    ["T", offsetId(first.storeHost, first.position), "0"],
  );
  assert.equal(dead.reconsumeTimes, 17);
  const topic = world.catalogue.topics.get("%DLQ%g");
  assert.deepEqual([topic?.readQueues, topic?.writeQueues, topic?.perm], [1, 1, 6]);
  await world.clock.advance(61_000);
  assert.equal(world.broker.stats.view("SNDBCK_PUT_NUMS", "T@g").length, 3);
  assert.equal(world.broker.stats.view("DLQ_PUT_NUMS", "T@g").length, 3);
});

test("a level, a number of tries and giving up by the consumer's own word", async () => {
  const world = await makeWorld();
  const first = await send(world, "T");
  await back(world, first, { delayLevel: 1 });
  assert.equal(stored(world, SCHEDULE_TOPIC, 0).length, 1);
  await back(world, first, { delayLevel: 99 });
  assert.equal(stored(world, SCHEDULE_TOPIC, 17).length, 1);
  await back(world, first, { delayLevel: -1 });
  assert.equal(stored(world, "%DLQ%g").length, 1);
  await back(world, first, { maxReconsumeTimes: 0 });
  assert.equal(stored(world, "%DLQ%g").length, 2);
  await back(world, first, { maxReconsumeTimes: 0, version: 120 });
  assert.equal(stored(world, "%DLQ%g").length, 2, "an old client's number does not count");
  await within(world, 50, world.broker.groups.put(makeGroup("g", { retryMaxTimes: 0 })));
  await back(world, first, { maxReconsumeTimes: 1 });
  assert.equal(stored(world, "%DLQ%g").length, 2);
  await back(world, first);
  assert.equal(stored(world, "%DLQ%g").length, 3);
});

test("retries go to the group's retry queues, but to none that is not read", async () => {
  const world = await makeWorld();
  await within(world, 50, world.broker.groups.put(makeGroup("g", { retryQueues: 4 })));
  const first = await send(world, "T");
  for (let count = 0; count < 40; count++) await back(world, first, { delayLevel: 1 });
  await world.clock.advance(2000);
  assert.equal(world.catalogue.topics.get("%RETRY%g")?.readQueues, 4);
  const counts = [0, 1, 2, 3].map((queueId) => stored(world, "%RETRY%g", queueId).length);
  assert.equal(counts.reduce((sum, count) => sum + count), 40);
  assert.ok(counts.every((count) => count > 0), counts.join());
  await within(world, 50, world.broker.groups.put(makeGroup("g", { retryQueues: 1000 })));
  await back(world, first, { delayLevel: 1 });
  await world.clock.advance(2000);
  const after = [0, 1, 2, 3].map((queueId) => stored(world, "%RETRY%g", queueId).length);
  assert.equal(after.reduce((sum, count) => sum + count), 41);
});

test("no retry queues: nothing is stored, as upstream", async () => {
  const world = await makeWorld();
  await within(world, 50, world.broker.groups.put(makeGroup("g", { retryQueues: 0 })));
  const first = await send(world, "T");
  const end = world.log.positionMax;
  await back(world, first, { delayLevel: -1 });
  assert.equal(world.log.positionMax, end);
});

test("what cannot be tried again is refused with its cause", async () => {
  const world = await makeWorld({ autoCreateGroup: false });
  await within(world, 50, world.broker.groups.put(makeGroup("g")));
  const first = await send(world, "T");
  const refused = async (changes: Partial<SendBackAsk>, kind: string, words: RegExp) => {
    await assert.rejects(back(world, first, changes), (fault) => {
      assert.ok(fault instanceof Refusal);
      assert.deepEqual([fault.kind, words.test(fault.message)], [kind, true], fault.message);
      return true;
    });
  };
  const end = world.log.positionMax;
  await refused({ group: "unknown" }, "group-unknown", /autoCreateSubscriptionGroup is false/);
  await refused({ position: end }, "failed", /look message by offset failed, \d+: the log ends/);
  await refused({ position: first.position + 1 }, "failed", /no record begins there/);
  await refused({ position: -1 }, "failed", /the log begins at 0/);
  await refused({ position: 2 ** 60 }, "failed", /the log ends at/);
  const retry = makeTopic("%RETRY%g", 1, { perm: Perm.read });
  await within(world, 50, world.catalogue.topics.put([retry]));
  await refused({}, "no-permission", /topic\[%RETRY%g\] sending message is forbidden/);
  world.settings.brokerPermission = 4;
  await refused({}, "no-permission", /brokerPermission/);
  assert.equal(world.log.positionMax, end);
});

test("a client sends to its retry topic itself: delayed, and dead after too many", async () => {
  const world = await makeWorld();
  const said = { RETRY_TOPIC: "T", ORIGIN_MESSAGE_ID: "ID", TRAN_MSG: "true", UNIQ_KEY: "K" };
  const sendItself = (reconsumeTimes: number, maxReconsumeTimes?: number) => {
    const wishes = properties({ ...said, DELAY: String(2 + reconsumeTimes) });
    const message = incoming("%RETRY%g", { reconsumeTimes, properties: wishes });
    const asked = sendAsk({ producerGroup: "CLIENT_INNER_PRODUCER", maxReconsumeTimes });
    return within(world, 50, world.broker.intake.send(message, asked));
  };
  await sendItself(1);
  await world.clock.advance(10_000);
  const [again] = stored(world, "%RETRY%g");
  assert.equal(again.reconsumeTimes, 1);
  assert.equal(parseProperties(again.properties).get("RETRY_TOPIC"), "T");
  await sendItself(16);
  assert.deepEqual(stored(world, "%DLQ%g"), [], "16 of 16 tries");
  await sendItself(17);
  await sendItself(3, 2);
  assert.equal(stored(world, "%DLQ%g").length, 2);
  assert.equal(parseProperties(stored(world, "%DLQ%g")[0].properties).get("DELAY"), "-1");
});

test("what an orderly consumer gives up is dead at once", async () => {
  const world = await makeWorld();
  const queues = [{ topic: "T", brokerName: "broker-a", queueId: 0 }];
  await within(world, 50, world.broker.locks.take({ group: "g", clientId: "c", queues }));
  const wishes = properties({ RETRY_TOPIC: "T", DELAY: "3" });
  const message = incoming("%RETRY%g", { reconsumeTimes: 1, properties: wishes });
  await within(world, 50, world.broker.intake.send(message, sendAsk()));
  assert.equal(stored(world, "%DLQ%g").length, 1);
});

test("a kill at any moment of a retry loses nothing", async () => {
  for (const how of ["kill", "power cut"] as const) {
    for (let seed = 1; seed <= 6; seed++) {
      const lives = new Lives(seed, {}, { log: { flush: "SYNC_FLUSH" }, syncMs: () => 2 });
      let world = await lives.start();
      const wanted: string[] = [];
      for (let count = 0; count < 5; count++) {
        const key = `K${count}`;
        const failed = await send(world, "T", { UNIQ_KEY: key });
        await back(world, failed, { delayLevel: 1 + count % 3 });
        wanted.push(key);
        await world.clock.advance(lives.random.below(3000));
        lives.die(how);
        world = await lives.start();
      }
      await world.clock.advance(20_000);
      const came = stored(world, "%RETRY%g").map((record) => said(record, "UNIQ_KEY")[0]);
      assert.deepEqual([...new Set(came)].sort(), wanted, `${how}, seed ${seed}`);
      assert.ok(came.length <= 2 * wanted.length, `${how}, seed ${seed}: ${came}`);
    }
  }
});
