import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReadQueue } from "../../lib/broker/batch.ts";
import { BatchReader } from "../../lib/broker/batch_reader.ts";
import { Memory } from "../../lib/broker/memory.ts";
import type { PullResult } from "../../lib/broker/pull.ts";
import type { BrokerSettings } from "../../lib/broker/settings.ts";
import { compileSql } from "../../lib/model/sql_filter.ts";
import { makeTopic } from "../../lib/model/topic.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { brokerSettings } from "./broker_settings.ts";
import { FakeLink } from "./fake_link.ts";
import { heartbeat } from "./heartbeats.ts";
import { isRefusal } from "./refusals.ts";
import {
  bodies,
  damage,
  incoming,
  makeWorld,
  properties,
  pullAsk,
  sendAsk,
  within,
  type World,
} from "./world.ts";

const utf8 = new TextEncoder();
const limits = { settings: brokerSettings(), machineBytes: 1_000_000 };

async function worldOf(
  ages: readonly string[],
  settings: Partial<BrokerSettings> = {},
): Promise<World> {
  const world = await makeWorld(settings);
  await within(world, 50, world.broker.topics.create(makeTopic("T", 1), ""));
  for (const age of ages) send(world, age);
  await world.clock.advance(1);
  return world;
}

/** A message whose body, and whose property `age`, is this. */
function send(world: World, age: string): void {
  const body = utf8.encode(age);
  world.broker.intake.send(incoming("T", { body, properties: properties({ age }) }), sendAsk());
}

function pull(world: World, expression: string, changes: Parameters<typeof pullAsk>[1] = {}) {
  const subscription = { expression, type: "SQL92", version: 1 };
  return world.broker.fetch.pull(pullAsk("T", { subscription, ...changes }), new FakeLink());
}

function pullNow(
  world: World,
  expression: string,
  changes: Parameters<typeof pullAsk>[1] = {},
): PullResult {
  const result = pull(world, expression, changes);
  assert.ok(!(result instanceof Promise));
  return result;
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => `${at}`);

test("Only matching messages come, side by side in one piece, in order", async () => {
  const world = await worldOf(numbers(10));
  const result = pullNow(world, "age BETWEEN 2 AND 4 OR age >= 8");
  assert.deepEqual(bodies(result.records), ["2", "3", "4", "8", "9"]);
  assert.deepEqual([result.status, result.count, result.nextOffset], ["found", 5, 10]);
  assert.equal(result.records.length, 2);
  assert.deepEqual(bodies(pullNow(world, "age IS NOT NULL").records), numbers(10));
  assert.equal(pullNow(world, "age IS NOT NULL").records.length, 1);
});

/** 200 messages, one in ten of them with the tag that is asked for, one in thirty young as well. */
async function tagged(reads: number[] = []): Promise<World> {
  const world = await worldOf([]);
  for (let at = 0; at < 200; at++) {
    const body = utf8.encode(`${at}`);
    const all = properties({ TAGS: at % 10 === 7 ? "seven" : "other", age: `${at % 3}` });
    world.broker.intake.send(incoming("T", { body, properties: all }), sendAsk());
  }
  await world.clock.advance(1);
  const { log } = world;
  const read = log.read.bind(log);
  log.read = (...[position, ...rest]: Parameters<typeof read>) => {
    reads.push(position);
    return read(position, ...rest);
  };
  return world;
}

test("Where a condition wants a tag, records of others are not read", async () => {
  const reads: number[] = [];
  const world = await tagged(reads);
  const all = pullNow(world, "TAGS = 'seven' AND age >= 0", { maxMessages: 12 });
  const sevens = numbers(20).map((tens) => `${Number(tens) * 10 + 7}`);
  assert.deepEqual(bodies(all.records), sevens.slice(0, 12));
  assert.deepEqual([all.count, all.nextOffset, reads.length], [12, 127, 12]);
  const rest = pullNow(world, "age >= 0 AND TAGS IN ('seven')", { offset: all.nextOffset });
  assert.deepEqual([bodies(rest.records), rest.nextOffset], [sevens.slice(12), 200]);
  const young = pullNow(world, "TAGS = 'seven' AND age = 0");
  assert.deepEqual(bodies(young.records), sevens.filter((text) => Number(text) % 3 === 0));
  assert.equal(young.nextOffset, 200);
  const none = pullNow(world, "TAGS = 'seven' AND age > 5");
  assert.deepEqual([none.status, none.nextOffset], ["no-match", 200]);
  const [first] = pullNow(world, "age = 1 AND TAGS = 'seven'", { maxMessages: 1 }).records;
  assert.deepEqual(bodies([first]), ["7"]);
});

