import assert from "node:assert/strict";
import { test } from "node:test";
import { Machine } from "./machine.ts";

test("progress is written each second where something changed, and loaded again", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  catalogue.progress.set("G", "T", 0, 5);
  catalogue.progress.set("G", "T", 1, 7);
  catalogue.progress.set("G", "T@x", 0, 1);
  await machine.run([catalogue.progress.job()], 1_100);
  const commits = machine.sqlite.commits;
  await machine.run([catalogue.progress.job()], 3_000);
  assert.equal(machine.sqlite.commits, commits, "nothing new, nothing written");
  machine.powerCut();
  const { progress } = await machine.open();
  assert.deepEqual([...progress.ofTopic("G", "T")], [[0, 5], [1, 7]]);
  assert.equal(progress.get("G", "T@x", 0), 1);
  assert.deepEqual(progress.topicsOf("G"), ["T", "T@x"]);
  assert.deepEqual(progress.groupsOf("T"), ["G"]);
  assert.equal(progress.size, 3);
});

test("settled waits for all that was set before, and for the log to be durable first", async () => {
  const machine = new Machine();
  const { progress } = await machine.open();
  const steps: string[] = [];
  progress.beforeWrite(() => {
    steps.push("log");
    return new Promise((resolve) => machine.clock.after(5, resolve));
  });
  progress.set("G", "T", 0, 1);
  const first = progress.settled().then(() => steps.push("first"));
  progress.set("G", "T", 0, 2);
  const second = progress.settled().then(() => steps.push("second"));
  await machine.until(Promise.all([first, second]));
  assert.deepEqual(steps, ["log", "first", "second"], "callers of one turn share a batch");
  progress.set("G", "T", 1, 1);
  const third = progress.settled().then(() => steps.push("third"));
  await machine.clock.advance(1);
  progress.set("G", "T", 1, 2);
  const fourth = progress.settled().then(() => steps.push("fourth"));
  await machine.until(Promise.all([third, fourth]));
  assert.deepEqual(steps.slice(3), ["log", "log", "third", "fourth"]);
  await machine.until(progress.settled());
  assert.equal(steps.length, 7, "nothing waits, nothing is written");
  machine.powerCut();
  assert.equal((await machine.open()).progress.get("G", "T", 0), 2);
});

test("a batch tells only what the barrier covered", async () => {
  const machine = new Machine();
  const { progress } = await machine.open();
  progress.beforeWrite(() => {
    progress.set("G", "T", 0, 100);
    return Promise.resolve();
  });
  progress.set("G", "T", 0, 1);
  await machine.until(progress.settled());
  machine.powerCut();
  assert.equal((await machine.open()).progress.get("G", "T", 0), 1);
});

test("what was removed while a batch waited does not come back", async () => {
  const machine = new Machine();
  const { progress } = await machine.open();
  progress.set("G", "T", 0, 1);
  progress.set("H", "T", 0, 1);
  progress.beforeWrite(() => new Promise((resolve) => machine.clock.after(50, resolve)));
  const settled = progress.settled();
  await machine.until(progress.removeGroup("G"));
  await machine.until(settled);
  machine.powerCut();
  const again = (await machine.open()).progress;
  assert.equal(again.get("G", "T", 0), undefined);
  assert.equal(again.get("H", "T", 0), 1);
  await machine.until(again.removeTopic("T"));
  assert.equal(again.size, 0);
});

test("a failing disk keeps progress in memory, says so once, and catches up", async () => {
  const machine = new Machine();
  const { progress } = await machine.open();
  machine.sqlite.faults = () => "disk I/O error";
  progress.set("G", "T", 0, 1);
  await assert.rejects(machine.until(progress.settled()), /disk I\/O error/);
  const job = progress.job();
  await machine.run([job], 3_000);
  assert.equal(machine.lines.logged("error").length, 1);
  assert.equal(progress.get("G", "T", 0), 1);
  machine.sqlite.faults = undefined;
  await machine.run([job], 1_100);
  assert.ok(machine.lines.has("Progress is written again"));
  machine.powerCut();
  assert.equal((await machine.open()).progress.get("G", "T", 0), 1);
});

