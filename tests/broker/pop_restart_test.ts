import assert from "node:assert/strict";
import { test } from "node:test";
import { Counters } from "../../lib/broker/counters.ts";
import { Lease } from "../../lib/broker/lease.ts";
import { REVIVE_GROUP, ReviveLog } from "../../lib/broker/revive_log.ts";
import { FakeLink } from "./fake_link.ts";
import { Lives } from "./lives.ts";
import { acknowledge, bodiesOf, type Got, pop, send } from "./pops.ts";
import { within } from "./world.ts";

const link = new FakeLink();
const REVIVE = "rmq_sys_REVIVE_LOG_DefaultCluster";

for (const how of ["stop", "kill", "power cut"] as const) {
  test(`After a ${how} receipts hold: nothing comes early, nothing is lost`, async () => {
    const lives = new Lives(7, {}, { log: { flush: "SYNC_FLUSH" } });
    let world = await lives.start();
    const end = async () => how === "stop" ? await lives.stop() : lives.die(how);
    await send(world, "T", 6);
    const got = await pop(world, link, "T", { invisibleMs: 60_000, maxMessages: 4 });
    await acknowledge(world, got[0]);
    const { prolonged } = world.broker.receipts.prolong(got[1], 600_000);
    await world.clock.advance(10);
    await end();
    world = await lives.start();
    const rest = await pop(world, link, "T");
    assert.deepEqual(bodiesOf(rest), ["m4", "m5"]);
    await acknowledge(world, got[2]);
    for (const one of rest) await acknowledge(world, one);
    await end();
    world = await lives.start();
    await world.clock.advance(got[3].receipt.popMs + 59_800 - world.clock.now());
    assert.deepEqual(await pop(world, link, "T"), []);
    await world.clock.advance(400);
    const again = await pop(world, link, "T");
    assert.deepEqual(again.map(({ body, tries }) => [body, tries]), [["m3", 1]]);
    await acknowledge(world, again[0]);
    assert.ok(prolonged);
    const receipt = { ...got[1].receipt, ...prolonged, start: got[1].offset };
    await acknowledge(world, { ...got[1], receipt });
    await world.clock.advance(700_000);
    assert.deepEqual(await pop(world, link, "T"), []);
  });
}

test("A group that was sent back is there after a kill, and goes on from there", async () => {
  const lives = new Lives(13);
  let world = await lives.start();
  await send(world, "T", 6);
  for (let at = 0; at < 2; at++) await pop(world, link, "T", { maxMessages: 3 });
  const all = { group: "g", topic: "T", queueId: -1, timestamp: 0, force: true };
  await within(world, 50, world.broker.rewind.reset({ ...all, offset: undefined }));
  lives.die("kill");
  world = await lives.start();
  const first = await pop(world, link, "T", { maxMessages: 4 });
  lives.die("kill");
  world = await lives.start();
  const rest = await pop(world, link, "T");
  assert.deepEqual([bodiesOf(first), bodiesOf(rest)], [["m0", "m1", "m2", "m3"], ["m4", "m5"]]);
});

test("What another broker popped is acknowledged before its check point comes", async () => {
  const lives = new Lives(11);
  const world = await lives.start();
  const { log, clock, broker } = world;
  await send(world, "T", 4);
  const { popMs } = (await pop(world, link, "T"))[0].receipt;
  const name = { topic: "T", group: "other", queueId: 0, start: 0, popMs: popMs - 3000 };
  assert.ok(name.popMs < broker.identity.startedMs, "of before this start");
  const receipt = { ...name, invisibleMs: 30_000, reviveQueue: 0 };
  for (const offset of [0, 2]) await acknowledge(world, { ...name, offset, receipt });
  const late = { ...receipt, invisibleMs: 10, start: 1 };
  await acknowledge(world, { ...name, offset: 1, receipt: late });
  await clock.advance(29_000);
  const counters = new Counters(clock, () => 10);
  new ReviveLog({ log, clock, counters, identity: broker.identity })
    .lease(new Lease(name, receipt, [0, 1, 2]));
  await clock.advance(10_000);
  const first = await pop(world, link, "T", { group: "other" });
  const again = await pop(world, link, "T", { group: "other" });
  const seen = [...first, ...again].map(({ body, tries }) => `${body} ${tries}`).sort();
  assert.deepEqual(seen, ["m0 0", "m1 0", "m1 1", "m2 0", "m3 0"]);
});

test("The progress in the revive topic follows, and a start reads only what is open", async () => {
  const lives = new Lives(9);
  let world = await lives.start();
  await send(world, "T", 40);
  const kept: Got[] = [];
  for (let at = 0; at < 40; at++) {
    const [got] = await pop(world, link, "T", { invisibleMs: 3_600_000, maxMessages: 1 });
    if (at === 25) kept.push(got);
    else await acknowledge(world, got);
  }
  await world.clock.advance(2500);
  const open: number[] = [];
  for (let queueId = 0; queueId < 8; queueId++) {
    const { offsetMax } = world.log.queue(REVIVE, queueId);
    const progress = world.catalogue.progress.get(REVIVE_GROUP, REVIVE, queueId) ?? 0;
    open.push(offsetMax - progress);
  }
  assert.equal(open.filter((count) => count > 0).length, 1, String(open));
  await lives.stop();
  world = await lives.start();
  await acknowledge(world, kept[0]);
  await world.clock.advance(3_700_000);
  assert.deepEqual(await pop(world, link, "T"), []);
});

test("Kills at any time lose nothing, and nothing comes before its time", async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const lives = new Lives(seed);
    let world = await lives.start();
    await send(world, "T", 12);
    const due = new Map<string, number>();
    const done = new Set<string>();
    for (let round = 0; round < 60 && done.size < 12; round++) {
      const invisibleMs = 2000 + lives.random.below(4000);
      const maxMessages = 1 + lives.random.below(3);
      for (const got of await pop(world, link, "T", { invisibleMs, maxMessages })) {
        const poppedMs = got.receipt.popMs;
        assert.ok(poppedMs >= (due.get(got.body) ?? 0), `${got.body} came early, seed ${seed}`);
        assert.ok(!done.has(got.body), `${got.body} came after its acknowledgement, ${seed}`);
        due.set(got.body, poppedMs + invisibleMs);
        if (lives.random.below(3) > 0) continue;
        await acknowledge(world, got);
        done.add(got.body);
      }
      await world.clock.advance(lives.random.below(1500));
      if (lives.random.below(3) > 0) continue;
      lives.die("kill");
      world = await lives.start();
    }
    for (let round = 0; round < 30 && done.size < 12; round++) {
      await world.clock.advance(6000);
      for (const got of await pop(world, link, "T")) {
        await acknowledge(world, got);
        done.add(got.body);
      }
    }
    assert.equal(done.size, 12, `seed ${seed}`);
  }
});
