import assert from "node:assert/strict";
import { test } from "node:test";
import { isSystemGroup, makeGroup } from "../../lib/model/group.ts";
import {
  checkGroupName,
  checkTopicName,
  isGroupTopic,
  isSendable,
  makeTopic,
  retryTopic,
} from "../../lib/model/topic.ts";

const illegal = ["a b", "a/b", "..", "a.b", "a\0b", "é", "a\n", "a@b", "[x]", "a#b", "a$b"];

test("topic names are upstream's: its characters, up to 127, for a group's topics 255", () => {
  for (const name of ["T", "%RETRY%g", "a|b-c_d%9", "t".repeat(127), `%DLQ%${"t".repeat(250)}`]) {
    checkTopicName(name);
  }
  const refused = (name: string, why: RegExp) =>
    assert.throws(() => checkTopicName(name), (fault) => {
      assert.match(String(fault), why);
      assert.equal(Reflect.get(Object(fault), "kind"), "parameter-invalid");
      return true;
    });
  for (const name of illegal) refused(name, /topic contains illegal characters, allowing only/);
  for (const name of ["", " ", "\t"]) refused(name, /topic is blank/);
  refused("t".repeat(128), /longer than topic max length 127: it has 128/);
  refused(`%RETRY%${"t".repeat(249)}`, /longer than topic max length 255: it has 256/);
});

test("group names are upstream's: the same characters, up to 120", () => {
  checkGroupName("please_rename_unique_group_name");
  checkGroupName("g".repeat(120));
  for (const name of illegal) assert.throws(() => checkGroupName(name), /group contains illegal/);
  assert.throws(() => checkGroupName(""), /group is blank/);
  assert.throws(() => checkGroupName("g".repeat(121)), /max length 120: it has 121/);
});

test("some topics and groups are the broker's own", () => {
  assert.deepEqual(["T", "SCHEDULE_TOPIC_XXXX", "TBW102", "SELF_TEST_TOPIC"].map(isSendable), [
    ...[true, false, true, false],
  ]);
  assert.equal(retryTopic("g"), "%RETRY%g");
  assert.deepEqual(["%RETRY%g", "%DLQ%g", "RETRY%g"].map(isGroupTopic), [true, true, false]);
  const groups = ["TOOLS_CONSUMER", "CID_RMQ_SYS_x", "g", "CID_x"];
  assert.deepEqual(groups.map(isSystemGroup), [true, true, false, false]);
});

test("topics and groups are born with RocketMQ's defaults", () => {
  const topic = makeTopic("T", 4, { writeQueues: 2 });
  assert.deepEqual([topic.readQueues, topic.writeQueues, topic.perm], [4, 2, 6]);
  const { retryMaxTimes, retryQueues, consumeTimeoutMinutes } = makeGroup("G");
  assert.deepEqual([retryMaxTimes, retryQueues, consumeTimeoutMinutes], [16, 1, 15]);
});
