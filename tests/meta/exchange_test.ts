import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGroup } from "../../lib/model/group.ts";
import { parseLooseJson } from "../../lib/model/loose_json.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { Machine } from "./machine.ts";
import { UPSTREAM_FILES } from "./upstream_samples.ts";

const CONFIG = "/data/config";

function upstreamMachine(): Machine {
  const machine = new Machine();
  machine.disk.makeDirectory(CONFIG);
  for (const [name, text] of UPSTREAM_FILES) machine.write(`${CONFIG}/${name}`, text);
  return machine;
}

test("what another broker wrote is taken once, and said", async () => {
  const machine = upstreamMachine();
  const before = machine.sqlite.commits;
  const { topics, groups, progress, requestModes } = await machine.open();
  assert.equal(machine.sqlite.commits - before, 2, "the schema, and one transaction for all files");
  assert.deepEqual(
    topics.get("CfgTopic"),
    makeTopic("CfgTopic", 4, {
      ...{ writeQueues: 8, perm: 2, order: true, sysFlag: 1 },
      attributes: new Map([["message.type", "NORMAL"]]),
    }),
  );
  assert.deepEqual(groups.get("G"), makeGroup("G"));
  assert.deepEqual(
    groups.get("H"),
    makeGroup("H", {
      ...{ consumeEnable: false, consumeFromMinEnable: false, consumeBroadcastEnable: false },
      ...{ consumeMessageOrderly: true, retryQueues: 2, retryMaxTimes: 3, brokerId: 1 },
      ...{ whichBrokerWhenConsumeSlowly: 2, notifyConsumerIdsChangedEnable: false, sysFlag: 1 },
      consumeTimeoutMinutes: 20,
      retryPolicy: `{"exponentialRetryPolicy":{"initial":5000,"max":7200000,"multiplier":2},` +
        `"type":"EXPONENTIAL"}`,
      subscriptions: `[{"expression":"*","expressionType":"TAG","topic":"t","version":1}]`,
      attributes: new Map([["a", "b"], ["k", "v"]]),
    }),
  );
  assert.deepEqual([...progress.ofTopic("G", "CfgTopic")], [[0, 12], [1, 5]]);
  assert.equal(progress.get("G", "%RETRY%G", 0), 3);
  assert.deepEqual([...requestModes.all()], [["CfgTopic", "G", "POP 3"], [
    "CfgTopic",
    "H",
    "PULL 0",
  ]]);
  const versions = [topics.version, groups.version, progress.version];
  assert.deepEqual(versions.map(({ counter }) => counter), [2, 4, 3]);
  assert.deepEqual(machine.lines.logged("info").map(({ text }) => text), [
    `Took 2 topics from ${CONFIG}/topics.json, which another broker wrote (version 2).`,
    `Took 2 groups from ${CONFIG}/subscriptionGroup.json, which another broker wrote (version 4).`,
    `Took 2 places of groups in topics from ${CONFIG}/consumerOffset.json, which another broker ` +
    `wrote (version 3).`,
    `Took 2 delay levels from ${CONFIG}/delayOffset.json, which another broker wrote (version 5).`,
    `Took 2 request modes of groups from ${CONFIG}/messageRequestMode.json, which another broker ` +
    `wrote (version 0).`,
    `Took 1 states of ordered queues from ${CONFIG}/consumerOrderInfo.json, which another broker ` +
    `wrote (version 0).`,
  ]);
  machine.powerCut();
  machine.lines.clear();
  assert.equal((await machine.open()).progress.get("G", "CfgTopic", 1), 5);
  assert.deepEqual(machine.lines.logged(), [], "taken once");
});

test("exports are what Apache's broker writes, byte for byte", async () => {
  const machine = new Machine();
  machine.disk.makeDirectory(CONFIG);
  for (const [name, text] of UPSTREAM_FILES) machine.write(`${CONFIG}/${name}.bak`, text);
  await machine.until((await machine.open()).close());
  for (const [name, text] of UPSTREAM_FILES) assert.equal(machine.read(`${CONFIG}/${name}`), text);
});

test("our own export is not taken for another broker's", async () => {
  const machine = upstreamMachine();
  const catalogue = await machine.open();
  await machine.until(catalogue.topics.put([makeTopic("Own", 1)]));
  catalogue.progress.set("G", "CfgTopic", 0, 13);
  await machine.until(catalogue.close());
  assert.match(machine.read(`${CONFIG}/topics.json`), /"Own"/);
  assert.equal(machine.read(`${CONFIG}/topics.json.bak`), UPSTREAM_FILES.get("topics.json"));
  machine.lines.clear();
  const again = await machine.open();
  assert.deepEqual([again.topics.size, again.topics.version.counter], [3, 3]);
  assert.deepEqual(machine.lines.logged(), []);
  await machine.until(again.close());
  // Apache's broker moves offsets under the data version that it found.
  const offsets = machine.read(`${CONFIG}/consumerOffset.json`).replace("0:13", "0:20");
  machine.write(`${CONFIG}/consumerOffset.json`, offsets);
  machine.write(`${CONFIG}/topics.json`, `${UPSTREAM_FILES.get("topics.json")}\n`);
  const third = await machine.open();
  assert.equal(third.progress.get("G", "CfgTopic", 0), 20);
  assert.equal(third.topics.has("Own"), false, "it was removed there");
});

