import assert from "node:assert/strict";
import test from "node:test";
import { bodies } from "../broker/world.ts";
import { openBroker, pullHeader, sendHeader, text, utf8 } from "./broker_port.ts";

const SENT = ["MSG_REGION", "TRACE_ON", "msgId", "queueId", "queueOffset", "transactionId"];

test("sends by all three codes are answered with the whole header, in both forms", async () => {
  const { world, harness } = await openBroker();
  for (const form of [0, 1]) {
    const caller = await harness.caller(form);
    const v2 = await harness.ask(
      caller,
      310,
      sendHeader("T", 1, "UNIQ_KEY\u0001K\u0002"),
      utf8.encode("a"),
    );
    assert.equal(v2.code, 0, v2.remark);
    assert.deepEqual(Object.keys(v2.fields).sort(), SENT);
    assert.equal(v2.fields.queueId, "1");
    assert.equal(v2.fields.queueOffset, String(2 * form));
    assert.equal(v2.fields.MSG_REGION, "DefaultRegion");
    assert.equal(v2.fields.TRACE_ON, "true");
    assert.equal(v2.fields.transactionId, "K");
    assert.match(String(v2.fields.msgId), /^7F00000100002A9F[0-9A-F]{16}$/);
    const v1 = await harness.ask(caller, 10, {
      producerGroup: "p",
      topic: "T",
      defaultTopic: "TBW102",
      defaultTopicQueueNums: "4",
      queueId: "1",
      sysFlag: "0",
      bornTimestamp: "1700000000000",
      flag: "0",
      properties: "TAGS\u0001x",
    }, utf8.encode("b"));
    assert.equal(v1.code, 0, v1.remark);
    assert.deepEqual(Object.keys(v1.fields).sort(), SENT);
  }
  assert.equal(world.broker.offsets.max("T", 1), 4);
});

/** A message within a batch's body. */
function part(body: string): number[] {
  const [bytes, properties] = [utf8.encode(body), utf8.encode(`UNIQ_KEY\u0001${body}\u0002`)];
  const part = new Uint8Array(22 + bytes.length + properties.length);
  const view = new DataView(part.buffer);
  view.setInt32(0, part.length);
  view.setInt32(16, bytes.length);
  part.set(bytes, 20);
  view.setInt16(20 + bytes.length, properties.length);
  part.set(properties, 22 + bytes.length);
  return [...part];
}

test("a batch is answered with all its ids", async () => {
  const { harness } = await openBroker();
  const body = Uint8Array.from([...part("m1"), ...part("m2"), ...part("m3")]);
  const caller = await harness.caller();
  for (const [code, m] of [[320, "true"], [320, "false"], [310, "true"]] as const) {
    const answer = await harness.ask(caller, code, { ...sendHeader("T"), m }, body);
    assert.equal(answer.code, 0, answer.remark);
    assert.equal(String(answer.fields.msgId).split(",").length, 3);
  }
});

