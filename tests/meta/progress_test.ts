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
  assert.deepEqual(steps, ["log", "first", "log", "second"]);
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