test("A held pull that wants a tag wakes with it, and with nothing else", async () => {
  const world = await tagged();
  const told: PullResult[] = [];
  const asked = { offset: 200, suspendMs: 15_000 };
  const held = pull(world, "TAGS = 'seven' AND age > 10", asked);
  assert.ok(held instanceof Promise);
  held.then((result) => told.push(result));
  const more = (TAGS: string, age: string) => {
    const body = utf8.encode(`${TAGS} ${age}`);
    const all = properties({ TAGS, age });
    world.broker.intake.send(incoming("T", { body, properties: all }), sendAsk());
  };
  more("other", "11");
  more("seven", "9");
  await world.clock.advance(100);
  assert.deepEqual(told, []);
  more("seven", "12");
  await world.clock.advance(100);
  assert.deepEqual(told.map(({ records }) => bodies(records)), [["seven 12"]]);
});

test("Where nothing matches, the pull goes on behind what it looked at", async () => {
  const world = await worldOf(numbers(10), { pullScanBytesMax: 80 });
  const none = pullNow(world, "age > 100");
  assert.deepEqual(
    [none.status, none.reason, none.nextOffset],
    ["no-match", "NO_MATCHED_MESSAGE", 4],
  );
  assert.deepEqual(bodies(pullNow(world, "age > 3", { offset: 4 }).records), ["4", "5", "6", "7"]);
});

test("A pull ends before what goes beyond its limits, and begins there next time", async () => {
  const world = await worldOf(numbers(100));
  const three = pullNow(world, "age > 9", { maxMessages: 3 });
  assert.deepEqual(bodies(three.records), ["10", "11", "12"]);
  assert.equal(three.nextOffset, 13);
  const next = pullNow(world, "age > 9", { offset: 13 });
  assert.deepEqual([next.count, next.nextOffset], [32, 45]);
  const bytes = pullNow(world, "age > 9", { maxBytes: 300 });
  assert.deepEqual([bytes.count, bytes.nextOffset], [1, 11]);
});

test("Large bodies: one pull looks at a few MiB, but at one message at least", () => {
  const size = 3 << 20;
  let read = 0;
  const bytes = () => {
    read++;
    return undefined;
  };
  const settings = brokerSettings();
  const reader = new BatchReader({
    log: { read: bytes, readRun: bytes, isSound: () => true, giveBack: () => {} },
    memory: new Memory({ log: { positionMax: 0 }, settings, machineBytes: 1_000_000 }),
    settings,
    lines: new MemoryLines(),
  });
  const scan: ReadQueue["scan"] = (from, _count, visit) => {
    let offset = from;
    while (visit(offset, offset * size, size, 0)) offset++;
  };
  const queue = { topic: "T", queueId: 0, scan, scanFor: () => assert.fail("SQL knows no codes") };
  const sql = compileSql("age = 11");
  const ask = { offset: 5, maxMessages: 32, maxBytes: 1 << 20, filter: undefined, sql };
  assert.deepEqual(reader.read(queue, ask), { records: [], count: 0, lost: 2, nextOffset: 7 });
  assert.equal(read, 2);
});

test("What matches is judged before it is served, what does not is not", async () => {
  const world = await worldOf(["1", "2", "3", "4"]);
  const [whole] = pullNow(world, "age > 0").records;
  const size = whole.length / 4;
  const told: number[] = [];
  const reader = new BatchReader({
    log: {
      read: (position) => void told.push(position / size),
      readRun: () => whole,
      isSound: (_run, at) => at !== size,
      giveBack: () => {},
    },
    memory: new Memory({ log: { positionMax: 0 }, ...limits }),
    settings: limits.settings,
    lines: new MemoryLines(),
  });
  const scan: ReadQueue["scan"] = (from, most, visit) => {
    for (let at = from; at < Math.min(4, from + most); at++) {
      if (!visit(at, at * size, size, 0)) return;
    }
  };
  const queue = { topic: "T", queueId: 0, scan, scanFor: () => assert.fail("SQL knows no codes") };
  const ask = { offset: 0, maxMessages: 32, maxBytes: 1 << 20, filter: undefined };
  const batchOf = (expression: string) => {
    const { records, lost, nextOffset } = reader.read(queue, {
      ...{ ...ask, sql: compileSql(expression) },
    });
    return [bodies(records).join(), lost, nextOffset];
  };
  assert.deepEqual(batchOf("age > 1"), ["3,4", 1, 4]);
  assert.deepEqual(told, [1], "the damaged one is read on its own, which tells of it");
  assert.deepEqual(batchOf("age > 2"), ["3,4", 0, 4]);
});

test("A damaged record is passed over", async () => {
  const world = await worldOf(numbers(3), {});
  await within(world, 1000, world.log.durable());
  damage(world, 0);
  const result = pullNow(world, "age IS NOT NULL");
  assert.ok(result.count >= 2);
});

