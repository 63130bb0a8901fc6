import assert from "node:assert/strict";
import { test } from "node:test";
import type { RewindAsk } from "../../lib/broker/rewind.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { FakeLink } from "./fake_link.ts";
import { heartbeat } from "./heartbeats.ts";
import { acknowledge, bodiesOf, gotOf, pop, popAsk, send } from "./pops.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, pullAsk, sendAsk, within, type World } from "./world.ts";

/** A topic with two queues, five messages in each, a second between them, and a group `g`. */
async function worldWith(settings = {}): Promise<World> {
  const world = await makeWorld(settings);
  await within(world, 50, world.broker.topics.create(makeTopic("T", 2), ""));
  for (let at = 0; at < 10; at++) {
    await within(
      world,
      500,
      world.broker.intake.send(incoming("T", { queueId: at % 2 }), sendAsk()),
    );
  }
  world.broker.groups.find("g");
  await world.clock.advance(100);
  return world;
}

const all: RewindAsk = {
  ...{ group: "g", topic: "T", queueId: -1, offset: undefined, timestamp: -1, force: true },
};
const at = (queueId: number, offset: number) => ({
  ...{ topic: "T", brokerName: "broker-a", queueId, offset },
});
const key = (queueId: number) => ({ group: "g", topic: "T", queueId });

function reset(world: World, ask: Partial<RewindAsk>) {
  return within(world, 50, world.broker.rewind.reset({ ...all, ...ask }));
}

function progress(world: World, queueId: number, group = "g") {
  return world.catalogue.progress.get(group, "T", queueId);
}

test("a group goes to the end, to a time, to an offset; and it is on the disk", async () => {
  const world = await worldWith();
  const begin = world.clock.now();
  assert.deepEqual(await reset(world, {}), [at(0, 5), at(1, 5)]);
  assert.deepEqual([progress(world, 0), progress(world, 1)], [5, 5]);
  assert.deepEqual(await reset(world, { timestamp: begin - 2000 }), [at(0, 4), at(1, 3)]);
  assert.deepEqual(await reset(world, { timestamp: 0 }), [at(0, 0), at(1, 0)]);
  assert.deepEqual(await reset(world, { timestamp: begin + 1000 }), [at(0, 5), at(1, 5)]);
  assert.deepEqual(await reset(world, { queueId: 1, offset: 2 }), [at(1, 2)]);
  assert.deepEqual([progress(world, 0), progress(world, 1)], [5, 2]);
  assert.deepEqual(await reset(world, { queueId: 1, offset: 6 }), [at(1, 6)]);
});

test("the next pull hears of it; commits before that are not taken, later ones are", async () => {
  const world = await worldWith();
  const { broker } = world;
  const link = new FakeLink();
  assert.equal(broker.progress.commit({ ...key(0), offset: 4 }), true);
  await reset(world, { timestamp: 0 });
  assert.equal(broker.progress.commit({ ...key(0), offset: 4 }), false);
  assert.equal(progress(world, 0), 0);
  const told = await broker.fetch.pull(pullAsk("T", { offset: 4, commitOffset: 4 }), link);
  assert.deepEqual([told.status, told.reason, told.nextOffset], ["moved", "OFFSET_RESET", 0]);
  assert.equal(progress(world, 0), 0);
  const next = await broker.fetch.pull(pullAsk("T", { offset: 0, commitOffset: 0 }), link);
  assert.deepEqual([next.status, next.count], ["found", 5]);
  assert.equal(broker.progress.commit({ ...key(0), offset: 1 }), true);
  const other = await broker.fetch.pull(pullAsk("T", { offset: 4, group: "h" }), link);
  assert.equal(other.status, "found");
});

test("a consumer that starts where the tool said is served at once", async () => {
  const world = await worldWith();
  await reset(world, { timestamp: 0 });
  const ask = { ...key(0), zeroIfNotFound: false };
  assert.equal(world.broker.progress.of(ask), 0);
  const served = await world.broker.fetch.pull(pullAsk("T", { offset: 0 }), new FakeLink());
  assert.equal(served.status, "found");
  assert.equal(world.broker.progress.commit({ ...key(0), offset: 1 }), true);
});

test("a pull that waits hears of it at once, and one of another group pulls again", async () => {
  const world = await worldWith();
  const { broker } = world;
  const waiting = { offset: 5, suspendMs: 15_000 };
  const own = broker.fetch.pull(pullAsk("T", waiting), new FakeLink());
  const other = broker.fetch.pull(pullAsk("T", { ...waiting, group: "h" }), new FakeLink());
  await world.clock.advance(10);
  await reset(world, { queueId: 0, timestamp: 0 });
  const heard = await own;
  assert.deepEqual([heard.reason, heard.nextOffset], ["OFFSET_RESET", 0]);
  assert.equal((await other).status, "nothing");
});

