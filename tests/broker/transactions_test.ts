import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProperties } from "../../lib/model/properties.ts";
import { decodeRecord } from "../../lib/model/record.ts";
import { beat, end, producer, sendHalf, stored, texts } from "./halves.ts";
import { isRefusal } from "./refusals.ts";
import { incoming, makeWorld, properties, sendAsk, within } from "./world.ts";

const HALF = "RMQ_SYS_TRANS_HALF_TOPIC";
const OP = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
const PARKED = "TRANS_CHECK_MAX_TIME_TOPIC";

function pairs(text: string): Record<string, string> {
  return Object.fromEntries([...parseProperties(text)].filter(([name]) => name !== "__CRC32#"));
}

const STAMPED = { MSG_REGION: "DefaultRegion", TRACE_ON: "true", CLUSTER: "DefaultCluster" };

test("A half is nowhere to be consumed; a commit brings it, as 5.5.0 stores it", async () => {
  const world = await makeWorld();
  const place = await sendHalf(world, "K");
  assert.deepEqual(texts(world), []);
  const [half] = stored(world, HALF);
  assert.deepEqual([half.offset, half.sysFlag, half.flag, half.queueId], [0, 0, 7, 0]);
  const common = { ...STAMPED, PGROUP: "pg", TAGS: "t", UNIQ_KEY: "K", __transactionId__: "K" };
  assert.deepEqual(
    pairs(half.properties),
    { ...common, TRAN_MSG: "true", REAL_TOPIC: "T", REAL_QID: "2" },
  );
  await end(world, place, "commit");
  const [message] = stored(world, "T", 2);
  assert.deepEqual(pairs(message.properties), { ...common, TRAN_MSG: "true" });
  assert.deepEqual([message.sysFlag, message.flag], [8, 7]);
  assert.equal(message.preparedPosition, half.position);
  assert.deepEqual([message.bornTimestamp, message.bornHost], [half.bornTimestamp, half.bornHost]);
});

test("Ends share records of the form that Apache's broker writes", async () => {
  const world = await makeWorld();
  const places = [await sendHalf(world, "a"), await sendHalf(world, "b")];
  await end(world, places[0], "commit");
  await end(world, places[1], "rollback");
  await world.clock.advance(300);
  const [op, ...more] = stored(world, OP);
  assert.deepEqual(more, []);
  assert.equal(new TextDecoder().decode(op.body), "0,1,");
  assert.deepEqual(pairs(op.properties), { WAIT: "true", TAGS: "d" });
  assert.deepEqual(texts(world), ["a"]);
  await world.clock.advance(120_000);
  assert.deepEqual(texts(world, HALF, 0), ["a", "b"]);
  const progress = (topic: string) => world.catalogue.progress.get("CID_RMQ_SYS_TRANS", topic, 0);
  assert.deepEqual([progress(HALF), progress(OP)], [2, 1]);
});

test("Many ends make several records of 4 KiB", async () => {
  const world = await makeWorld();
  for (let at = 0; at < 1500; at++) {
    const place = await sendHalf(world, `k${at}`);
    await world.broker.transactions.end(
      { ...place, producerGroup: "pg", outcome: "rollback", wasAsked: false },
    );
  }
  await world.clock.advance(300);
  const bodies = texts(world, OP, 0);
  assert.ok(bodies.length > 1 && bodies.every(({ length }) => length <= 4200), `${bodies.length}`);
  const offsets = bodies.join("").split(",").slice(0, -1).map(Number);
  assert.deepEqual(offsets, Array.from({ length: 1500 }, (_, at) => at));
});

test("What is not as the producer says is refused and changes nothing", async () => {
  const world = await makeWorld();
  await within(world, 20, world.broker.intake.send(incoming("T"), sendAsk()));
  const place = await sendHalf(world, "K");
  const refused = (changes: Partial<typeof place>, sentence: RegExp, producerGroup = "pg") =>
    assert.rejects(
      end(world, { ...place, ...changes }, "commit", { producerGroup }),
      isRefusal("failed", sentence),
    );
  for (const position of [0, -1, place.position + 1, 1e12, 2 ** 60, NaN]) {
    await refused({ position }, /^Find prepared transaction message failed: /);
  }
  await refused({}, /^The producer group wrong: it is pg, not other\./, "other");
  for (const offset of [-1, 1, 1e12]) {
    await refused({ offset }, /^The transaction state table offset wrong: it is 0, not /);
  }
  assert.deepEqual(texts(world), []);
  await end(world, place, "commit");
  assert.deepEqual(texts(world), ["K"]);
});