test("A held pull wakes with what matches, and sleeps on over the rest", async () => {
  const world = await worldOf(numbers(3));
  const told: PullResult[] = [];
  const held = pull(world, "age > 10", { offset: 3, suspendMs: 15_000 });
  assert.ok(held instanceof Promise);
  held.then((result) => told.push(result));
  send(world, "4");
  await world.clock.advance(5000);
  send(world, "5");
  await world.clock.advance(5000);
  assert.equal(told.length, 0);
  send(world, "6");
  send(world, "11");
  await world.clock.advance(1);
  assert.deepEqual(bodies(told[0].records), ["11"]);
  assert.deepEqual([told[0].status, told[0].nextOffset], ["found", 7]);
});

test("A held pull that met nothing says at its deadline how far it has come", async () => {
  const world = await worldOf(numbers(3));
  const held = pull(world, "age > 10", { offset: 3, suspendMs: 15_000 });
  await world.clock.advance(10_000);
  send(world, "4");
  await world.clock.advance(4000);
  const result = await within(world, 2000, held);
  assert.deepEqual([result.status, result.nextOffset, result.offsetMax], ["no-match", 4, 4]);
  const idle = await within(
    world,
    16_000,
    pull(world, "age > 10", { offset: 4, suspendMs: 15_000 }),
  );
  assert.deepEqual([idle.status, idle.nextOffset], ["nothing", 4]);
});

test("A broker that stops answers those it holds", async () => {
  const world = await worldOf(numbers(3));
  const held = pull(world, "age > 10", { offset: 3, suspendMs: 15_000 });
  send(world, "4");
  await world.clock.advance(1);
  await within(world, 10, world.broker.close());
  assert.equal((await held).nextOffset, 4);
});

function subscribe(world: World, expression: string, type = "SQL92") {
  const subscription = {
    ...{ topic: "T", expression, type, version: 7, tags: [], codes: [], classFilter: false },
  };
  const link = new FakeLink();
  const [consumer] = heartbeat("c", { group: "g", topics: ["T"] }).consumers;
  const beat = {
    ...heartbeat("c", { group: "g", topics: ["T"] }),
    consumers: [{ ...consumer, subscriptions: [subscription] }],
  };
  return within(world, 100, world.broker.clients.heartbeat(beat, link));
}

test("The filter of a heartbeat holds for its group's pulls", async () => {
  const world = await worldOf(numbers(10));
  await subscribe(world, "age > 7");
  const own = { subscription: undefined, subVersion: 7 };
  assert.deepEqual(bodies(pullNow(world, "", own).records), ["8", "9"]);
});

test("A wrong filter of a heartbeat is told in the log, and to each pull", async () => {
  const world = await worldOf(numbers(3));
  await subscribe(world, "age > > 7");
  assert.ok(world.lines.has("The group g subscribes to T with a filter that cannot be read"));
  const own = { subscription: undefined, subVersion: 7 };
  for (let round = 0; round < 2; round++) {
    assert.throws(
      () => pull(world, "", own),
      isRefusal("filter-unknown", /Your expression may be wrong! .*character 7 of 9/),
    );
  }
});

test("A wrong expression of a pull is refused with its place, other types too", async () => {
  const world = await worldOf(numbers(3));
  assert.throws(() => pull(world, "age >"), isRefusal("subscription-invalid", /character 6 of 5/));
  assert.throws(() => pull(world, ""), isRefusal("subscription-invalid", /found the end/));
  const subscription = { expression: "age > 5", type: "XPATH", version: 1 };
  assert.throws(() => pull(world, "", { subscription }), isRefusal("failed", /by XPATH/));
  assert.throws(
    () => pull(world, "age > 5", { classFilter: true }),
    isRefusal("unsupported", /Filter classes run code/),
  );
});

test("enablePropertyFilter off refuses SQL92, and only that", async () => {
  const world = await worldOf(numbers(3), { propertyFilter: false });
  assert.throws(() => pull(world, "age > 5"), isRefusal("failed", /enablePropertyFilter is false/));
  const subscription = { expression: "*", type: "TAG", version: 1 };
  assert.equal(pullNow(world, "", { subscription }).count, 3);
  const check = (type: string) => world.broker.filters.check({ type, expression: "age > 5" });
  assert.throws(() => check("SQL92"), isRefusal("failed"));
  check("TAG");
});

test("What follows a whole condition is passed over and told, or refused", async () => {
  const world = await worldOf(numbers(3));
  await subscribe(world, "age LIKE '1%'");
  assert.ok(world.lines.has(`"LIKE '1%'" follows a whole condition`));
  assert.equal(pullNow(world, "age = 1 LIKE").count, 1);
  world.settings.refuseFilterTails = true;
  assert.throws(
    () => pull(world, "age = 1 LIKE"),
    isRefusal("subscription-invalid", /character 9/),
  );
});

test("Few expressions are kept compiled, and any number is answered", async () => {
  const world = await worldOf(numbers(5), { compiledFiltersMax: 2 });
  for (let round = 0; round < 2; round++) {
    for (const age of numbers(5)) {
      assert.deepEqual(bodies(pullNow(world, `age = ${age}`).records), [age]);
    }
  }
});
