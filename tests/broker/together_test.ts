import assert from "node:assert/strict";
import { test } from "node:test";
import type { PullResult } from "../../lib/broker/pull.ts";
import { decodeBatch, encodeBatch } from "../../lib/model/batch.ts";
import { SysFlag } from "../../lib/model/message.ts";
import { getProperty } from "../../lib/model/properties.ts";
import { isBatched, makeTopic } from "../../lib/model/topic.ts";
import { FakeLink } from "./fake_link.ts";
import { Lives } from "./lives.ts";
import { acknowledge, bodiesOf, pop } from "./pops.ts";
import { isRefusal } from "./refusals.ts";
import {
  incoming,
  makeWorld,
  properties,
  pullAsk,
  recordsOf,
  sendAsk,
  within,
  type World,
} from "./world.ts";

const text = new TextEncoder();
const link = new FakeLink();

async function makeBatched(world: World, name = "B"): Promise<void> {
  const made = world.broker.topics.create(makeTopic(name, 2), "+queue.type=BatchCQ");
  await within(world, 50, made);
}

async function batchedWorld(settings: Parameters<typeof makeWorld>[0] = {}): Promise<World> {
  const world = await makeWorld(settings);
  await makeBatched(world);
  return world;
}

function bodyOf(bodies: readonly string[], own: Record<string, string> = {}): Uint8Array {
  return encodeBatch(bodies.map((body, at) => ({
    ...{ flag: 7, body: text.encode(body) },
    properties: properties({ UNIQ_KEY: `U-${body}`, KEYS: `k${at}`, ...own }),
  })));
}

interface Sending {
  readonly whole?: Record<string, string>;
  readonly own?: Record<string, string>;
  readonly topic?: string;
}

function sendBatch(world: World, bodies: readonly string[], sending: Sending = {}) {
  const { whole = {}, own, topic = "B" } = sending;
  const message = incoming(topic, {
    body: bodyOf(bodies, own),
    properties: properties({ UNIQ_KEY: `W-${bodies[0]}`, ...whole }),
  });
  return within(world, 0, world.broker.intake.sendBatch(message, sendAsk()));
}

function pullNow(world: World, changes: Parameters<typeof pullAsk>[1] = {}): PullResult {
  const result = world.broker.fetch.pull(pullAsk("B", changes), link);
  assert.ok(!(result instanceof Promise));
  return result;
}

/** What Java's client makes of an answer: its messages by offset, each of a batch on its own. */
function unwrapped(result: PullResult): [number, string][] {
  return recordsOf(result.records).flatMap((record): [number, string][] => {
    const isWhole = (record.sysFlag & SysFlag.innerBatch) !== 0 &&
      (record.sysFlag & SysFlag.needUnwrap) !== 0;
    const inner = isWhole ? decodeBatch(record.body) : [record];
    return inner.map(({ body }, at) => [record.offset + at, new TextDecoder().decode(body)]);
  });
}

test("A batch to a topic of type BatchCQ becomes one record with as many offsets", async () => {
  const world = await batchedWorld();
  const first = await sendBatch(world, ["a", "b", "c"], { whole: { KEYS: "order-1" } });
  assert.deepEqual([first.offset, first.batchUniqueId, first.transactionId], [0, "W-a", "W-a"]);
  assert.match(first.ids, /^[0-9A-F]{32}$/, "one record, one id");
  assert.equal((await sendBatch(world, ["d"])).offset, 3);
  const result = pullNow(world);
  assert.deepEqual([result.status, result.count, result.nextOffset], ["found", 4, 4]);
  assert.deepEqual([result.offsetMin, result.offsetMax], [0, 4]);
  assert.deepEqual(unwrapped(result), [[0, "a"], [1, "b"], [2, "c"], [3, "d"]]);
  const [record, one] = recordsOf(result.records);
  const of = (name: string) => getProperty(record.properties, name);
  assert.deepEqual([of("INNER_NUM"), of("INNER_BASE"), of("CLUSTER"), of("KEYS")], [
    ...["3", "0", "DefaultCluster", "order-1"],
  ]);
  assert.equal(getProperty(one.properties, "INNER_NUM"), "1");
  const inner = decodeBatch(record.body);
  assert.deepEqual(inner.map((part) => getProperty(part.properties, "UNIQ_KEY")), [
    ...["U-a", "U-b", "U-c"],
  ]);
  assert.deepEqual(inner.map(({ flag }) => flag), [7, 7, 7]);
  assert.equal(world.broker.stats.runtime().get("putMessageTimesTotal"), "4");
});

