import assert from "node:assert/strict";
import { test } from "node:test";
import { DoomedTopics } from "../../lib/log/doomed_topics.ts";
import { isRefusal } from "../broker/refusals.ts";
import { message, Rig } from "./rig.ts";

const path = "/store/pocketmq.doomed";

test("a topic is noted before it goes, and forgotten once its files are gone", async () => {
  const rig = new Rig();
  const log = await rig.open();
  log.append(message({ topic: "T" }));
  await rig.clock.advance(3000);
  log.doomed.announce("T");
  assert.ok(rig.disk.exists(path));
  log.removeTopic("T");
  await rig.clock.settle();
  for (const job of log.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.advance(3000);
  for (const job of log.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.advance(3000);
  assert.ok(!rig.disk.exists("/store/consumequeue/T"));
  assert.ok(!rig.disk.exists(path));
  await rig.turned(log.close());
});

test("a kill in between is found at the next start", async () => {
  const rig = new Rig();
  const log = await rig.open();
  log.append(message({ topic: "T" }));
  await rig.clock.advance(3000);
  log.doomed.announce("T");
  log.removeTopic("T");
  const again = await rig.open();
  assert.deepEqual([...again.doomed.announced], ["T"]);
  again.removeTopic("T");
  assert.equal(again.queue("T", 0).offsetMax, 0);
  await rig.turned(again.close());
  assert.ok(!rig.disk.exists(path) && !rig.disk.exists("/store/consumequeue/T"));
  const last = await rig.open();
  assert.equal(last.queue("T", 0).offsetMax, 0);
});

test("a topic that stays is not noted any longer than needed", () => {
  const rig = new Rig();
  rig.disk.makeDirectory("/store");
  const doomed = new DoomedTopics(rig.disk, "/store");
  doomed.announce("A");
  doomed.announce("B");
  doomed.withdraw("A");
  doomed.settle(new Set());
  assert.deepEqual([...new DoomedTopics(rig.disk, "/store").announced], ["B"]);
  doomed.withdraw("B");
  doomed.settle(new Set(["C"]));
  assert.deepEqual([...new DoomedTopics(rig.disk, "/store").announced], ["C"]);
  doomed.settle(new Set());
  assert.ok(!rig.disk.exists(path));
});

test("a disk that fails refuses the deletion, and garbage is nothing", () => {
  const rig = new Rig();
  rig.disk.makeDirectory("/store");
  const doomed = new DoomedTopics(rig.disk, "/store");
  rig.disk.faults = () => "ENOSPC";
  assert.throws(
    () => doomed.announce("A"),
    isRefusal("unavailable", /^Cannot delete the topic A: /),
  );
  doomed.settle(new Set(["B"]));
  rig.disk.faults = undefined;
  assert.deepEqual([...doomed.announced], []);
  for (const garbage of ["[", `{"a":1}`, `["A",3]`, "\u0000"]) {
    const file = rig.disk.open(path, "create");
    file.truncate(0);
    file.write(new TextEncoder().encode(garbage), 0);
    file.close();
    const found = [...new DoomedTopics(rig.disk, "/store").announced];
    assert.deepEqual(found, garbage.startsWith(`["A"`) ? ["A"] : [], garbage);
  }
});