test("changes are exported soon, progress with its writes, all at the close", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  await machine.run(catalogue.jobs(), 100);
  assert.deepEqual(machine.disk.list(CONFIG), [], "nothing to tell");
  await machine.until(catalogue.groups.put([makeGroup("G")]));
  await machine.until(catalogue.topics.put([makeTopic("T", 1)]));
  await machine.clock.advance(300);
  assert.match(machine.read(`${CONFIG}/subscriptionGroup.json`), /\t\t"G":\{\n\t\t\t"attributes"/);
  catalogue.progress.set("G", "T", 0, 12);
  catalogue.progress.set("G", "T", 3, 5);
  await machine.run(catalogue.jobs(), 2_200);
  const offsets = machine.read(`${CONFIG}/consumerOffset.json`);
  assert.match(offsets, /\t\t"T@G":\{\n\t\t\t0:12,\n\t\t\t3:5\n\t\t\}\n/);
  parseLooseJson(offsets);
  const commits = machine.sqlite.commits;
  await machine.run(catalogue.jobs(), 5_000);
  assert.equal(machine.sqlite.commits, commits, "nothing new, nothing written");
  catalogue.progress.set("G", "T", 0, 13);
  await machine.until(catalogue.topics.put([makeTopic("U", 1)]));
  await machine.until(catalogue.close());
  assert.match(machine.read(`${CONFIG}/consumerOffset.json`), /0:13/);
  assert.match(machine.read(`${CONFIG}/topics.json`), /"U"/);
  assert.match(machine.read(`${CONFIG}/delayOffset.json`), /"offsetTable":\{\}/);
});

test("many changes share few exports", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  let seen = 0;
  machine.disk.faults = ({ kind, path }) => {
    if (kind === "rename" && path.endsWith("topics.json.tmp")) seen++;
    return undefined;
  };
  for (let at = 0; at < 100; at++) {
    await machine.until(catalogue.topics.put([makeTopic(`T${at}`, 1)]));
    await machine.run(catalogue.jobs(), 20);
  }
  assert.ok(seen >= 2 && seen <= 5, `${seen} exports in ${machine.clock.monotonic()} ms`);
});

test("a broken file falls back to its .bak; both broken are named and kept", async () => {
  const machine = new Machine();
  machine.disk.makeDirectory(CONFIG);
  machine.write(`${CONFIG}/topics.json`, "{half");
  machine.write(`${CONFIG}/topics.json.bak`, UPSTREAM_FILES.get("topics.json") ?? "");
  machine.write(`${CONFIG}/consumerOffset.json`, "");
  machine.write(
    `${CONFIG}/subscriptionGroup.json`,
    `{"subscriptionGroupTable":{"G":{"brokerId":"x"}}}`,
  );
  const catalogue = await machine.open();
  assert.ok(catalogue.topics.has("CfgTopic"));
  const warned = machine.lines.logged("warn").map(({ text }) => text);
  assert.match(warned[0], /topics.json: Cannot read JSON at character 5: .*\.bak was read instead/);
  const errors = machine.lines.logged("error").map(({ text }) => text);
  assert.match(errors[0], /subscriptionGroup.json: The .*field brokerId is "x".* left alone/);
  assert.match(errors[1], /consumerOffset.json: Cannot read JSON at character 0.* left alone/);
  await machine.until(catalogue.groups.put([makeGroup("G")]));
  await machine.until(catalogue.close());
  assert.match(machine.read(`${CONFIG}/subscriptionGroup.json.unreadable`), /"brokerId":"x"/);
  assert.equal(machine.read(`${CONFIG}/topics.json.unreadable`), "{half");
  assert.equal(machine.read(`${CONFIG}/topics.json`), UPSTREAM_FILES.get("topics.json"));
});