test("clamp sets back what lies beyond its queue's end", async () => {
  const machine = new Machine();
  const { progress } = await machine.open();
  progress.set("G", "T", 0, 10);
  progress.set("G", "T", 1, 3);
  assert.equal(progress.clamp(() => 4), 1);
  assert.deepEqual([...progress.ofTopic("G", "T")], [[0, 4], [1, 3]]);
});

test("what is more than a batch is written in several, each waiter after its own", async () => {
  const machine = new Machine();
  const { progress } = await machine.open();
  const commits = machine.sqlite.commits;
  for (let at = 0; at < 25_000; at++) progress.set(`G${at}`, "T", 0, at);
  await machine.until(progress.settled());
  assert.equal(machine.sqlite.commits - commits, 5);
  machine.powerCut();
  const again = (await machine.open()).progress;
  assert.deepEqual([again.size, again.get("G24999", "T", 0)], [25_000, 24_999]);
});

test("a removal that fails leaves progress as it was, also on disk", async () => {
  const machine = new Machine();
  const { progress } = await machine.open();
  progress.set("G", "T", 0, 1);
  await machine.until(progress.settled());
  machine.sqlite.faults = () => "disk I/O error";
  const removed = progress.removeGroup("G");
  progress.set("G", "T", 0, 2);
  await assert.rejects(machine.until(removed), { kind: "unavailable" });
  assert.equal(progress.get("G", "T", 0), 2);
  machine.sqlite.faults = undefined;
  await machine.until(progress.settled());
  machine.powerCut();
  assert.equal((await machine.open()).progress.get("G", "T", 0), 2);
});

test("a group that is removed and comes again starts anew", async () => {
  const machine = new Machine();
  const { progress } = await machine.open();
  progress.set("G", "T", 0, 1);
  progress.set("G", "T", 1, 1);
  const removed = progress.removeGroup("G");
  progress.set("G", "T", 0, 2);
  await machine.until(removed);
  assert.deepEqual(progress.topicsOf("G"), []);
  progress.set("G", "T", 1, 3);
  await machine.until(progress.settled());
  machine.powerCut();
  assert.deepEqual([...(await machine.open()).progress.ofTopic("G", "T")], [[1, 3]]);
});

test("queues come in any order and number", async () => {
  const machine = new Machine();
  const { progress } = await machine.open();
  const expected = new Map<number, number>();
  for (let at = 0; at < 2_000; at++) {
    const queueId = machine.random.below(3) === 0 ? machine.random.below(2 ** 31) : at % 97;
    const offset = machine.random.below(2 ** 31) * 2 ** 20;
    expected.set(queueId, offset);
    progress.set("G", "T", queueId, offset);
  }
  await machine.until(progress.settled());
  machine.powerCut();
  const again = (await machine.open()).progress;
  assert.equal(again.size, expected.size);
  for (const [queueId, offset] of expected) assert.equal(again.get("G", "T", queueId), offset);
  const ids = [...again.ofTopic("G", "T").keys()];
  assert.deepEqual(ids, [...expected.keys()].sort((one, other) => one - other));
});

test("commits, removals, faults and power cuts at random lose nothing that settled", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const machine = new Machine(seed);
    const { random } = machine;
    let { progress } = await machine.open();
    /** The lowest that may be there: settled, and not removed since. */
    const settled = new Map<string, number>();
    const removals = new Map<string, number>();
    for (let step = 0; step < 40; step++) {
      const group = `G${random.below(3)}`;
      const kind = random.below(8);
      machine.sqlite.faults = random.below(6) === 0 ? () => "disk I/O error" : undefined;
      if (kind < 4) {
        progress.set(group, "T", 0, step + 1);
        if (kind === 0) {
          const before = removals.get(group);
          const note = () => removals.get(group) === before && settled.set(group, step + 1);
          progress.settled().then(note, () => {});
        }
      } else if (kind < 6) {
        await machine.clock.advance(random.below(25));
      } else if (kind === 6) {
        settled.delete(group);
        removals.set(group, step);
        await machine.until(progress.removeGroup(group).catch(() => {}));
      } else {
        machine.powerCut();
        progress = (await machine.open()).progress;
      }
      for (const [name, offset] of settled) {
        const there = progress.get(name, "T", 0) ?? -1;
        assert.ok(
          there >= offset,
          `seed ${seed}, step ${step}: ${name} at ${there}, not ${offset}`,
        );
      }
    }
  }
});
