import assert from "node:assert/strict";
import { test } from "node:test";
import type { PullResult } from "../../lib/broker/pull.ts";
import { makeGroup } from "../../lib/model/group.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { FakeLink } from "./fake_link.ts";
import { isRefusal } from "./refusals.ts";
import { heartbeat } from "./heartbeats.ts";
import {
  bodies,
  damage,
  incoming,
  makeWorld,
  properties,
  pullAsk,
  sendAsk,
  within,
  type World,
} from "./world.ts";

async function worldWith(bodies: string[], tags?: string[]): Promise<World> {
  const world = await makeWorld();
  await within(world, 50, world.broker.topics.create(makeTopic("T", 2), ""));
  for (const [at, body] of bodies.entries()) await send(world, body, tags?.[at]);
  return world;
}

async function send(world: World, body: string, tag?: string): Promise<void> {
  const wish = tag === undefined ? "" : properties({ TAGS: tag });
  const message = incoming("T", { body: new TextEncoder().encode(body), properties: wish });
  await within(world, 0, world.broker.intake.send(message, sendAsk()));
}

function pull(world: World, changes: Parameters<typeof pullAsk>[1] = {}, link = new FakeLink()) {
  return world.broker.fetch.pull(pullAsk("T", changes), link);
}

function pullNow(world: World, changes: Parameters<typeof pullAsk>[1] = {}): PullResult {
  const result = pull(world, changes);
  assert.ok(!(result instanceof Promise));
  return result;
}

test("A pull gives what is there, in one piece where it lies together", async () => {
  const world = await worldWith(["a", "b", "c"]);
  const result = pullNow(world);
  assert.deepEqual([result.status, result.reason, result.count], ["found", "FOUND", 3]);
  assert.deepEqual([result.nextOffset, result.offsetMin, result.offsetMax], [3, 0, 3]);
  assert.equal(result.suggestBrokerId, 0);
  assert.equal(result.records.length, 1);
  assert.deepEqual(bodies(result.records), ["a", "b", "c"]);
  assert.deepEqual(bodies(pullNow(world, { offset: 1, maxMessages: 1 }).records), ["b"]);
});

test("Where there is nothing, the answer says where to go on", async () => {
  const world = await worldWith([]);
  const cases = (result: PullResult) => [result.status, result.reason, result.nextOffset];
  assert.deepEqual(cases(pullNow(world)), ["nothing", "NO_MESSAGE_IN_QUEUE", 0]);
  assert.deepEqual(cases(pullNow(world, { offset: 9 })), ["moved", "NO_MESSAGE_IN_QUEUE", 0]);
  for (const body of ["a", "b", "c"]) await send(world, body);
  assert.deepEqual(cases(pullNow(world, { offset: 3 })), ["nothing", "OFFSET_OVERFLOW_ONE", 3]);
  assert.deepEqual(cases(pullNow(world, { offset: 4 })), ["moved", "OFFSET_OVERFLOW_BADLY", 3]);
  assert.ok(world.lines.has("sent to"));
});

test("Only the tags asked for come, and offsets go on past the others", async () => {
  const world = await worldWith(["a", "b", "c", "d"], ["x", "y", "x", "z"]);
  const only = (expression: string, offset = 0) =>
    pullNow(world, { offset, subscription: { expression, type: "TAG", version: 1 } });
  assert.deepEqual(bodies(only("x || z").records), ["a", "c", "d"]);
  const none = only("nothing");
  assert.deepEqual([none.status, none.reason], ["no-match", "NO_MATCHED_MESSAGE"]);
  assert.equal(none.nextOffset, 4);
  assert.deepEqual([only("x").nextOffset, only("x", 3).status], [4, "no-match"]);
});

test("A filtered pull looks at so many entries and no more", async () => {
  const world = await worldWith([]);
  for (let at = 0; at < 900; at++) await send(world, "n", "no");
  await send(world, "yes", "yes");
  const subscription = { expression: "yes", type: "TAG", version: 1 };
  const first = pullNow(world, { subscription });
  assert.deepEqual([first.status, first.nextOffset], ["no-match", 800]);
  const second = pullNow(world, { subscription, offset: 800 });
  assert.deepEqual(bodies(second.records), ["yes"]);
});

test("Batches end at their limits, but the first message always comes", async () => {
  const world = await worldWith([]);
  for (let at = 0; at < 100; at++) await send(world, "x".repeat(1000));
  assert.equal(pullNow(world, { maxMessages: 1000 }).count, 32);
  world.settings.pullMemoryBytesMax = 4000;
  assert.equal(pullNow(world, { maxMessages: 1000 }).count, 3);
  world.settings.pullMemoryBytesMax = 10;
  assert.equal(pullNow(world).count, 1);
  assert.equal(pullNow(world, { maxMessages: 0 }).count, 1);
  world.settings.pullMemoryPercent = 0;
  assert.equal(pullNow(world).count, 8);
  world.settings.pullMemoryPercent = 10;
  assert.equal(pullNow(world, { offset: 99 }).count, 1);
  assert.equal(pullNow(world, { maxBytes: 2500 }).count, 2);
  assert.equal(pullNow(world, { maxBytes: 1 }).count, 1);
});