test("a request mode is exported when it changes, and what is none is not taken", async () => {
  const machine = new Machine();
  const path = `${CONFIG}/messageRequestMode.json`;
  machine.disk.makeDirectory(CONFIG);
  const modes = `"g":{"mode":"PUSH"},"":{"mode":"POP"},"h":{"mode":"POP","popShareQueueNum":"x"},` +
    `"i":[],"j":{"mode":"POP"}`;
  machine.write(path, `{"messageRequestModeMap":{"T":{${modes}},"..":{"g":{"mode":"POP"}},"U":1}}`);
  const catalogue = await machine.open();
  const { requestModes } = catalogue;
  assert.deepEqual([...requestModes.all(), requestModes.size], [["T", "j", "POP 0"], 1]);
  await machine.until(requestModes.put("T", "g", "POP 2"));
  await machine.until(catalogue.close());
  assert.match(machine.read(path), /"g":\{\s+"consumerGroup":"g",\s+"mode":"POP",\s+.+":2,/);
  machine.powerCut();
  machine.lines.clear();
  assert.equal((await machine.open()).requestModes.size, 2);
  assert.deepEqual(machine.lines.logged(), []);
});

test("names that no broker can have had are not taken", async () => {
  const machine = new Machine();
  machine.disk.makeDirectory(CONFIG);
  machine.write(
    `${CONFIG}/topics.json`,
    `{"topicConfigTable":{"../x":{},"..":{},"a/b":{},"n\\u0000":{},"__proto__":{"perm":4},"T":{}}}`,
  );
  machine.write(
    `${CONFIG}/consumerOffset.json`,
    `{"offsetTable":{"../x@G":{0:1},"T":{0:1},"@G":{0:1},"T@":{0:1},"T@G":{0:1,1:-1,"x":2,2:"7"}}}`,
  );
  const { topics, progress } = await machine.open();
  assert.deepEqual([...topics.all()].map(({ name }) => name), ["__proto__", "T"]);
  assert.equal(topics.get("__proto__")?.perm, 4);
  assert.deepEqual([...progress.rows()].map(({ topic, offsets }) => [topic, offsets]), [
    ["T", [0, 1, 2, 7]],
  ]);
});

test("an export that fails is said once and made up for", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  machine.disk.faults = ({ path }) => path.endsWith("topics.json.tmp") ? "ENOSPC" : undefined;
  await machine.until(catalogue.topics.put([makeTopic("T", 1)]));
  await machine.run(catalogue.jobs(), 5_000);
  const warned = machine.lines.logged("warn").map(({ text }) => text);
  assert.deepEqual(warned, [
    `${CONFIG}/topics.json is not up to date: Cannot open ${CONFIG}/topics.json.tmp: ENOSPC`,
  ]);
  machine.disk.faults = undefined;
  await machine.run(catalogue.jobs(), 2_000);
  assert.match(machine.read(`${CONFIG}/topics.json`), /"T"/);
});

test("a power cut anywhere in an export leaves a catalogue that knows its own files", async () => {
  for (let at = 1; at < 60; at++) {
    const machine = new Machine(at);
    const catalogue = await machine.open();
    await machine.until(catalogue.topics.put([makeTopic("T", 1)]));
    catalogue.progress.set("G", "T", 0, 1);
    await machine.run(catalogue.jobs(), 2_500);
    await machine.until(catalogue.topics.put([makeTopic("U", 1)]));
    catalogue.progress.set("G", "T", 0, 2);
    const stop = machine.disk.operations + at;
    machine.disk.faults = (operation) => operation.count >= stop ? "EIO" : undefined;
    await machine.run(catalogue.jobs(), 2_500);
    machine.powerCut();
    machine.disk.faults = undefined;
    machine.lines.clear();
    const again = await machine.open();
    assert.equal(again.topics.size, 2, `cut after operation ${at}`);
    assert.equal(again.progress.get("G", "T", 0), 2, `cut after operation ${at}`);
    assert.equal(machine.lines.has("another broker"), false, `cut after operation ${at}`);
    await machine.until(again.close());
    assert.match(machine.read(`${CONFIG}/consumerOffset.json`), /0:2\n/);
  }
});

test("a large table is exported in pieces, and what changes meanwhile after it", async () => {
  const machine = new Machine();
  const catalogue = await machine.open();
  for (let at = 0; at < 5_000; at++) catalogue.progress.set(`G${at}`, `a-topic-${at}`, 0, 1);
  let pieces = 0;
  machine.disk.faults = ({ kind, path }) => {
    if (kind !== "write" || !path.endsWith("consumerOffset.json.tmp")) return undefined;
    pieces++;
    catalogue.progress.set("G4999", "a-topic-4999", 0, 2);
    return undefined;
  };
  await machine.run(catalogue.jobs(), 2_500);
  assert.ok(pieces > 4, `${pieces} writes`);
  await machine.run(catalogue.jobs(), 2_500);
  assert.match(
    machine.read(`${CONFIG}/consumerOffset.json`),
    /"a-topic-4999@G4999":\{\n\t\t\t0:2\n/,
  );
});
