import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "../../lib/log/log.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { bodiesOf, message, numbered, Rig, snapshot } from "./rig.ts";

function viewsOf(rig: Rig): Map<string, string> {
  const views = snapshot(rig.disk, "/store/consumequeue");
  for (const [path, bytes] of snapshot(rig.disk, "/store/index")) views.set(path, bytes);
  return views;
}

/** A store with rolled queue and index files, written out in several portions. */
async function grown(rig: Rig): Promise<Log> {
  const log = await rig.open();
  const jobs = log.jobs();
  for (let at = 0; at < 120; at++) {
    log.append(numbered(at, { topic: at % 7 === 0 ? "%RETRY%group" : "TopicTest" }));
    if (at % 10 === 0) await rig.clock.advance(1500);
    if (at % 50 === 49) {
      await rig.clock.advance(11_000);
      for (const job of jobs) job.run(rig.clock.monotonic());
      await rig.clock.settle();
    }
  }
  await rig.clock.settle();
  return log;
}

test("views that are removed grow back byte for byte", async () => {
  const rig = new Rig();
  await rig.turned((await grown(rig)).close());
  const before = viewsOf(rig);
  assert.ok([...before.keys()].filter((path) => path.includes("/index/")).length > 5);
  assert.ok([...before.keys()].filter((path) => path.includes("/consumequeue/")).length > 12);
  rig.disk.removeDirectory("/store/consumequeue");
  rig.disk.removeDirectory("/store/index");
  const again = await rig.open();
  assert.equal(again.recovery.records, 120);
  assert.match(again.recovery.sentences.join(), /queues grow back .* key index grows back/);
  await rig.turned(again.close());
  assert.deepEqual(viewsOf(rig), before);
});

test("views that are removed after a kill grow back byte for byte", async () => {
  const rig = new Rig();
  await rig.turned((await grown(rig)).close());
  const before = viewsOf(rig);
  const killed = new Rig();
  await grown(killed);
  killed.disk = killed.disk.kill();
  killed.disk.removeDirectory("/store/consumequeue");
  killed.disk.removeDirectory("/store/index");
  await killed.turned((await killed.open()).close());
  assert.deepEqual(viewsOf(killed), before);
});

test("an index file that is removed, or one whose size is wrong, grows back", async () => {
  const rig = new Rig();
  await rig.turned((await grown(rig)).close());
  const before = viewsOf(rig);
  const names = rig.disk.list("/store/index").map((entry) => `/store/index/${entry.name}`);
  rig.disk.remove(names[names.length - 1]);
  await rig.turned((await rig.open()).close());
  assert.deepEqual(viewsOf(rig), before);
  const file = rig.disk.open(names[2], "write");
  file.truncate(100);
  file.close();
  await rig.turned((await rig.open()).close());
  assert.deepEqual(viewsOf(rig), before);
});

test("one topic's queue files that are removed grow back", async () => {
  const rig = new Rig();
  await rig.turned((await grown(rig)).close());
  const before = viewsOf(rig);
  rig.disk.removeDirectory("/store/consumequeue/%RETRY%group");
  await rig.turned((await rig.open()).close());
  assert.deepEqual(viewsOf(rig), before);
});

test("one queue's files that are removed grow back", async () => {
  const rig = new Rig();
  await rig.turned((await grown(rig)).close());
  const before = viewsOf(rig);
  rig.disk.removeDirectory("/store/consumequeue/TopicTest/1");
  await rig.turned((await rig.open()).close());
  assert.deepEqual(viewsOf(rig), before);
});

test("entries written because memory is short are not synced, and whole after a kill", async () => {
  const rig = new Rig();
  await rig.turned((await grown(rig)).close());
  const killed = new Rig({ pendingViewBytesMax: 3000 });
  let syncs = 0;
  let writes = 0;
  killed.disk.faults = ({ kind, path }) => {
    if (path.includes("/consumequeue/")) kind === "write" ? writes++ : syncs += +(kind === "sync");
    return undefined;
  };
  const log = await killed.open();
  for (let at = 0; at < 60; at++) {
    log.append(numbered(at));
    await killed.clock.settle();
  }
  assert.ok(writes > 0);
  assert.equal(syncs, 0);
  await killed.turned(log.close());
  const pressed = new Rig({ pendingViewBytesMax: 3000 });
  await grown(pressed);
  pressed.disk = pressed.disk.kill();
  await pressed.turned((await pressed.open()).close());
  assert.deepEqual(viewsOf(pressed), viewsOf(rig));
});