test("A pull in the middle of a batch gives it whole, and goes on behind it", async () => {
  const world = await batchedWorld();
  for (const batch of [["a", "b", "c"], ["d", "e"], ["f"]]) await sendBatch(world, batch);
  const result = pullNow(world, { offset: 1, maxMessages: 3 });
  assert.deepEqual(unwrapped(result).map(([offset]) => offset), [0, 1, 2]);
  assert.deepEqual([result.count, result.nextOffset], [3, 3]);
  assert.deepEqual(unwrapped(pullNow(world, { offset: 4, maxMessages: 1 })), [[3, "d"], [4, "e"]]);
  assert.equal(pullNow(world, { offset: 4, maxMessages: 3 }).nextOffset, 6, "counts messages");
  assert.equal(pullNow(world, { offset: 6 }).reason, "OFFSET_OVERFLOW_ONE");
});

test("A pull that waits at the end wakes with the next batch", async () => {
  const world = await batchedWorld();
  await sendBatch(world, ["a", "b"]);
  const held = world.broker.fetch.pull(pullAsk("B", { offset: 2, suspendMs: 10_000 }), link);
  assert.ok(held instanceof Promise);
  await sendBatch(world, ["c", "d"]);
  assert.deepEqual(unwrapped(await within(world, 10, held)), [[2, "c"], [3, "d"]]);
});

test("Single messages, and batches without a key of their own, stand beside batches", async () => {
  const world = await batchedWorld();
  await sendBatch(world, ["a", "b"]);
  const single = incoming("B", { body: text.encode("c") });
  assert.equal((await within(world, 0, world.broker.intake.send(single, sendAsk()))).offset, 2);
  const apart = incoming("B", { body: bodyOf(["d", "e"]) });
  const receipt = await within(world, 0, world.broker.intake.sendBatch(apart, sendAsk()));
  assert.deepEqual([receipt.offset, receipt.batchUniqueId], [3, undefined]);
  assert.equal(receipt.ids.split(",").length, 2);
  await sendBatch(world, ["f", "g"]);
  const result = pullNow(world);
  assert.equal(unwrapped(result).map(([, body]) => body).join(""), "abcdefg");
  assert.deepEqual(unwrapped(result).map(([offset]) => offset), [0, 1, 2, 3, 4, 5, 6]);
});

test("Filters look at the record, not into it, as upstream's", async () => {
  const world = await batchedWorld();
  await sendBatch(world, ["a", "b"], { own: { TAGS: "X" } });
  await sendBatch(world, ["c", "d"], { whole: { TAGS: "X", size: "5" } });
  const pulled = (expression: string, type: "TAG" | "SQL92") => {
    const subscription = { expression, type, version: 1 };
    const { records, nextOffset, ...rest } = pullNow(world, { subscription });
    assert.equal(nextOffset, 4);
    return unwrapped({ records, nextOffset, ...rest }).map(([, body]) => body).join("");
  };
  assert.equal(pulled("X", "TAG"), "cd");
  assert.equal(pulled("Y", "TAG"), "");
  assert.equal(pulled("size > 4", "SQL92"), "cd");
});

test("What cannot be is refused with a sentence, and nothing is stored", async () => {
  const world = await batchedWorld({ batchMessagesMax: 4, messageBytesMax: 1000 });
  const illegal = isRefusal.bind(undefined, "message-illegal");
  await assert.rejects(sendBatch(world, ["a"], { own: { DELAY: "3" } }), illegal(/one by one/));
  await assert.rejects(sendBatch(world, ["a"], { own: { TRAN_MSG: "true" } }), illegal(/trans/));
  await assert.rejects(sendBatch(world, ["a"], { whole: { INNER_NUM: "5" } }), illegal(/320/));
  await assert.rejects(sendBatch(world, ["a"], { own: { INNER_NUM: "5" } }), illegal(/320/));
  await assert.rejects(sendBatch(world, ["a", "b", "c", "d", "e"]), illegal(/holds 5.* 4/));
  await assert.rejects(sendBatch(world, ["x".repeat(1000)]), illegal(/maxMessageSize/));
  const raw = (body: Uint8Array, sysFlag = 0) => {
    const message = incoming("B", { body, sysFlag, properties: properties({ UNIQ_KEY: "W" }) });
    return within(world, 0, world.broker.intake.sendBatch(message, sendAsk()));
  };
  const sound = bodyOf(["a", "b"]);
  await assert.rejects(raw(sound.subarray(0, sound.length - 1)), illegal(/do not add up/));
  await assert.rejects(raw(new Uint8Array(50).fill(0xff)), illegal(/do not add up/));
  await assert.rejects(raw(sound, SysFlag.innerBatch), illegal(/320/));
  const single = incoming("B", { sysFlag: SysFlag.needUnwrap | SysFlag.innerBatch });
  const sent = within(world, 0, world.broker.intake.send(single, sendAsk()));
  await assert.rejects(sent, illegal(/320/));
  const type = (change: string, name = "B") => {
    return within(world, 50, world.broker.topics.create(makeTopic(name, 2), change));
  };
  await assert.rejects(type("+queue.type=SimpleCQ"), isRefusal("failed", /unchangeable/));
  await assert.rejects(type("-queue.type"), isRefusal("failed", /unchangeable|queue.type/));
  await type("", "P");
  await assert.rejects(type("+queue.type=BatchCQ", "P"), isRefusal("failed", /unchangeable/));
  await assert.rejects(type("+queue.type=Other", "N"), isRefusal("failed", /Other|queue.type/));
  assert.equal(world.broker.offsets.max("B", 0), 0);
  assert.equal(isBatched(world.broker.topics.get("B")), true);
});

