import assert from "node:assert/strict";
import { test } from "node:test";
import { Bean } from "../../lib/model/bean.ts";
import { makeGroup } from "../../lib/model/group.ts";
import { groupFromBean, groupToJson } from "../../lib/model/group_json.ts";
import { formatJson, parseLooseJson } from "../../lib/model/loose_json.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { topicFromJson, topicToJson } from "../../lib/model/topic_json.ts";

const utf8 = new TextEncoder();

function bean(text: string): Bean {
  return Bean.read(utf8.encode(text));
}

test("fields take what fastjson takes, and their defaults", () => {
  const read = bean(`{"a":"x","n":7,"t":"12","b":true,"f":"false","nil":null,"l":[1,"2",{"c":3}],
    "m":{"k":"v","n":1},"__proto__":"p"}`);
  assert.deepEqual([read.text("a"), read.text("n"), read.text("b"), read.text("nil", "z")], [
    ...["x", "7", "true", "z"],
  ]);
  assert.deepEqual([read.whole("n", 0), read.whole("t", 0), read.whole("nil", 5)], [7, 12, 5]);
  assert.deepEqual([read.flag("b", false), read.flag("f", true), read.flag("a", true)], [
    ...[true, false, true],
  ]);
  assert.deepEqual([read.texts("l"), read.wholes("l")], [["2"], [1, 2]]);
  assert.deepEqual(read.beans("l").map((one) => one.whole("c", 0)), [3]);
  assert.deepEqual([...read.table("m")], [["k", "v"]]);
  assert.equal(read.json("m", ""), `{"k":"v","n":1}`);
  assert.deepEqual([read.text("__proto__"), read.text("toString")], ["p", ""]);
});

test("what is no number, no object or no JSON is refused", () => {
  assert.throws(() => bean(`{"n":"x"}`).whole("n", 0), /field n is "x"; expected a whole number/);
  assert.throws(() => bean(`{"n":1.5}`).whole("n", 0), { kind: "request-illegal" });
  assert.throws(() => bean(`{"n":{}}`).whole("n", 0), { kind: "request-illegal" });
  assert.throws(() => bean(`[1]`), /no JSON object/);
  assert.throws(() => Bean.read(new Uint8Array([0x7b, 0xff])), /it is no UTF-8/);
  assert.throws(() => bean(`{`), { kind: "request-illegal" });
});

test("a topic reads back from its JSON, and takes Java's defaults", () => {
  const topic = makeTopic("T", 4, {
    ...{ writeQueues: 2, perm: 7, filterType: "MULTI_TAG", sysFlag: 3, order: true },
    attributes: new Map([["message.type", "FIFO"], ["__proto__", "x"]]),
  });
  const text = formatJson(topicToJson(topic));
  assert.deepEqual(topicFromJson(parseLooseJson(text)), topic);
  assert.deepEqual(topicFromJson(parseLooseJson("{}"), "N"), makeTopic("N", 16));
  assert.deepEqual(topicFromJson(undefined, "N"), makeTopic("N", 16));
});

test("a group reads back from its JSON, and takes Java's defaults", () => {
  const group = makeGroup("G", {
    ...{ consumeEnable: false, retryQueues: 3, brokerId: 2, sysFlag: 1 },
    retryPolicy: `{"type":"EXPONENTIAL"}`,
    subscriptions: `[{"topic":"t"}]`,
    attributes: new Map([["a", "b"]]),
  });
  const text = formatJson(groupToJson(group));
  assert.deepEqual(groupFromBean(bean(text)), group);
  assert.deepEqual(groupFromBean(bean(`{"groupName":"G"}`)), makeGroup("G"));
});
