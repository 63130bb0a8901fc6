import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGroup } from "../../lib/model/group.ts";
import { parseLooseJson } from "../../lib/model/loose_json.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { Machine } from "./machine.ts";

/** As Apache's 5.5.0 broker wrote it. */
const UPSTREAM_TOPICS = `{
	"dataVersion":{
		"counter":2,
		"stateVersion":0,
		"timestamp":1795386760001
	},
	"topicConfigTable":{
		"CfgTopic":{
			"attributes":{
				"message.type":"NORMAL"
			},
			"order":false,
			"perm":6,
			"readQueueNums":4,
			"topicFilterType":"SINGLE_TAG",
			"topicName":"CfgTopic",
			"topicSysFlag":0,
			"writeQueueNums":4
		}
	}
}`;
const UPSTREAM_OFFSETS = `{
	"dataVersion":{
		"counter":3,
		"stateVersion":0,
		"timestamp":1795386704760
	},
	"groupTopicMap":{},
	"offsetTable":{
		"CfgTopic@CfgGroup":{0:12,1:5
		},
		"%RETRY%CfgGroup@CfgGroup":{"0":3}
	},
	"pullOffsetTable":{}
}`;

test("what another broker wrote is taken once, and said", async () => {
  const machine = new Machine();
  machine.disk.makeDirectory("/data/config");
  machine.write("/data/config/topics.json", UPSTREAM_TOPICS);
  machine.write("/data/config/consumerOffset.json", UPSTREAM_OFFSETS);
  const catalogue = await machine.open();
  assert.equal(catalogue.topics.get("CfgTopic")?.attributes.get("message.type"), "NORMAL");
  assert.equal(catalogue.topics.version.counter, 2);
  assert.equal(catalogue.progress.get("CfgGroup", "CfgTopic", 1), 5);
  assert.equal(catalogue.progress.get("CfgGroup", "%RETRY%CfgGroup", 0), 3);
  assert.ok(machine.lines.has("Took 1 topics from /data/config/topics.json"));
  await machine.until(catalogue.topics.put([makeTopic("Own", 1)]));
  await machine.until(catalogue.close());
  machine.lines.clear();
  const again = await machine.open();
  assert.equal(again.topics.size, 2, "our own export is not taken for another broker's");
  assert.deepEqual(machine.lines.logged(), []);
});

test("the topics' export is what Apache's broker writes, byte for byte", async () => {
  const machine = new Machine();
  machine.disk.makeDirectory("/data/config");
  machine.write("/data/config/topics.json", UPSTREAM_TOPICS);
  const catalogue = await machine.open();
  await machine.run(catalogue.jobs(), 2_000);
  assert.equal(machine.read("/data/config/topics.json"), UPSTREAM_TOPICS);
  assert.equal(machine.read("/data/config/topics.json.bak"), UPSTREAM_TOPICS);
});

test("changes are exported while running, offsets with unquoted queues", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  await machine.until(catalogue.groups.put([makeGroup("G")]));
  catalogue.progress.set("G", "T", 0, 12);
  catalogue.progress.set("G", "T", 3, 5);
  await machine.run(catalogue.jobs(), 3_000);
  assert.match(
    machine.read("/data/config/subscriptionGroup.json"),
    /\t\t"G":\{\n\t\t\t"attributes"/,
  );
  const offsets = machine.read("/data/config/consumerOffset.json");
  assert.match(offsets, /\t\t"T@G":\{0:12,3:5\}\n/);
  parseLooseJson(offsets);
  catalogue.progress.set("G", "T", 0, 13);
  await machine.until(catalogue.close());
  assert.match(machine.read("/data/config/consumerOffset.json"), /0:13/);
  assert.match(machine.read("/data/config/delayOffset.json"), /"offsetTable":\{\}/);
});

test("a broken file falls back to its .bak; broken both are left alone and named", async () => {
  const machine = new Machine();
  machine.disk.makeDirectory("/data/config");
  machine.write("/data/config/topics.json", "{half");
  machine.write("/data/config/topics.json.bak", UPSTREAM_TOPICS);
  machine.write("/data/config/consumerOffset.json", "");
  const catalogue = await machine.open();
  assert.ok(catalogue.topics.has("CfgTopic"));
  assert.ok(machine.lines.has("consumerOffset.json and its .bak cannot be read"));
});

test("a power cut anywhere in an export leaves a catalogue that knows its own files", async () => {
  for (let at = 1; at < 40; at++) {
    const machine = new Machine();
    const catalogue = await machine.open();
    await machine.until(catalogue.topics.put([makeTopic("T", 1)]));
    await machine.run(catalogue.jobs(), 1_500);
    await machine.until(catalogue.topics.put([makeTopic("U", 1)]));
    const stop = machine.disk.operations + at;
    machine.disk.faults = (operation) => {
      return operation.count >= stop ? "EIO" : undefined;
    };
    await machine.run(catalogue.jobs(), 1_500);
    machine.powerCut();
    machine.disk.faults = undefined;
    machine.lines.clear();
    const again = await machine.open();
    assert.equal(again.topics.size, 2, `cut after operation ${at}`);
    assert.equal(machine.lines.has("another broker"), false, `cut after operation ${at}`);
  }
});
