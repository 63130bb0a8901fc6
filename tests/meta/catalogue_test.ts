import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGroup } from "../../lib/model/group.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { Machine } from "./machine.ts";

test("what can be seen outlives a power cut", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  const topic = makeTopic("T", 4, { attributes: new Map([["message.type", "FIFO"]]), order: true });
  const group = makeGroup("G", { retryMaxTimes: 3, retryPolicy: `{"type":"EXPONENTIAL"}` });
  const put = Promise.all([
    catalogue.topics.put([topic]),
    catalogue.groups.put([group]),
    catalogue.settings.put(new Map([["maxMessageSize", "1"]])),
    catalogue.kv.put("ORDER_TOPIC_CONFIG", "T", "broker-a:4"),
  ]);
  assert.equal(catalogue.topics.get("T"), undefined, "not to be seen before it is committed");
  await machine.until(put);
  machine.powerCut();
  const again = await machine.open();
  assert.deepEqual(again.topics.get("T"), topic);
  assert.deepEqual(again.groups.get("G"), group);
  assert.equal(again.settings.get("maxMessageSize"), "1");
  assert.deepEqual([...again.kv.ofNamespace("ORDER_TOPIC_CONFIG")], [["T", "broker-a:4"]]);
  assert.deepEqual(again.topics.version, catalogue.topics.version);
});

test("every change of topics makes the version grow by one and is told", async () => {
  const machine = new Machine();
  const { topics } = await machine.open();
  const heard: (readonly string[])[] = [];
  topics.onChange((names) => heard.push(names));
  await machine.until(Promise.all([
    topics.put([makeTopic("A", 1)]),
    topics.put([makeTopic("B", 1), makeTopic("C", 1)]),
  ]));
  assert.equal(topics.version.counter, 2);
  assert.equal(await machine.until(topics.remove("B")), true);
  assert.equal(await machine.until(topics.remove("B")), false);
  await machine.until(topics.put([]));
  assert.equal(topics.version.counter, 3);
  assert.deepEqual(heard, [["A"], ["B", "C"], ["B"]]);
  assert.deepEqual([...topics.all()].map((topic) => topic.name), ["A", "C"]);
});

test("changes asked for at once are carried out in their order, in few transactions", async () => {
  const machine = new Machine();
  const { topics } = await machine.open();
  const before = machine.sqlite.commits;
  const changes = Array.from({ length: 100 }, (_, at) => topics.put([makeTopic(`T${at}`, 1)]));
  changes.push(topics.put([makeTopic("T7", 7)]));
  const removed = topics.remove("T8");
  await machine.until(Promise.all(changes));
  assert.equal(await machine.until(removed), true);
  assert.equal(machine.sqlite.commits - before, 2, "the first, and all others");
  assert.equal(topics.get("T7")?.readQueues, 7);
  assert.equal(topics.version.counter, 102);
  machine.powerCut();
  const again = (await machine.open()).topics;
  assert.deepEqual([again.size, again.get("T7")?.readQueues, again.has("T8")], [99, 7, false]);
});

test("of key values what was asked last holds, and the size counts them", async () => {
  const machine = new Machine();
  const { kv } = await machine.open();
  await machine.until(Promise.all([
    kv.put("N", "a", "1"),
    kv.put("N", "a", "2"),
    kv.put("N", "b", "3"),
    kv.put("a", "N", "4"),
    kv.remove("N", "b"),
    kv.remove("N", "none"),
  ]));
  assert.deepEqual([kv.size, kv.get("N", "a"), kv.get("N", "b"), kv.get("a", "N")], [
    2,
    "2",
    undefined,
    "4",
  ]);
  await machine.until(kv.remove("a", "N"));
  assert.equal(kv.ofNamespace("a").size, 0);
  machine.powerCut();
  assert.equal((await machine.open()).kv.size, 1);
});

test("names and values that SQLite or UTF-8 would change come back as they were", async () => {
  const machine = new Machine();
  const { kv, settings } = await machine.open();
  const texts = ["a\0b", "\ud800", "\udc00x", "q\"'\\", "\\u0000", "é😀", "__proto__", "\n\t", ""];
  for (const one of texts) {
    await machine.until(kv.put(`n${one}`, one, `v${one}`));
    await machine.until(settings.put(new Map([[one, one]])));
  }
  machine.powerCut();
  const again = await machine.open();
  assert.deepEqual(machine.lines.logged("error"), []);
  for (const one of texts) assert.equal(again.kv.get(`n${one}`, one), `v${one}`, one);
  assert.deepEqual([...again.settings.all().keys()].sort(), [...texts].sort());
  await machine.until(again.kv.remove("na\0b", "a\0b"));
  machine.powerCut();
  assert.equal((await machine.open()).kv.size, texts.length - 1);
});

