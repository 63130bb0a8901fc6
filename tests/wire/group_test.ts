import assert from "node:assert/strict";
import test from "node:test";
import { heartbeat, openBroker, pullHeader, sendHeader, text, utf8 } from "./broker_port.ts";

const group = (changes: Record<string, unknown>) => {
  return utf8.encode(JSON.stringify({ groupName: "g", ...changes }));
};

test("a group that may not consume, or not by broadcast, is refused its pulls (16)", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  await harness.ask(caller, 310, sendHeader("T"), utf8.encode("x"));
  const pull = (sysFlag: number) => harness.ask(caller, 11, pullHeader("T", { sysFlag }));
  assert.equal((await pull(4)).code, 0);
  await harness.ask(caller, 200, {}, group({ consumeEnable: false }));
  const disabled = await pull(4);
  assert.deepEqual([disabled.code, disabled.fields.forbiddenType], [16, "2"]);
  await harness.ask(caller, 200, {}, group({ consumeBroadcastEnable: false }));
  const body = text(heartbeat("c", "g", "T")).replace("CLUSTERING", "BROADCASTING");
  assert.equal((await harness.ask(caller, 34, {}, utf8.encode(body))).code, 0);
  const broadcast = await pull(0);
  assert.deepEqual([broadcast.code, broadcast.fields.forbiddenType], [16, "4"]);
  await harness.ask(caller, 200, {}, group({}));
  assert.equal((await pull(0)).code, 0);
});

test("a group is deleted with its progress, as 5.x and as 4.9 say it, or without", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  await harness.ask(caller, 310, sendHeader("T"), utf8.encode("x"));
  const place = { consumerGroup: "g", topic: "T", queueId: "0" };
  const progress = () => harness.ask(caller, 14, { ...place, setZeroIfNotFound: "false" });
  const withProgress: [Record<string, string>, number][] = [
    [{}, 0],
    [{ cleanOffset: "false", removeOffset: "false" }, 0],
    [{ cleanOffset: "true" }, 22],
    [{ removeOffset: "true" }, 22],
  ];
  for (const [header, code] of withProgress) {
    await harness.ask(caller, 200, {}, group({}));
    await harness.ask(caller, 15, { ...place, commitOffset: "1" });
    await harness.clock.advance(1100);
    const removed = await harness.ask(caller, 207, { groupName: "g", ...header });
    assert.equal(removed.code, 0, removed.remark);
    assert.equal((await progress()).code, code, JSON.stringify(header));
  }
});

test("headers of a deletion that make no sense are refused, twice", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  const bad: [Record<string, string>, RegExp][] = [
    [{}, /groupName is missing/],
    [{ groupName: "g", cleanOffset: "yes" }, /cleanOffset is "yes"; expected true or false/],
    [{ groupName: "g", cleanOffset: "2" }, /cleanOffset is "2"/],
    [{ groupName: "g", removeOffset: "-1" }, /removeOffset is "-1"/],
  ];
  for (const [header, why] of [...bad, ...bad]) {
    const answer = await harness.ask(caller, 207, header);
    assert.equal(answer.code, 1);
    assert.match(answer.remark ?? "", why);
  }
  for (const groupName of ["", "x".repeat(500), "../..", "unknown"]) {
    const answer = await harness.ask(caller, 207, { groupName, cleanOffset: "true" });
    assert.equal(answer.code, 0, "there is no such group, as upstream has it");
  }
});

test("one who subscribes otherwise than its group is 23, where that is set", async () => {
  const { harness } = await openBroker({ settings: { refuseDifferentSubscriptions: true } });
  const [one, two] = [await harness.caller(), await harness.caller()];
  assert.equal((await harness.ask(one, 34, {}, heartbeat("c1", "g", "T", "A"))).code, 0);
  const refused = await harness.ask(two, 34, {}, heartbeat("c2", "g", "T", "B"));
  assert.equal(refused.code, 23);
  assert.match(refused.remark ?? "", /c2 wants CLUSTERING T B; c1 wants CLUSTERING T A/);
  const members = await harness.ask(one, 38, { consumerGroup: "g" });
  assert.deepEqual(JSON.parse(text(members.body)), { consumerIdList: ["c1"] });
});

test("a heartbeat's enums may be numbers, as C++ clients send them", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  const body = text(heartbeat("c", "g", "T"))
    .replace(`"CONSUME_FROM_FIRST_OFFSET"`, "5").replace(`"CONSUME_PASSIVELY"`, "1")
    .replace(`"CLUSTERING"`, "0");
  assert.equal((await harness.ask(caller, 34, {}, utf8.encode(body))).code, 0);
  const answer = await harness.ask(caller, 203, { consumerGroup: "g" });
  const { consumeFromWhere, consumeType, messageModel } = JSON.parse(text(answer.body));
  assert.deepEqual([consumeFromWhere, consumeType, messageModel], [
    "CONSUME_FROM_TIMESTAMP",
    "CONSUME_PASSIVELY",
    "BROADCASTING",
  ]);
});
