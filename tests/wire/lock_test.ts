import assert from "node:assert/strict";
import test from "node:test";
import type { Caller } from "../../lib/remoting/caller.ts";
import type { Harness } from "../remoting/harness.ts";
import { openBroker, text, utf8 } from "./broker_port.ts";

const queue = (queueId: unknown, topic: unknown = "T") => {
  return { brokerName: "broker-a", queueId, topic };
};

function body(clientId: unknown, mqSet: unknown, changes: Record<string, unknown> = {}) {
  const ask = { clientId, consumerGroup: "g", mqSet, onlyThisBroker: false, ...changes };
  return utf8.encode(JSON.stringify(ask));
}

async function lock(harness: Harness, caller: Caller, clientId: string, ids: number[]) {
  const answer = await harness.ask(caller, 41, {}, body(clientId, ids.map((id) => queue(id))));
  assert.equal(answer.code, 0, answer.remark);
  return JSON.parse(text(answer.body));
}

test("queues are locked and given back as clients ask for it", async () => {
  const { harness } = await openBroker();
  const [one, two] = [await harness.caller(), await harness.caller()];
  assert.deepEqual(await lock(harness, one, "c1", [0, 1]), { lockOKMQSet: [queue(0), queue(1)] });
  assert.deepEqual(await lock(harness, two, "c2", [1, 2]), { lockOKMQSet: [queue(2)] });
  const unlock = await harness.ask(one, 42, {}, body("c1", [queue(1)]));
  assert.deepEqual([unlock.code, unlock.body.length], [0, 0]);
  assert.deepEqual(await lock(harness, two, "c2", [0, 1]), { lockOKMQSet: [queue(1)] });
  assert.deepEqual(await lock(harness, two, "c2", []), { lockOKMQSet: [] });
});

test("a closed connection keeps its locks: its client may consume on", async () => {
  const { harness, world } = await openBroker();
  const [one, two] = [await harness.caller(), await harness.caller()];
  await lock(harness, one, "c1", [0]);
  one.close();
  await world.clock.advance(59_000);
  assert.deepEqual((await lock(harness, two, "c2", [0])).lockOKMQSet, []);
  await world.clock.advance(2_000);
  assert.deepEqual((await lock(harness, two, "c2", [0])).lockOKMQSet, [queue(0)]);
});

test("bodies that make no sense are refused with a sentence, twice, and lock nothing", async () => {
  const { harness, world } = await openBroker();
  const caller = await harness.caller();
  const bad: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /body/],
    [utf8.encode("[1]"), /no JSON object/],
    [utf8.encode(`{"clientId":`), /body/],
    [body("c", [queue(0)], { consumerGroup: undefined }), /consumer group is missing/],
    [body("c", [queue(0)], { consumerGroup: "" }), /consumer group is missing/],
    [body("c", [queue(0)], { consumerGroup: { a: 1 } }), /consumer group is missing/],
    [body("c", [queue(0)], { consumerGroup: "x".repeat(300) }), /300 characters, 255 are the most/],
    [body(undefined, [queue(0)]), /client id is missing/],
    [body("", [queue(0)]), /client id is missing/],
    [body("x".repeat(2000), [queue(0)]), /2000 characters, 1024 are the most/],
    [body("c", [queue(0, "")]), /topic of a queue is missing/],
    [body("c", [queue(0, "x".repeat(300))]), /300 characters/],
    [body("c", [queue(undefined)]), /has no queue -1/],
    [body("c", [queue(-5)]), /has no queue -5/],
    [body("c", [queue(2 ** 40)]), /has no queue 1099511627776/],
    [body("c", [queue("many")]), /queueId is "many"; expected a whole number/],
    [body("c", [queue(0), { ...queue(1), brokerName: "b".repeat(300) }]), /broker name has 300/],
  ];
  for (const code of [41, 42, 41, 42]) {
    for (const [bytes, why] of bad) {
      const answer = await harness.ask(caller, code, {}, bytes);
      const isUnread = /no JSON object|Cannot read|whole number/.test(answer.remark ?? "");
      assert.equal(
        answer.code,
        isUnread ? 1 : 29,
        `${code} ${text(bytes).slice(0, 80)}: ${answer.remark}`,
      );
      assert.match(answer.remark ?? "", why);
    }
  }
  assert.equal(world.broker.locks.size, 0);
  for (const mqSet of [undefined, null, "T", { a: 1 }, [1, "x", null]]) {
    const answer = await harness.ask(caller, 41, {}, body("c", mqSet));
    assert.deepEqual([answer.code, text(answer.body)], [0, `{"lockOKMQSet":[]}`]);
  }
});

test("too many locks are refused with the limit", async () => {
  const { harness } = await openBroker({ settings: { queueLocksMax: 2 } });
  const caller = await harness.caller();
  await lock(harness, caller, "c", [0, 1]);
  const answer = await harness.ask(caller, 41, {}, body("c", [queue(2)]));
  assert.equal(answer.code, 2);
  assert.match(answer.remark ?? "", /2 are locked, and queueLocksMax is 2/);
  await lock(harness, caller, "c", [0, 1]);
});