test("A pull below what retention has left is sent to the first that is there", async () => {
  const world = await makeWorld({}, { log: { segmentBytes: 8192 } });
  await within(world, 50, world.broker.topics.create(makeTopic("T", 1), ""));
  for (let at = 0; at < 100; at++) await send(world, "x".repeat(1000));
  await world.clock.advance(2000);
  world.clock.stepWall(76 * 3_600_000);
  await world.clock.advance(12 * 60_000);
  const { offsetMin, offsetMax } = world.log.queue("T", 0);
  assert.ok(offsetMin > 50 && offsetMin < offsetMax, String(offsetMin));
  const result = pullNow(world, { offset: 1 });
  assert.deepEqual([result.status, result.reason], ["moved", "OFFSET_TOO_SMALL"]);
  assert.equal(result.nextOffset, offsetMin);
  assert.equal(pullNow(world, { offset: offsetMin, maxMessages: 1 }).status, "found");
});

test("Damaged records are stepped over, and the pull goes on", async () => {
  const world = await makeWorld({}, { log: { tailBytes: 4096 } });
  await within(world, 50, world.broker.topics.create(makeTopic("T", 1), ""));
  const positions: number[] = [];
  for (const body of ["a", "b", "c", "d"]) {
    positions.push(world.log.positionMax);
    await send(world, body);
  }
  for (let at = 0; at < 10; at++) await send(world, "x".repeat(1000));
  damage(world, positions[1]);
  const around = pullNow(world, { maxMessages: 4 });
  assert.deepEqual([bodies(around.records), around.count], [["a", "c", "d"], 3]);
  assert.equal(around.nextOffset, 4);
  const lost = pullNow(world, { offset: 1, maxMessages: 1 });
  assert.deepEqual([lost.status, lost.reason], ["no-match", "MESSAGE_WAS_REMOVING"]);
  assert.equal(lost.nextOffset, 2);
  assert.equal(world.lines.logged("error").length, 1);
  assert.equal(world.log.state().damagedReads, 1);
});

test("A held pull is answered with what comes, and all that came in the same turn", async () => {
  const world = await worldWith(["a"]);
  const held = pull(world, { offset: 1, suspendMs: 15_000 });
  assert.ok(held instanceof Promise);
  await world.clock.advance(5000);
  const sends = ["b", "c"].map((body) =>
    world.broker.intake.send(incoming("T", { body: new TextEncoder().encode(body) }), sendAsk())
  );
  await within(world, 0, Promise.all(sends));
  const result = await within(world, 0, held);
  assert.deepEqual([bodies(result.records), result.nextOffset], [["b", "c"], 3]);
});

test("A hold ends with 'nothing' in time, and well before the client gives up", async () => {
  const world = await worldWith(["a"]);
  let ended = 0;
  const start = world.clock.monotonic();
  const hold = async (suspendMs: number) => {
    const result = await pull(world, { offset: 1, suspendMs });
    ended = world.clock.monotonic() - start;
    assert.deepEqual([result.status, result.nextOffset], ["nothing", 1]);
  };
  await within(world, 15_200, hold(15_000));
  assert.ok(ended >= 15_000 && ended <= 15_200, String(ended));
  await within(world, 40_000, hold(1_000_000));
  assert.ok(ended <= 15_200 + 25_200, String(ended));
  world.settings.longPolling = false;
  const before = world.clock.monotonic() - start;
  await within(world, 2000, hold(15_000));
  assert.ok(ended - before <= 1200, String(ended - before));
});

test("A held pull with tags sleeps through others, and then goes on behind them", async () => {
  const world = await worldWith([]);
  const subscription = { expression: "x", type: "TAG", version: 1 };
  const held = pull(world, { suspendMs: 15_000, subscription });
  await send(world, "no", "y");
  await world.clock.advance(14_000);
  const result = await within(world, 2000, held);
  assert.deepEqual([result.status, result.nextOffset], ["no-match", 1]);
});

test("A hold ends when its link closes, its topic goes or the broker stops", async () => {
  const world = await worldWith([]);
  const link = new FakeLink();
  const closed = pull(world, { suspendMs: 15_000 }, link);
  link.close();
  assert.equal((await within(world, 0, closed)).status, "nothing");
  const gone = pull(world, { suspendMs: 15_000 });
  const answer = assert.rejects(async () => await gone, isRefusal("topic-unknown"));
  await within(world, 100, world.broker.topics.remove("T"));
  await within(world, 0, answer);
  await within(world, 50, world.broker.topics.create(makeTopic("T", 1), ""));
  const stopped = pull(world, { suspendMs: 15_000 });
  await world.broker.close();
  assert.equal((await within(world, 0, stopped)).status, "nothing");
});