test("what a run of the write-out hands over and is pressed by starts no second one", async () => {
  const views = [];
  for (const pendingViewBytesMax of [1 << 20, 3000]) {
    const rig = new Rig({ pendingViewBytesMax });
    const log = await rig.open();
    const job = log.jobs().find(({ name }) => name === "log views") ?? assert.fail();
    for (let round = 0; round < 5; round++) {
      for (let at = 0; at < 40; at++) log.append(numbered(100 * round + at));
      job.run(rig.clock.monotonic());
      await rig.clock.settle();
    }
    await rig.turned(log.close());
    views.push(viewsOf(rig));
  }
  assert.deepEqual(views[1], views[0]);
});

for (const pendingViewBytesMax of [1 << 20, 3000]) {
  test(`after a power cut the views end up the same, ${pendingViewBytesMax} may wait`, () =>
    cutAtAnyMoment(pendingViewBytesMax));
}

async function cutAtAnyMoment(pendingViewBytesMax: number): Promise<void> {
  const rig = new Rig();
  await rig.turned((await grown(rig)).close());
  const before = viewsOf(rig);
  const random = new SeededRandom(9);
  for (let round = 0; round < 30; round++) {
    const killed = new Rig({ pendingViewBytesMax });
    const at = 20 + random.below(700);
    let image = killed.disk;
    killed.disk.faults = ({ count }) => {
      if (count === at) image = killed.disk.image(random);
      return undefined;
    };
    const log = await grown(killed);
    killed.disk.faults = undefined;
    await killed.turned(log.close());
    killed.disk = image === killed.disk ? killed.disk : image;
    await killed.turned((await killed.open()).close());
    const found = viewsOf(killed);
    for (const [path, bytes] of found) {
      assertPrefix(bytes, before.get(path), `${path} cut at ${at}`);
    }
  }
}

/** The same bytes, but for a part behind that is still zero. */
function assertPrefix(found: string, whole: string | undefined, name: string): void {
  if (name.includes("/index/")) return;
  assert.ok(whole !== undefined, `${name}: there is no such file`);
  const bytes = found.split(":")[1].split(",");
  const expected = whole.split(":")[1].split(",");
  const last = bytes.findLastIndex((byte) => byte !== "0");
  const isSame = bytes.slice(0, last + 1).every((byte, at) => byte === expected[at]);
  assert.ok(isSame, `${name}: other bytes`);
}