test("what cannot be reset", async () => {
  const world = await worldWith();
  const cases = [
    [{ topic: "U" }, "topic-unknown", /^Topic U does not exist$/],
    [{ group: "unknown" }, "group-unknown", /^Group unknown does not exist$/],
    [{ queueId: 0, offset: 7 }, "failed", /^Target offset 7 not in consume queue range \[0-5\]$/],
    [{ queueId: 0, offset: -7 }, "failed", /^Target offset -7 not in/],
    [{ queueId: 2 }, "failed", /^The topic T has no queue 2\.$/],
  ] as const;
  for (const [ask, kind, said] of cases) {
    await assert.rejects(world.broker.rewind.reset({ ...all, ...ask }), isRefusal(kind, said));
  }
});

test("a group or topic that is removed leaves no reset behind", async () => {
  const world = await worldWith();
  await reset(world, { timestamp: 0 });
  await within(world, 50, world.broker.groups.remove("g", { cleanProgress: true }));
  world.broker.groups.find("g");
  await world.clock.advance(50);
  assert.equal(world.broker.progress.commit({ ...key(0), offset: 4 }), true);
  await reset(world, { timestamp: 0 });
  await within(world, 50, world.broker.topics.remove("T"));
  await within(world, 50, world.broker.topics.create(makeTopic("T", 2), ""));
  assert.equal(world.broker.progress.commit({ ...key(0), offset: 0 }), true);
});

test("clients are told where the broker does not do it itself", async () => {
  const world = await worldWith({ serverSideReset: false });
  const { broker } = world;
  await assert.rejects(
    broker.rewind.reset(all),
    isRefusal("failed", /^THe consumer group <g> not exist: it has no progress in T queue 0\.$/),
  );
  broker.progress.commit({ ...key(0), offset: 3 });
  broker.progress.commit({ ...key(1), offset: 1 });
  await assert.rejects(
    broker.rewind.reset(all),
    isRefusal(
      "consumer-offline",
      /^Consumer not online, so can not reset offset, Group: g Topic: T/,
    ),
  );
  const links = [new FakeLink(), new FakeLink()];
  for (const [id, link] of links.entries()) {
    const beat = heartbeat(`c@${id}`, { group: "g", topics: ["T"] });
    await within(world, 50, broker.clients.heartbeat({ ...beat, language: "CPP" }, link));
  }
  const timestamp = world.clock.now() - 3200;
  assert.deepEqual(await reset(world, { timestamp, force: false }), [at(0, 2), at(1, 1)]);
  assert.deepEqual(await reset(world, { timestamp, force: true }), [at(0, 2), at(1, 2)]);
  for (const { resets } of links) {
    assert.equal(resets.length, 2);
    assert.deepEqual(resets[1].queues, [at(0, 2), at(1, 2)]);
    assert.deepEqual([resets[1].language, resets[1].force], ["CPP", true]);
  }
  assert.equal(progress(world, 0), 3);
  const old = heartbeat("old", { group: "g", topics: ["T"] });
  await within(world, 50, broker.clients.heartbeat({ ...old, version: 27 }, new FakeLink()));
  await assert.rejects(
    broker.rewind.reset(all),
    isRefusal("failed", /^the client does not support this feature\. version=27 of old; 28/),
  );
  assert.equal(links[0].resets.length, 2);
});

test("a group takes over another one's progress", async () => {
  const world = await worldWith();
  const { broker } = world;
  await within(world, 50, broker.topics.create(makeTopic("U", 1), ""));
  broker.progress.commit({ ...key(0), offset: 3 });
  broker.progress.commit({ ...key(1), offset: 1 });
  broker.progress.commit({ group: "g", topic: "U", queueId: 0, offset: 0 });
  const clone = (changes = {}) => {
    const ask = { from: "g", to: "copy", topic: undefined, offline: false };
    return within(world, 50, broker.rewind.clone({ ...ask, ...changes }));
  };
  assert.equal(await clone({ topic: "T" }), 2);
  assert.deepEqual([progress(world, 0, "copy"), progress(world, 1, "copy")], [3, 1]);
  assert.equal(await clone(), 3);
  const beat = heartbeat("c@1", { group: "g", topics: ["U"] });
  await within(world, 50, broker.clients.heartbeat(beat, new FakeLink()));
  assert.equal(await clone(), 1);
  assert.equal(await clone({ offline: true }), 3);
  assert.equal(await clone({ topic: "Unknown" }), 0);
  assert.equal(await clone({ from: "nobody" }), 0);
  await assert.rejects(clone({ to: "no group" }), isRefusal("group-unknown", /no group/));
});

test("a pop goes on where the tool said, and one that waits does so at once", async () => {
  const world = await makeWorld();
  const link = new FakeLink();
  await send(world, "T", 3);
  for (const one of await pop(world, link, "T")) await acknowledge(world, one);
  const ask = popAsk("T", { pollMs: 15_000 });
  const waiting = world.broker.pop.pop(ask, link);
  await world.clock.advance(100);
  await reset(world, { queueId: 0, timestamp: 0 });
  const got = gotOf(ask, await waiting);
  assert.deepEqual(bodiesOf(got), ["m0", "m1", "m2"]);
  for (const one of got) await acknowledge(world, one);
  await reset(world, { queueId: 0, offset: 2 });
  assert.deepEqual(bodiesOf(await pop(world, link, "T")), ["m2"]);
});