test("A body that looks like a half is none", async () => {
  const world = await makeWorld();
  await sendHalf(world, "K");
  const record = (world.log.read(0, stored(world, HALF)[0].size) ?? new Uint8Array(0)).slice();
  const plain = await within(
    world,
    20,
    world.broker.intake.send(incoming("T", { body: record }), sendAsk()),
  );
  const start = Number(`0x${plain.ids.slice(16)}`);
  for (let position = start; position < start + 120; position++) {
    await assert.rejects(end(world, { offset: 0, position }, "commit"), isRefusal("failed"));
  }
});

test("A transaction ends once, whatever is said later", async () => {
  const world = await makeWorld();
  const [one, other] = [await sendHalf(world, "one"), await sendHalf(world, "other")];
  await end(world, one, "commit");
  await end(world, other, "rollback");
  for (let round = 0; round < 2; round++) {
    for (
      const [place, outcome] of [[one, "commit"], [one, "rollback"], [other, "commit"]] as const
    ) {
      await assert.rejects(end(world, place, outcome), isRefusal("failed", /has ended before/));
    }
    await world.clock.advance(60_000);
  }
  assert.deepEqual(texts(world), ["one"]);
});

test("With transactionsEndOnce off every commit commits, and putting off is a check", async () => {
  const world = await makeWorld({ transactionsEndOnce: false, transactionChecksMax: 2 });
  const client = producer(world, "c1");
  const one = await sendHalf(world, "one");
  for (let times = 0; times < 2; times++) await end(world, one, "commit");
  await end(world, one, "rollback");
  assert.deepEqual(texts(world), ["one", "one"]);
  await sendHalf(world, "slow", { CHECK_IMMUNITY_TIME_IN_SECONDS: "900" });
  for (let minute = 0; minute < 3; minute++) {
    await world.clock.advance(60_000);
    beat(world, "c1", client);
  }
  assert.deepEqual(client.checks, []);
  assert.deepEqual(texts(world, PARKED, 0), ["slow"]);
});

test("A half without an end is copied, and a producer asked about the copy", async () => {
  const world = await makeWorld();
  const client = producer(world, "c1");
  const place = await sendHalf(world, "K");
  await world.clock.advance(27_000);
  assert.equal(client.checks.length, 0);
  await world.clock.advance(3_000);
  const [half, copy] = stored(world, HALF);
  assert.deepEqual(half.offset, place.offset);
  assert.equal(pairs(copy.properties).TRANSACTION_CHECK_TIMES, "1");
  const [{ record, ...check }] = client.checks;
  assert.deepEqual(check, {
    topic: HALF,
    brokerName: "broker-a",
    position: copy.position,
    offset: 1,
    messageId: "K",
    transactionId: "K",
    offsetId: `C0A8000900002A9F${copy.position.toString(16).toUpperCase().padStart(16, "0")}`,
  });
  const told = decodeRecord(record);
  assert.deepEqual([told.topic, told.queueId, told.offset], ["T", 2, 1]);
  assert.deepEqual([told.position, told.flag], [copy.position, 7]);
  assert.equal(new TextDecoder().decode(told.body), "K");
  await end(world, check, "commit", { wasAsked: true });
  assert.deepEqual(texts(world), ["K"]);
  assert.equal(stored(world, "T", 2)[0].flag, 7);
  await world.clock.advance(120_000);
  assert.equal(client.checks.length, 1);
});

test("Young ones wait, older ones behind them too; none is asked about twice a round", async () => {
  const world = await makeWorld({ transactionTimeoutMs: 20_000, transactionCheckMs: 10_000 });
  const client = producer(world, "c1");
  await sendHalf(world, "first");
  await world.clock.advance(12_000);
  await sendHalf(world, "second");
  await world.clock.advance(9_000);
  const asked = () => client.checks.map(({ messageId }) => messageId);
  assert.deepEqual(asked(), []);
  await world.clock.advance(10_000);
  assert.deepEqual(asked(), ["first"]);
  await world.clock.advance(10_000);
  assert.deepEqual(asked(), ["first", "second", "first"]);
});

test("After fifteen checks the half is parked; a late end or resumption counts", async () => {
  const world = await makeWorld();
  const client = producer(world, "c1");
  const first = await sendHalf(world, "late");
  await sendHalf(world, "resumed");
  for (let minute = 0; minute < 10; minute++) {
    await world.clock.advance(60_000);
    beat(world, "c1", client);
  }
  assert.equal(client.checks.length, 30);
  assert.deepEqual(texts(world, PARKED, 0), ["late", "resumed"]);
  assert.equal(pairs(stored(world, PARKED)[0].properties).TRANSACTION_CHECK_TIMES, "15");
  assert.match(world.lines.logged("warn").map(({ text }) => text).join(), /in 15 checks .* late /);
  await end(world, first, "commit", { wasAsked: true });
  await assert.rejects(end(world, first, "commit"), isRefusal("failed", /ended before/));
  assert.deepEqual(texts(world), ["late"]);
  const { position } = stored(world, PARKED)[1];
  await assert.rejects(world.broker.transactions.resume(1), isRefusal("failed", /parked/));
  await within(world, 20, world.broker.transactions.resume(position));
  await world.clock.advance(60_000);
  const check = client.checks[30];
  assert.equal(check.messageId, "resumed");
  await end(world, check, "commit", { wasAsked: true });
  assert.deepEqual(texts(world), ["late", "resumed"]);
});