test("a queue that begins behind 0 is filled with blanks from its file's start", async () => {
  const rig = new Rig({ segmentBytes: 1024 });
  const log = await rig.open();
  for (let at = 0; at < 60; at++) log.append(message());
  await rig.turned(log.close());
  const names = rig.disk.list("/store/commitlog").map((entry) => entry.name);
  for (const name of names.slice(0, -3)) rig.disk.remove(`/store/commitlog/${name}`);
  rig.disk.removeDirectory("/store/consumequeue");
  const again = await rig.open();
  const queue = again.queue("TopicTest", 0);
  const min = queue.offsetMin;
  assert.ok(min > 30 && min % 8 !== 0, `offsetMin ${min}`);
  assert.equal(queue.offsetMax, 60);
  await rig.turned(again.close());
  const first = rig.disk.list("/store/consumequeue/TopicTest/0")[0].name;
  assert.equal(Number(first), (min - min % 8) * 20);
  const file = rig.disk.open(`/store/consumequeue/TopicTest/0/${first}`, "read");
  const blank = new Uint8Array(20);
  file.read(blank, 0);
  assert.deepEqual([...blank], [
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0x7f,
    255,
    255,
    255,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  const third = await rig.open();
  assert.equal(third.queue("TopicTest", 0).offsetMin, min);
});

test("a topic that is removed and made again begins at offset 0", async () => {
  const rig = new Rig();
  const log = await rig.open();
  for (let at = 0; at < 20; at++) log.append(message());
  await rig.turned(log.durable());
  log.removeTopic("TopicTest");
  assert.equal(log.queue("TopicTest", 0).offsetMax, 0);
  const body = new TextEncoder().encode("new");
  assert.equal(log.append(message({ body })).offset, 0);
  await rig.clock.settle();
  assert.deepEqual(bodiesOf(log, "TopicTest", 0), ["new"]);
  await rig.turned(log.close());
  const again = await rig.open();
  assert.deepEqual(bodiesOf(again, "TopicTest", 0), ["new"]);
});

test("a topic that is removed leaves no files, and its queues do not come back", async () => {
  const rig = new Rig();
  const log = await rig.open();
  for (let at = 0; at < 40; at++) log.append(message());
  await rig.turned(log.durable());
  for (const job of log.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.settle();
  assert.equal(rig.disk.exists("/store/consumequeue/TopicTest"), true);
  log.removeTopic("TopicTest");
  for (const job of log.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.settle();
  assert.equal(rig.disk.exists("/store/consumequeue/TopicTest"), false);
  rig.disk = rig.disk.kill();
  const again = await rig.open();
  assert.equal(again.queue("TopicTest", 0).offsetMax, 0);
});

test("a topic removed and made again survives a kill or power cut at any moment", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const rig = new Rig({ flush: "SYNC_FLUSH" });
    const random = new SeededRandom(seed);
    const log = await rig.open();
    const cutAt = rig.disk.operations + 1 + random.below(90);
    let image = rig.disk;
    let acked = -1;
    let ackedThen = -1;
    rig.disk.faults = ({ count }) => {
      if (count === cutAt) {
        image = rig.disk.image(random);
        ackedThen = acked;
      }
      return undefined;
    };
    const send = (text: string) => {
      const stored = log.append(message({ body: new TextEncoder().encode(text) }));
      const note = () => acked = text.startsWith("new") ? stored.offset : -1;
      log.settled(stored.position + stored.size).then(note, () => {});
    };
    for (let at = 0; at < 12; at++) send(`old ${at}`);
    await rig.clock.settle();
    for (const job of log.jobs()) job.run(rig.clock.monotonic());
    await rig.clock.settle();
    log.removeTopic("TopicTest");
    for (let at = 0; at < 10; at++) {
      send(`new ${at}`);
      await rig.clock.settle();
      if (at % 4 === 3) { for (const job of log.jobs()) job.run(rig.clock.monotonic()); }
    }
    await rig.clock.settle();
    if (image === rig.disk) continue;
    rig.disk = image;
    const again = await rig.open();
    const bodies = bodiesOf(again, "TopicTest", 0);
    for (let at = 0; at <= ackedThen; at++) assert.equal(bodies[at], `new ${at}`, `seed ${seed}`);
    await rig.turned(again.close());
    const third = await rig.open();
    assert.deepEqual(bodiesOf(third, "TopicTest", 0), bodies, `seed ${seed}`);
  }
});

test("arrivals are told once each, after they can be read, and not at recovery", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const told: string[] = [];
  log.onArrival((topic, queueId, offset, tagsCode) => {
    told.push(`${topic} ${queueId} ${offset} ${tagsCode} ${log.queue(topic, queueId).offsetMax}`);
  });
  log.append(numbered(1));
  log.append(numbered(4));
  assert.equal(told.length, 0);
  await rig.clock.settle();
  assert.deepEqual(told, ["TopicTest 1 0 2598903 1", "TopicTest 1 1 2598902 2"]);
  rig.disk = rig.disk.kill();
  const again = await rig.open();
  again.onArrival(() => told.push("again"));
  await rig.clock.settle();
  assert.equal(told.length, 2);
});

test("a delayed message's entry carries the time of its delivery", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const stored = log.append(
    message({ topic: "SCHEDULE_TOPIC_XXXX", queueId: 2, properties: "DELAY\u00013\u0002" }),
  );
  await rig.clock.settle();
  let due = 0;
  log.queue("SCHEDULE_TOPIC_XXXX", 2).scan(0, 1, (_offset, _position, _size, tagsCode) => {
    due = tagsCode;
    return true;
  });
  assert.equal(due, stored.storeTimestamp + 10_000);
});

test("no queue file names a record that is not on the disk", async () => {
  const rig = new Rig();
  const log = await rig.open();
  let isSyncing = false;
  rig.disk.faults = ({ kind, path }) => {
    if (kind === "sync" && path.includes("/commitlog/")) isSyncing = true;
    if (kind === "write" && path.includes("/consumequeue/")) assert.ok(isSyncing, "written early");
    return undefined;
  };
  for (let at = 0; at < 10; at++) log.append(numbered(at));
  await rig.clock.settle();
  for (const job of log.jobs().filter(({ name }) => name === "log views")) job.run(0);
  await rig.clock.settle();
  assert.equal(isSyncing, true);
});