test("a batch to a topic of type BatchCQ is answered with its one id, in both forms", async () => {
  const { harness } = await openBroker();
  for (const form of [0, 1]) {
    const caller = await harness.caller(form);
    const topic = `Together${form}`;
    const settings = { readQueueNums: "1", writeQueueNums: "1", perm: "6", order: "false" };
    const made = await harness.ask(caller, 17, {
      ...{ topic, defaultTopic: "TBW102", ...settings, topicFilterType: "SINGLE_TAG" },
      ...{ topicSysFlag: "0", attributes: "+queue.type=BatchCQ" },
    });
    assert.equal(made.code, 0, made.remark);
    const header = { ...sendHeader(topic, 0, "UNIQ_KEY\u0001WHOLE\u0002"), m: "true" };
    const send = (body: number[], changes = {}) => {
      return harness.ask(caller, 320, { ...header, ...changes }, Uint8Array.from(body));
    };
    const answer = await send([...part("m1"), ...part("m2"), ...part("m3")]);
    assert.equal(answer.code, 0, answer.remark);
    assert.deepEqual(Object.keys(answer.fields).sort(), ["batchUniqId", ...SENT].sort());
    assert.match(String(answer.fields.msgId), /^[0-9A-F]{32}$/);
    const { batchUniqId, transactionId, queueOffset } = answer.fields;
    assert.deepEqual([batchUniqId, transactionId, queueOffset], ["WHOLE", "WHOLE", "0"]);
    assert.equal((await send(part("m4"))).fields.queueOffset, "3");
    const pulled = await harness.ask(caller, 11, pullHeader(topic, { queueOffset: 1 }));
    assert.deepEqual([pulled.code, pulled.fields.nextBeginOffset], [0, "4"]);
    const refused: [number[], Record<string, string>][] = [
      [part("m5").slice(0, -1), {}],
      [[...part("m5"), 1, 2, 3], {}],
      [part("m5"), { f: "192" }],
      [part("m5"), { i: "UNIQ_KEY\u0001W\u0002INNER_NUM\u00019\u0002" }],
      [[], {}],
    ];
    for (const [body, changes] of refused) {
      const no = await send(body, changes);
      assert.equal(no.code, 13, no.remark);
      assert.ok((no.remark ?? "").length > 20, no.remark);
    }
    assert.equal((await send(part("m5"))).fields.queueOffset, "4");
  }
});

test("a refused send says so, with region and trace switch", async () => {
  const { harness } = await openBroker({ settings: { autoCreateTopic: false } });
  const caller = await harness.caller();
  const cases: [Record<string, string>, number][] = [
    [sendHeader("Unknown"), 17],
    [sendHeader("no/topic"), 29],
    [sendHeader("SELF_TEST_TOPIC"), 16],
    [{ ...sendHeader("Unknown"), e: "abc" }, 1],
    [{}, 1],
  ];
  for (const [header, code] of cases) {
    const answer = await harness.ask(caller, 310, header, utf8.encode("x"));
    assert.equal(answer.code, code, answer.remark);
    assert.ok((answer.remark ?? "") !== "");
    assert.deepEqual(Object.keys(answer.fields).sort(), ["MSG_REGION", "TRACE_ON"]);
  }
});

test("what asks for a delay that is none is 13", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  for (
    const property of [
      "DELAY\u0001soon\u0002",
      "TIMER_DELAY_SEC\u0001x\u0002",
    ]
  ) {
    const answer = await harness.ask(caller, 310, sendHeader("T", 0, property), utf8.encode("x"));
    assert.equal(answer.code, 13, answer.remark);
  }
  assert.equal(world.broker.offsets.max("T", 0), 0);
});

test("a one-way send is stored and not answered", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  caller.tell({ code: 310, header: sendHeader("T", 2), body: utf8.encode("x") });
  caller.tell({ code: 310, header: sendHeader("no/topic"), body: utf8.encode("x") });
  await harness.clock.advance(10);
  assert.equal(world.broker.offsets.max("T", 2), 1);
});

const PULLED = [
  "groupSysFlag",
  "maxOffset",
  "minOffset",
  "nextBeginOffset",
  "suggestWhichBrokerId",
  "topicSysFlag",
];

test("a pull gives the stored bytes, and its whole header whatever comes of it", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  for (const body of ["a", "b", "c"]) {
    await harness.ask(caller, 310, sendHeader("T", 0, "TAGS\u0001x\u0002"), utf8.encode(body));
  }
  const cases: [Record<string, string | number>, number, string, string[]][] = [
    [{}, 0, "FOUND", ["a", "b", "c"]],
    [{ maxMsgNums: 2 }, 0, "FOUND", ["a", "b"]],
    [{ queueOffset: 3 }, 19, "OFFSET_OVERFLOW_ONE", []],
    [{ subscription: "y" }, 20, "NO_MATCHED_MESSAGE", []],
    [{ queueOffset: 9 }, 21, "OFFSET_OVERFLOW_BADLY", []],
  ];
  for (const [changes, code, reason, found] of cases) {
    for (const request of [11, 361]) {
      const answer = await harness.ask(caller, request, pullHeader("T", changes));
      assert.equal(answer.code, code, answer.remark);
      assert.equal(answer.remark, reason);
      assert.deepEqual(Object.keys(answer.fields).sort(), PULLED);
      assert.equal(answer.fields.maxOffset, "3");
      assert.deepEqual(bodies([answer.body]), found);
    }
  }
});