test("Popped, a batch is one message, which comes back until it is acknowledged", async () => {
  const world = await batchedWorld();
  await sendBatch(world, ["a", "b", "c"]);
  await sendBatch(world, ["d", "e"]);
  const [first] = await pop(world, link, "B", { maxMessages: 1, invisibleMs: 10_000 });
  assert.equal(first.offset, 0);
  const [second, ...more] = await pop(world, link, "B", { invisibleMs: 10_000 });
  assert.deepEqual([second.offset, more.length], [3, 0]);
  await acknowledge(world, second);
  assert.deepEqual(await pop(world, link, "B"), []);
  await world.clock.advance(11_000);
  const again = await pop(world, link, "B");
  assert.deepEqual(bodiesOf(again), bodiesOf([first]));
  for (const one of again) await acknowledge(world, one);
  await world.clock.advance(60_000);
  assert.deepEqual(await pop(world, link, "B"), []);
});

test("A pop from the middle of a batch begins with the batch", async () => {
  const world = await batchedWorld();
  assert.deepEqual(await pop(world, link, "B"), []);
  await sendBatch(world, ["a", "b", "c"]);
  world.broker.progress.commit({ group: "g", topic: "B", queueId: 0, offset: 2 });
  const [got] = await pop(world, link, "B", { invisibleMs: 10_000 });
  assert.equal(got.offset, 0);
  await acknowledge(world, got);
  await world.clock.advance(60_000);
  assert.deepEqual(await pop(world, link, "B"), []);
});

test("A batch cannot be sent back: its messages are, by clients, one by one", async () => {
  const world = await batchedWorld();
  await sendBatch(world, ["a", "b"]);
  const [{ position }] = recordsOf(pullNow(world).records);
  const ask = { group: "g", position, delayLevel: 0, unitMode: false, version: 513 };
  const sent = world.broker.retries.sendBack({ ...ask, local: sendAsk().local });
  await assert.rejects(within(world, 100, sent), isRefusal("failed", /MESSAGE_ILLEGAL.*several/));
});

test("Killed, or without power, a broker has its batches and goes on behind them", async () => {
  for (const how of ["kill", "power cut"] as const) {
    const lives = new Lives(5, {}, { log: { flush: "SYNC_FLUSH" } });
    await makeBatched(await lives.start());
    await sendAndSettle(lives.world, ["a", "b", "c"]);
    await lives.world.clock.advance(30_000);
    await sendAndSettle(lives.world, ["d", "e"]);
    lives.die(how);
    const world = await lives.start();
    assert.equal(world.broker.offsets.max("B", 0), 5, how);
    await sendAndSettle(world, ["f"]);
    assert.equal(unwrapped(pullNow(world)).map(([, body]) => body).join(""), "abcdef");
    assert.deepEqual(unwrapped(pullNow(world, { offset: 4 }))[0], [3, "d"]);
  }
});

async function sendAndSettle(world: World, bodies: readonly string[]): Promise<void> {
  const message = incoming("B", {
    body: bodyOf(bodies),
    properties: properties({ UNIQ_KEY: `W-${bodies[0]}` }),
  });
  await within(world, 1000, world.broker.intake.sendBatch(message, sendAsk()));
}

test("A batch is found by its keys and its unique id, as a whole", async () => {
  const world = await batchedWorld();
  const receipt = await sendBatch(world, ["a", "b"], { whole: { KEYS: "order-1" } });
  const found = (key: string, kind: "key" | "unique") => {
    const ask = { topic: "B", key, max: 32, beginMs: 0, endMs: Number.MAX_SAFE_INTEGER, kind };
    return within(world, 100, world.broker.lookup.byKey(ask));
  };
  assert.equal((await found("order-1", "key")).records.length, 1);
  assert.equal((await found("W-a", "unique")).records.length, 1);
  await assert.rejects(found("U-a", "unique"), isRefusal("not-found", /can not find/));
  assert.equal(receipt.batchUniqueId, "W-a");
});
