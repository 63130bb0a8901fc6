import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGroup } from "../../lib/model/group.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { Machine } from "./machine.ts";

test("topics, groups, settings and key values that can be seen outlive a power cut", async () => {
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
  let heard = 0;
  topics.onChange(() => heard++);
  await machine.until(Promise.all([
    topics.put([makeTopic("A", 1)]),
    topics.put([makeTopic("B", 1), makeTopic("C", 1)]),
  ]));
  assert.equal(topics.version.counter, 2);
  assert.equal(await machine.until(topics.remove("B")), true);
  assert.equal(await machine.until(topics.remove("B")), false);
  assert.equal(topics.version.counter, 3);
  assert.equal(heard, 3);
  assert.deepEqual([...topics.all()].map((topic) => topic.name), ["A", "C"]);
});

test("a row that is not what was written is left out and counted", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  await machine.until(catalogue.topics.put([makeTopic("A", 1), makeTopic("B", 1)]));
  await machine.until(catalogue.close());
  const sqlite = await machine.sqlite.open("/data/catalogue.db");
  const sql = `UPDATE topic SET json = replace(json, '"perm":6', '"perm":4') WHERE name = 'A'`;
  await machine.until(sqlite.commit([{ sql, rows: [[]] }]));
  await machine.until(sqlite.close());
  const again = await machine.open();
  assert.deepEqual([...again.topics.all()].map((topic) => topic.name), ["B"]);
  assert.ok(machine.lines.has("1 topics in catalogue.db are not what was written"));
});

test("a catalogue of a later form is refused with a sentence", async () => {
  const machine = new Machine();
  await machine.until((await machine.open()).close());
  const sqlite = await machine.sqlite.open("/data/catalogue.db");
  await machine.until(sqlite.commit([{ sql: "UPDATE form SET version = 99", rows: [[]] }]));
  await machine.until(sqlite.close());
  await assert.rejects(machine.open(), /its form is 99, this PocketMQ knows up to 1/);
});

test("a commit that fails changes nothing and says why", async () => {
  const machine = new Machine();
  const { topics } = await machine.open();
  machine.sqlite.faults = () => "disk I/O error";
  await assert.rejects(machine.until(topics.put([makeTopic("T", 1)])), /disk I\/O error/);
  assert.equal(topics.get("T"), undefined);
  machine.sqlite.faults = undefined;
  await machine.until(topics.put([makeTopic("T", 1)]));
  assert.ok(topics.has("T"));
});