test("a pull that is refused says why, and which switch said no", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  await harness.ask(caller, 310, sendHeader("T"), utf8.encode("a"));
  const unknown = await harness.ask(caller, 11, pullHeader("Unknown"));
  assert.equal(unknown.code, 17);
  assert.equal((await harness.ask(caller, 11, pullHeader("T", { queueId: 99 }))).code, 29);
  assert.equal((await harness.ask(caller, 11, pullHeader("T", { sysFlag: 0 }))).code, 24);
  world.settings.brokerPermission = 2;
  const forbidden = await harness.ask(caller, 11, pullHeader("T"));
  assert.equal(forbidden.code, 16);
  assert.equal(forbidden.fields.forbiddenType, "1");
});

test("a pull that waits is answered by what it waits for, under its own opaque", async () => {
  const { harness } = await openBroker();
  const [caller, producer] = [await harness.caller(), await harness.caller()];
  await harness.ask(producer, 310, sendHeader("T"), utf8.encode("old"));
  const waiting = caller.call({
    code: 11,
    header: pullHeader("T", { sysFlag: 6, queueOffset: 1 }),
    timeoutMs: 30_000,
  });
  await harness.clock.advance(5000);
  await harness.ask(producer, 310, sendHeader("T"), utf8.encode("new"));
  const answer = await waiting;
  assert.equal(answer.code, 0);
  assert.deepEqual(bodies([answer.body]), ["new"]);
  assert.equal(answer.fields.nextBeginOffset, "2");
});

test("a pull that waits in vain is 19 when its time is over", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  await harness.ask(caller, 310, sendHeader("T"), utf8.encode("old"));
  const header = pullHeader("T", { sysFlag: 6, queueOffset: 1, suspendTimeoutMillis: 15_000 });
  const waiting = caller.call({ code: 11, header, timeoutMs: 30_000 });
  await harness.clock.advance(14_000);
  assert.equal(harness.listener.load.open, 1);
  await harness.clock.advance(2000);
  assert.equal((await waiting).code, 19);
  assert.equal(harness.listener.load.open, 0);
});

test("messages are found by key and by place", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  const properties = "KEYS\u0001order-1\u0002UNIQ_KEY\u0001U1\u0002";
  const sent = await harness.ask(caller, 310, sendHeader("T", 0, properties), utf8.encode("a"));
  const asked = { topic: "T", maxNum: "32", beginTimestamp: "0", endTimestamp: String(2 ** 52) };
  const byKey = await harness.ask(caller, 12, { ...asked, key: "order-1" });
  assert.equal(byKey.code, 0, byKey.remark);
  assert.deepEqual(bodies([byKey.body]), ["a"]);
  assert.deepEqual(Object.keys(byKey.fields).sort(), [
    "indexLastUpdatePhyoffset",
    "indexLastUpdateTimestamp",
  ]);
  const unique = { ...asked, key: "U1", _UNIQUE_KEY_QUERY: "true" };
  assert.deepEqual(bodies([(await harness.ask(caller, 12, unique)).body]), ["a"]);
  const position = parseInt(String(sent.fields.msgId).slice(16), 16);
  const byPlace = await harness.ask(caller, 33, { offset: String(position) });
  assert.deepEqual(bodies([byPlace.body]), ["a"]);
  const nowhere = await harness.ask(caller, 33, { offset: "99999" });
  assert.equal(nowhere.code, 1);
  assert.ok(text(nowhere.body) === "");
});