test("a row that is not what was written is left out, counted and named", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  await machine.until(catalogue.topics.put([makeTopic("A", 1), makeTopic("B", 1)]));
  catalogue.progress.set("G", "T", 0, 5);
  catalogue.progress.set("H", "T", 0, 5);
  await machine.until(catalogue.settings.put(new Map([["a", "1"]])));
  await machine.until(catalogue.kv.put("n", "k", "v"));
  await machine.until(catalogue.close());
  machine.disk.removeDirectory("/data/config");
  await machine.sql(
    `UPDATE topics SET topic = replace(topic, '"perm":6', '"perm":4') WHERE name = 'A'`,
    `UPDATE progress SET offsets = '[0,6]' WHERE "group" = 'G'`,
    `UPDATE settings SET name = 'b'`,
    `UPDATE kv SET crc = crc + 1`,
    `UPDATE exports SET file = CAST(X'ff00fe22' AS TEXT) WHERE file = 'topics.json'`,
  );
  const again = await machine.open();
  assert.deepEqual([...again.topics.all()].map((topic) => topic.name), ["B"]);
  assert.equal(again.progress.get("G", "T", 0), undefined);
  assert.equal(again.progress.get("H", "T", 0), 5);
  assert.deepEqual([again.settings.all().size, again.kv.size], [0, 0]);
  const said = machine.lines.logged("error").map(({ text }) => text);
  assert.equal(said.length, 5);
  assert.match(said[0], /^1 of 2 rows of topics in \/data\/catalogue.db are not what was written/);
  assert.match(said[0], /left out: A\. Look at the disk/);
  assert.match(said[1], /^1 of 2 rows of progress .* left out: G T\./);
  await machine.until(again.topics.put([makeTopic("A", 2)]));
  machine.powerCut();
  assert.equal((await machine.open()).topics.get("A")?.readQueues, 2);
});

test("lost rows are found again in our own export", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  await machine.until(catalogue.topics.put([makeTopic("A", 3), makeTopic("B", 1)]));
  await machine.until(catalogue.groups.put([makeGroup("G", { retryMaxTimes: 5 })]));
  catalogue.progress.set("G", "A", 2, 9);
  await machine.until(catalogue.close());
  await machine.sql(
    "UPDATE topics SET crc = 0 WHERE name = 'A'",
    "UPDATE groups SET crc = 0",
    "UPDATE progress SET crc = 0",
  );
  const again = await machine.open();
  assert.equal(again.topics.get("A")?.readQueues, 3);
  assert.equal(again.groups.get("G")?.retryMaxTimes, 5);
  assert.equal(again.progress.get("G", "A", 2), 9);
  assert.ok(machine.lines.has("Found 1 of the lost topics in /data/config/topics.json"));
  machine.powerCut();
  machine.lines.clear();
  assert.equal((await machine.open()).progress.get("G", "A", 2), 9);
  assert.deepEqual(machine.lines.logged("error"), []);
});

test("a catalogue of a newer schema is refused with a sentence, and left as it is", async () => {
  const machine = new Machine();
  await machine.until((await machine.open()).close());
  await machine.sql("PRAGMA user_version = 99");
  await assert.rejects(
    machine.open(),
    /schema is version 99, this program knows up to 4\. Start the newer PocketMQ that wrote it/,
  );
});

test("a commit that fails changes nothing and says why", async () => {
  const machine = new Machine();
  const { topics, kv } = await machine.open();
  await machine.until(topics.put([makeTopic("S", 1)]));
  machine.sqlite.faults = () => "disk I/O error";
  const failed = /catalogue cannot be written: .*disk I\/O error/;
  await assert.rejects(machine.until(topics.put([makeTopic("T", 1)])), failed);
  await assert.rejects(machine.until(topics.remove("S")), failed);
  await assert.rejects(machine.until(kv.put("n", "k", "v")), { kind: "unavailable" });
  assert.deepEqual([topics.has("S"), topics.has("T"), kv.size], [true, false, 0]);
  assert.equal(topics.version.counter, 1);
  machine.sqlite.faults = undefined;
  await machine.until(topics.put([makeTopic("T", 1)]));
  assert.ok(topics.has("T"));
  machine.powerCut();
  assert.deepEqual([...(await machine.open()).topics.all()].map(({ name }) => name), ["S", "T"]);
});

test("a power cut at any moment leaves what was acknowledged, and nothing half", async () => {
  for (let seed = 0; seed < 40; seed++) {
    const machine = new Machine(seed);
    const catalogue = await machine.open();
    const acknowledged = new Map<string, number>();
    for (let at = 0; at < 12; at++) {
      const name = `T${machine.random.below(4)}`;
      const pair = [makeTopic(name, at + 1), makeTopic(`${name}x`, at + 1)];
      catalogue.topics.put(pair).then(() => acknowledged.set(name, at + 1), () => {});
      if (at % 3 === 0) await machine.clock.advance(machine.random.below(12));
    }
    await machine.clock.advance(machine.random.below(30));
    machine.powerCut();
    const { topics } = await machine.open();
    for (const [name, queues] of acknowledged) {
      assert.ok((topics.get(name)?.readQueues ?? 0) >= queues, `seed ${seed}: ${name}`);
    }
    for (const { name, readQueues } of topics.all()) {
      const other = name.endsWith("x") ? name.slice(0, -1) : `${name}x`;
      assert.equal(topics.get(other)?.readQueues, readQueues, `seed ${seed}: ${name}`);
    }
  }
});

test("closing frees the database also where writing fails", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  catalogue.progress.set("G", "T", 0, 1);
  catalogue.progress.beforeWrite(() => Promise.reject(new Error("the log has failed")));
  await assert.rejects(machine.until(catalogue.close()), /the log has failed/);
  await machine.until((await machine.open()).close());
});