test("A message may say how long nobody is to be asked, and that is no check", async () => {
  const world = await makeWorld();
  const client = producer(world, "c1");
  const wish = { CHECK_IMMUNITY_TIME_IN_SECONDS: "900" };
  const [kept, slow] = [await sendHalf(world, "kept", wish), await sendHalf(world, "slow", wish)];
  const tick = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      await world.clock.advance(60_000);
      beat(world, "c1", client);
    }
  };
  await tick(5);
  assert.equal(pairs(stored(world, HALF)[2].properties).TRAN_PREPARED_QUEUE_OFFSET, "0");
  await end(world, kept, "commit");
  await tick(9);
  assert.deepEqual(client.checks, []);
  await tick(2);
  assert.deepEqual(client.checks.map(({ messageId }) => messageId).slice(0, 1), ["slow"]);
  await assert.rejects(
    end(world, slow, "commit"),
    isRefusal("illegal-operation", /after 900000 ms.*only a check/),
  );
  await end(world, client.checks[0], "commit", { wasAsked: true });
  await tick(10);
  assert.deepEqual(texts(world), ["kept", "slow"]);
  assert.ok(client.checks.every(({ messageId }) => messageId === "slow"));
});

test("A wall clock that is set back or forth keeps nobody from being asked", async () => {
  for (const stepMs of [-86_400_000, 86_400_000]) {
    const world = await makeWorld();
    const client = producer(world, "c1");
    await sendHalf(world, "before");
    world.clock.setWall(world.clock.now() + stepMs);
    await sendHalf(world, "after");
    await world.clock.advance(35_000);
    const asked = client.checks.map(({ messageId }) => messageId);
    assert.deepEqual(asked, ["before", "after"], `${stepMs}`);
  }
});

test("No wish keeps a half from its checks for ever", async () => {
  const world = await makeWorld({ transactionCheckMs: 3_600_000 });
  const client = producer(world, "c1");
  const wish = { CHECK_IMMUNITY_TIME_IN_SECONDS: "999999999999" };
  await sendHalf(world, "long", wish);
  const message = incoming("T", {
    bornTimestamp: world.clock.now() + 1e12,
    properties: properties({ TRAN_MSG: "true", PGROUP: "pg", UNIQ_KEY: "future", ...wish }),
  });
  await within(world, 20, world.broker.intake.send(message, sendAsk()));
  for (let hour = 0; hour < 75; hour++) {
    await world.clock.advance(3_600_000 - 60_000);
    beat(world, "c1", client);
    await world.clock.advance(60_000);
  }
  assert.deepEqual(texts(world, PARKED, 0), ["hello"]);
  const asked = client.checks.map(({ messageId }) => messageId);
  assert.equal(asked.filter((id) => id === "future").length, 15);
  assert.ok(asked.includes("long"));
});

test("A producer that ends its first record late ends the copy as well", async () => {
  const world = await makeWorld();
  const client = producer(world, "c1");
  const places = [
    await sendHalf(world, "a"),
    await sendHalf(world, "b"),
    await sendHalf(world, "c"),
  ];
  await world.clock.advance(95_000);
  assert.equal(client.checks.length, 9);
  await end(world, places[0], "commit");
  await end(world, places[1], "rollback");
  await end(world, client.checks[2], "commit", { wasAsked: true });
  for (const check of client.checks) {
    await assert.rejects(end(world, check, "commit", { wasAsked: true }), isRefusal("failed"));
  }
  await world.clock.advance(120_000);
  assert.equal(client.checks.length, 9);
  assert.deepEqual(texts(world), ["a", "c"]);
});

test("Ends of one transaction that come together count once", async () => {
  const world = await makeWorld();
  producer(world, "c1");
  const place = await sendHalf(world, "K");
  await world.clock.advance(31_000);
  const ends = ["commit", "rollback", "commit"].map((outcome) =>
    world.broker.transactions.end(
      { ...place, producerGroup: "pg", outcome: outcome as "commit", wasAsked: true },
    )
  );
  const settled = await within(world, 50, Promise.allSettled(ends));
  assert.deepEqual(settled.map(({ status }) => status), ["fulfilled", "rejected", "rejected"]);
  assert.deepEqual(texts(world), ["K"]);
});

