import assert from "node:assert/strict";
import test from "node:test";
import { getProperty } from "../../lib/model/properties.ts";
import { recordsOf } from "../broker/world.ts";
import { heartbeat, openBroker, pullHeader, sendHeader, text, utf8 } from "./broker_port.ts";

function checkBody(subscriptionData: unknown): Uint8Array {
  const rest = { clientId: "c", group: "g", namespace: "" };
  return utf8.encode(JSON.stringify({ ...rest, subscriptionData }));
}

function subscription(subString: unknown, changes: Record<string, unknown> = {}) {
  const lists = { codeSet: [], tagsSet: [] };
  const rest = { classFilterMode: false, expressionType: "SQL92", subVersion: 1, topic: "T" };
  return { ...lists, ...rest, subString, ...changes };
}

test("46: a filter is judged before its consumer starts", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  const ask = async (body: Uint8Array) => {
    const { code, remark } = await harness.ask(caller, 46, {}, body);
    return [code, remark ?? ""] as const;
  };
  const good: unknown[] = [
    subscription("a > 5 AND b IN ('x')"),
    subscription("a || b", { expressionType: "TAG" }),
    subscription("", { expressionType: undefined }),
    undefined,
    null,
  ];
  for (const one of good) assert.deepEqual(await ask(checkBody(one)), [0, ""]);
  assert.deepEqual(await ask(new Uint8Array(0)), [0, ""]);
  for (let round = 0; round < 2; round++) {
    const bad: [Uint8Array, number, RegExp][] = [
      [checkBody(subscription("a > 5 AND")), 23, /^Invalid MessageSelector\. At character 10 of 9/],
      [checkBody(subscription("")), 23, /character 1 of 0: expected a property's name.*the end/],
      [checkBody(subscription(undefined)), 23, /character 1 of 0/],
      [checkBody(subscription({ a: 1 })), 23, /character 1 of 0/],
      [checkBody(subscription(7)), 23, /character 1 of 1: a value stands alone/],
      [checkBody(subscription("x".repeat(20_000))), 23, /20000 characters, at most 16384/],
      [checkBody(subscription("a > 5", { expressionType: "SQL" })), 1, /filter message by SQL\./],
      [checkBody(subscription("a > 5", { subVersion: "new" })), 1, /subVersion is "new"/],
      [utf8.encode("[1]"), 1, /no JSON object/],
      [utf8.encode(`{"subscriptionData":`), 1, /body/],
    ];
    for (const [body, code, why] of bad) {
      const answer = await ask(body);
      assert.equal(answer[0], code, `${text(body).slice(0, 200)}: ${answer[1]}`);
      assert.match(answer[1], why);
    }
  }
});

test("a pull by SQL92, from its own header and from the heartbeat", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  const send = async (age: number) => {
    const properties = `age\u0001${age}\u0002`;
    const answer = await harness.ask(caller, 310, sendHeader("T", 0, properties), utf8.encode("x"));
    assert.equal(answer.code, 0, answer.remark);
  };
  for (const age of [1, 2, 3, 4]) await send(age);
  const ages = (body: Uint8Array) =>
    recordsOf([body]).map(({ properties }) => getProperty(properties, "age"));
  const sql = { subscription: "age > 2", expressionType: "SQL92" };
  const found = await harness.ask(caller, 11, pullHeader("T", sql));
  assert.deepEqual([found.code, ages(found.body)], [0, ["3", "4"]]);
  const none = await harness.ask(caller, 11, pullHeader("T", { ...sql, subscription: "age > 9" }));
  assert.deepEqual([none.code, none.remark], [20, "NO_MATCHED_MESSAGE"]);
  assert.equal(none.fields.nextBeginOffset, "4");
  const wrong = await harness.ask(caller, 11, pullHeader("T", { ...sql, subscription: "age >" }));
  assert.equal(wrong.code, 23);
  assert.match(wrong.remark ?? "", /At character 6 of 5/);
  const beat = (expression: string, group: string) =>
    harness.ask(caller, 34, {}, heartbeat(group, group, "T", { type: "SQL92", expression }));
  assert.equal((await beat("age = 2", "g1")).code, 0);
  const own = { sysFlag: 0, subscription: "" };
  const held = await harness.ask(caller, 11, pullHeader("T", { ...own, consumerGroup: "g1" }));
  assert.deepEqual([held.code, ages(held.body)], [0, ["2"]]);
  assert.equal((await beat("age = = 2", "g2")).code, 0);
  const refused = await harness.ask(caller, 11, pullHeader("T", { ...own, consumerGroup: "g2" }));
  assert.equal(refused.code, 27);
  assert.match(refused.remark ?? "", /Your expression may be wrong! .*character 7 of 9/);
});
