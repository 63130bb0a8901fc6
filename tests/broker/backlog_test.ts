import assert from "node:assert/strict";
import { test } from "node:test";
import { Backlog } from "../../lib/broker/backlog.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, sendAsk, within } from "./world.ts";

test("what waits is told by who has waited longest", () => {
  const backlog = new Backlog({ busyAfterMs: 100 });
  backlog.check(1_000_000);
  const [first, second] = [[10, 11, 12], [50]];
  backlog.begin(first, 10);
  backlog.begin(second, 50);
  backlog.check(110);
  const words =
    /^\[PCBUSY_CLEAN_QUEUE\]broker busy, .* in queue: 101ms, size of queue: 4: .*100 ms/;
  assert.throws(() => backlog.check(111), isRefusal("busy", words));
  backlog.end(first);
  backlog.check(150);
  assert.throws(() => backlog.check(151), isRefusal("busy", /size of queue: 1:/));
  backlog.end(second);
  backlog.end(second);
  backlog.check(1_000_000);
});

test("a disk that stalls: sends are refused with numbers, and taken when it is back", async () => {
  let syncMs = 2;
  const log = { flush: "SYNC_FLUSH" } as const;
  const world = await makeWorld({}, { log, syncMs: () => syncMs });
  const { intake } = world.broker;
  const send = () => intake.send(incoming("T"), sendAsk());
  assert.equal((await within(world, 50, send())).flush, "ok");
  syncMs = 3000;
  const stalled = [send(), send(), send()];
  await world.clock.advance(900);
  stalled.push(send());
  await world.clock.advance(200);
  await assert.rejects(send(), isRefusal("busy", /in queue: 1100ms, size of queue: 4/));
  const batch = intake.sendBatch(incoming("T"), sendAsk());
  await assert.rejects(batch, isRefusal("busy", /osPageCacheBusyTimeOutMills/));
  syncMs = 2;
  await world.clock.advance(4000);
  assert.deepEqual((await Promise.all(stalled)).map(({ flush }) => flush), Array(4).fill("ok"));
  assert.equal((await within(world, 50, send())).flush, "ok");
});