test("A pull commits what it carries, once, before it waits", async () => {
  const world = await worldWith(["a", "b"]);
  const key = { group: "g", topic: "T", queueId: 0, zeroIfNotFound: false };
  const held = pull(world, { offset: 2, commitOffset: 2, suspendMs: 15_000 });
  assert.equal(world.broker.progress.of(key), 2);
  await within(world, 50, Promise.resolve());
  world.broker.progress.commit({ ...key, offset: 1 });
  await send(world, "c");
  await within(world, 0, held);
  assert.equal(world.broker.progress.of(key), 1);
  pullNow(world, { commitOffset: -1 });
  assert.equal(world.broker.progress.of(key), 1);
});

test("The order of refusals is upstream's, with the switch that said no", async () => {
  const world = await makeWorld({ autoCreateGroup: false });
  const { broker, settings } = world;
  const refused = (kind: Parameters<typeof isRefusal>[0], sentence: RegExp, changes = {}) =>
    assert.throws(
      () => pull(world, { queueId: 7, lite: true, ...changes }),
      isRefusal(kind, sentence),
    );
  const fresh = { subscription: undefined };
  settings.brokerPermission = 2;
  settings.litePull = false;
  refused("no-permission", /brokerPermission/);
  settings.brokerPermission = 6;
  refused("no-permission", /litePullMessageEnable/);
  settings.litePull = true;
  refused("group-unknown", /\[g\]/);
  await within(world, 50, broker.groups.put(makeGroup("g", { consumeEnable: false })));
  refused("no-permission", /subscription group no permission, g/);
  const group = makeGroup("g", { consumeBroadcastEnable: false });
  await within(world, 50, broker.groups.put(group));
  refused("topic-unknown", /topic\[T\] not exist/);
  await within(world, 50, broker.topics.create(makeTopic("T", 2, { perm: 2 }), ""));
  refused("no-permission", /the topic\[T\] pulling/);
  await within(world, 50, broker.topics.create(makeTopic("T", 2), ""));
  refused("parameter-invalid", /queueId\[7\]/);
  refused("parameter-invalid", /queueId\[-1\]/, { queueId: -1 });
  refused("unsupported", /Filter classes/, { queueId: 0, classFilter: true });
  const sql = { expression: "a > 1", type: "XPATH", version: 1 };
  refused("failed", /filter message by XPATH/, { queueId: 0, subscription: sql });
  const empty = { expression: "||", type: "TAG", version: 1 };
  refused("subscription-invalid", /parse/, { queueId: 0, subscription: empty });
  const heard = { ...fresh, queueId: 0, subVersion: 5 };
  refused("subscription-unknown", /group info not exist/, heard);
  const link = new FakeLink();
  const say = (said: Parameters<typeof heartbeat>[1]) =>
    within(world, 50, Promise.resolve(broker.clients.heartbeat(heartbeat("c", said), link)));
  await say({ group: "g", model: "BROADCASTING", topics: [] });
  refused("no-permission", /broadcast way/, heard);
  await say({ group: "g", topics: [] });
  refused("subscription-unknown", /subscription not exist/, heard);
  await say({ group: "g", topics: ["T"], version: 4 });
  refused("subscription-stale", /not latest/, heard);
  await say({ group: "g", topics: ["T"], version: 5, type: "SQL92" });
  refused("filter-unknown", /Your expression may be wrong/, heard);
  await say({ group: "g", topics: ["T"], version: 6 });
  const result = broker.fetch.pull(pullAsk("T", heard), link);
  assert.ok(!(result instanceof Promise) && result.status === "nothing");
});

test("Every refusal for want of permission names its switch", async () => {
  const world = await makeWorld();
  const forbidden = (): number => {
    try {
      pull(world);
    } catch (fault) {
      return Object(fault).forbidden;
    }
    return 0;
  };
  world.settings.brokerPermission = 2;
  assert.equal(forbidden(), 1);
  world.settings.brokerPermission = 6;
  const shut = makeGroup("g", { consumeEnable: false });
  await within(world, 50, world.broker.groups.put(shut));
  assert.equal(forbidden(), 2);
  await within(world, 50, world.broker.groups.put(makeGroup("g")));
  await within(world, 50, world.broker.topics.create(makeTopic("T", 1, { perm: 2 }), ""));
  assert.equal(forbidden(), 3);
});

test("Too many holds are refused by name", async () => {
  const world = await worldWith([]);
  world.settings.pullWaitersPerLinkMax = 1;
  const link = new FakeLink();
  const first = pull(world, { suspendMs: 1000 }, link);
  await assert.rejects(
    async () => await pull(world, { suspendMs: 1000 }, link),
    isRefusal("flow-control", /pullWaitersPerLinkMax/),
  );
  await within(world, 1200, first);
});