test("Whoever is there of the group is asked in turn; nobody is no trouble", async () => {
  const world = await makeWorld();
  await sendHalf(world, "K");
  producer(world, "other", "another group");
  const gone = producer(world, "gone");
  gone.close();
  await world.clock.advance(31_000);
  const clients = [producer(world, "c2"), producer(world, "c3")];
  await world.clock.advance(60_000);
  assert.deepEqual(clients.map(({ checks }) => checks.length), [1, 1]);
  clients[0].isWritable = false;
  await world.clock.advance(60_000);
  assert.deepEqual(clients.map(({ checks }) => checks.length), [1, 3]);
  clients[1].isWritable = false;
  const copies = stored(world, HALF).length;
  await world.clock.advance(40_000);
  assert.equal(stored(world, HALF).length, copies + 1, "it goes on without an ask");
  clients[1].isWritable = true;
  clients.forEach((link, at) => beat(world, `c${at + 2}`, link));
  await world.clock.advance(30_000);
  assert.deepEqual(clients.map(({ checks }) => checks.length), [1, 4]);
  clients[1].checks.shift();
  const check = clients[1].checks[2];
  await end(world, check, "commit", { wasAsked: true });
  assert.deepEqual(texts(world), ["K"]);
});

test("Settings hold at once: refusal, age, rest between rounds, number of checks", async () => {
  const world = await makeWorld({ rejectTransactions: true });
  await assert.rejects(
    sendHalf(world, "K"),
    isRefusal("no-permission", /rejectTransactionMessage/),
  );
  world.settings.rejectTransactions = false;
  const client = producer(world, "c1");
  await sendHalf(world, "K");
  Object.assign(world.settings, {
    ...{ transactionTimeoutMs: 500, transactionCheckMs: 1000, transactionChecksMax: 2 },
  });
  await world.clock.advance(2_500);
  assert.equal(client.checks.length, 2);
  await world.clock.advance(2_000);
  assert.equal(client.checks.length, 2);
  assert.deepEqual(texts(world, PARKED, 0), ["K"]);
});

test("A delay counts from the commit on", async () => {
  const world = await makeWorld();
  const place = await sendHalf(world, "K", { DELAY: "2" });
  await world.clock.advance(8_000);
  assert.deepEqual(texts(world), []);
  await end(world, place, "commit");
  await world.clock.advance(4_000);
  assert.deepEqual(texts(world), []);
  await world.clock.advance(2_000);
  assert.deepEqual(texts(world), ["K"]);
});

test("What was a transaction and is tried again is none", async () => {
  const world = await makeWorld();
  await within(world, 50, world.broker.groups.put(world.broker.groups.get("g")));
  const wish = properties({ TRAN_MSG: "true", DELAY: "1", PGROUP: "pg" });
  const again = incoming("%RETRY%g", { properties: wish, reconsumeTimes: 1, sysFlag: 4 });
  await within(world, 50, world.broker.intake.send(again, sendAsk()));
  await world.clock.advance(2_000);
  assert.deepEqual(texts(world, "%RETRY%g", 0), ["hello"]);
  assert.deepEqual(texts(world, HALF, 0), []);
  const prepared = incoming("T", { sysFlag: 4 });
  const sent = within(world, 50, world.broker.intake.send(prepared, sendAsk()));
  await assert.rejects(sent, isRefusal("message-illegal", /TRAN_MSG/));
});

test("Thousands of open halves are seen to in steps, a bit each in memory", async () => {
  const world = await makeWorld({ transactionChecksMax: 3 });
  const client = producer(world, "c1");
  const count = 3000;
  for (let at = 0; at < count; at++) {
    const message = incoming("T", {
      bornTimestamp: world.clock.now(),
      properties: properties({ UNIQ_KEY: `k${at}`, TRAN_MSG: "true", PGROUP: "pg" }),
    });
    const sent = world.broker.intake.send(message, sendAsk());
    if (at % 500 === 0) await within(world, 20, sent);
  }
  await world.clock.advance(31_000);
  assert.equal(client.checks.length, count);
  for (const check of client.checks.slice(0, count - 5)) {
    await world.broker.transactions.end(
      { ...check, producerGroup: "pg", outcome: "rollback", wasAsked: true },
    );
  }
  await world.clock.advance(60_000);
  assert.equal(client.checks.length, count + 10);
  await world.clock.advance(60_000);
  assert.equal(texts(world, PARKED, 0).length, 5);
});
