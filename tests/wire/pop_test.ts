import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../lib/remoting/caller.ts";
import type { Harness } from "../remoting/harness.ts";
import { heartbeat, openBroker, sendHeader, text, utf8 } from "./broker_port.ts";

type Fields = Record<string, unknown>;

const popHeader = (changes: Fields = {}): Fields => ({
  consumerGroup: "g",
  topic: "T",
  queueId: -1,
  maxMsgNums: 32,
  invisibleTime: 30_000,
  pollTime: 0,
  bornTime: 0,
  initMode: 0,
  expType: "TAG",
  exp: "*",
  order: false,
  bname: "broker-a",
  ...changes,
});

const ask = (harness: Harness, caller: Caller, code: number, header: Fields, body?: Uint8Array) =>
  harness.ask(caller, code, header as Record<string, string>, body);

async function sendTo(harness: Harness, caller: Caller, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    assert.equal((await harness.ask(caller, 310, sendHeader("T"), utf8.encode(`m${at}`))).code, 0);
  }
}

/** The receipt of the message at this offset, as clients put it together. */
function receiptOf(fields: Fields, offset: number): string {
  const { popTime, invisibleTime, reviveQid } = fields;
  const start = String(fields.startOffsetInfo).split(" ")[2];
  return `${start} ${popTime} ${invisibleTime} ${reviveQid} 0 broker-a 0 ${offset}`;
}

for (const form of [0, 1]) {
  test(`pop, acknowledge and the rest, with headers of form ${form}`, async () => {
    const { world, harness } = await openBroker();
    const caller = await harness.caller(form);
    await sendTo(harness, caller, 4);
    // RocketMQ's binary header has 16 bits for a code: the rest is cut off.
    const [pop, ack, change, notification, polling, batch] = form === 0
      ? [200050, 200051, 200053, 200054, 200055, 200151]
      : [3442, 3443, 3445, 3446, 3447, 3543];
    const hasAny = await ask(harness, caller, notification, popHeader());
    assert.deepEqual([hasAny.code, String(hasAny.fields.hasMsg)], [0, "true"]);
    const got = await ask(harness, caller, pop, popHeader());
    const { fields } = got;
    assert.deepEqual([got.code, got.remark], [0, "FOUND"]);
    assert.equal(fields.startOffsetInfo, "0 0 0");
    assert.equal(fields.msgOffsetInfo, "0 0 0,1,2,3");
    assert.deepEqual([String(fields.restNum), String(fields.invisibleTime)], ["0", "30000"]);
    const held = { consumerGroup: "g", topic: "T", queueId: 0 };
    const one = { ...held, extraInfo: receiptOf(fields, 0), offset: 0 };
    assert.equal((await ask(harness, caller, ack, one)).code, 0);
    const two = { ...held, extraInfo: receiptOf(fields, 1), offset: 1, invisibleTime: 500 };
    const changed = await ask(harness, caller, change, two);
    assert.deepEqual([changed.code, String(changed.fields.invisibleTime)], [0, "500"]);
    const [so, pt, it, rq] = receiptOf(fields, 2).split(" ").map(Number);
    const body = `{"brokerName":"broker-a","acks":[{"c":"g","t":"T","r":"0","so":${so},"q":0,` +
      `"rq":${rq},"pt":${pt},"it":${it},"b":"DA=="}]}`;
    assert.equal((await ask(harness, caller, batch, {}, utf8.encode(body))).code, 0);
    const wait = popHeader({ pollTime: 15_000 }) as Record<string, string>;
    const waiting = caller.call({ code: pop, header: wait, timeoutMs: 60_000 });
    await world.clock.advance(10);
    const info = await ask(harness, caller, polling, held);
    assert.deepEqual([info.code, String(info.fields.pollingNum)], [0, "0"]);
    const all = await ask(harness, caller, polling, { ...held, queueId: -1 });
    assert.equal(String(all.fields.pollingNum), "1");
    await world.clock.advance(1500);
    const back = await waiting;
    assert.equal(back.fields.msgOffsetInfo, "1 0 0");
    assert.match(text(back.body), /m1/);
    assert.match(text(back.body), /POP_CK.0 \d{13} 30000 \d 1 broker-a 0 0/);
    assert.equal((await ask(harness, caller, pop, popHeader())).code, 210);
    assert.deepEqual(world.lines.logged("error"), []);
  });
}

test("an orderly pop tells how often its messages came before", async () => {
  const { harness } = await openBroker();
  const caller = await harness.caller();
  await sendTo(harness, caller, 2);
  const header = popHeader({ order: true, invisibleTime: 100, maxMsgNums: 1 });
  const first = await ask(harness, caller, 200050, header);
  assert.deepEqual([first.fields.reviveQid, first.fields.orderCountInfo], ["999", "0 0 0"]);
  await harness.clock.advance(200);
  const again = await ask(harness, caller, 200050, header);
  assert.equal(again.fields.orderCountInfo, "0 qo0%0 1;0 0 1");
});

const NASTY = ["", " ", "null", "é\u0000", "__proto__", "x".repeat(10_000), "1.5", "9".repeat(30)];
const NUMBERS = ["", "x", "-1", "-9223372036854775808", "9223372036854775807", "99999999999999999"];

/** Undefined where the question waits, as it was told to. */
async function askBriefly(harness: Harness, caller: Caller, code: number, header: Fields) {
  const wanted = { code, header: header as Record<string, string>, timeoutMs: 1e9 };
  const answer = caller.call(wanted);
  const over = harness.clock.advance(20).then(() => undefined);
  const found = await Promise.race([answer, over]);
  await over;
  if (found === undefined) assert.ok(Number(header.pollTime) > 1e9, JSON.stringify(header));
  return found;
}

/** Requests with one field missing, of a wrong type, or with a strange value. */
function* variants(sound: Fields): Iterable<Fields> {
  for (const name of Object.keys(sound)) {
    yield { ...sound, [name]: undefined };
    for (const value of [...NASTY, ...NUMBERS, { a: 1 }, [1], true]) {
      yield { ...sound, [name]: value };
    }
  }
}

test("bad headers are refused with a sentence, twice, and the port lives on", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  await sendTo(harness, caller, 2);
  const held = { consumerGroup: "g", topic: "T", queueId: 0 };
  const receipt = { ...held, extraInfo: "0 1700000000000 30000 0 0 broker-a 0 0", offset: 0 };
  const place = { ...held, pollTime: 0, bornTime: 0 };
  const allowed: Record<number, number[]> = {
    200050: [0, 1, 3, 17, 23, 26, 29, 210],
    200051: [0, 1, 13, 17, 208],
    200053: [0, 1, 13, 17, 29, 208],
    200054: [0, 1, 17, 26, 29],
    200055: [0, 1, 17, 26, 29],
  };
  const sound: [number, Fields][] = [
    [200050, popHeader({ maxMsgNums: 1, invisibleTime: 50 })],
    [200051, receipt],
    [200053, { ...receipt, invisibleTime: 1000 }],
    [200054, { ...place, order: false, attemptId: "a" }],
    [200055, held],
  ];
  for (const [code, header] of [...sound, ...sound]) {
    for (const bad of variants(header)) {
      const answer = await askBriefly(harness, caller, code, bad);
      if (answer === undefined) continue;
      const said = `${code} ${JSON.stringify(bad).slice(0, 200)}: ${answer.code} ${answer.remark}`;
      assert.ok(allowed[code].includes(answer.code), said);
      if (answer.code !== 0) assert.ok((answer.remark ?? "").length > 10, said);
    }
  }
  for (const maxMsgNums of [33, 0, -1]) {
    const answer = await ask(harness, caller, 200050, popHeader({ maxMsgNums }));
    assert.deepEqual([answer.code, /1 to 32/.test(answer.remark ?? "")], [29, true]);
  }
  assert.equal((await ask(harness, caller, 200050, popHeader({ queueId: 4 }))).code, 29);
  const late = await ask(harness, caller, 200050, popHeader({ bornTime: 1, pollTime: 1 }));
  assert.deepEqual([late.code, /too much/.test(late.remark ?? "")], [210, true]);
  assert.equal((await ask(harness, caller, 200051, { ...receipt, offset: 9 })).code, 208);
  assert.equal((await ask(harness, caller, 200051, { ...receipt, queueId: 9 })).code, 13);
  assert.deepEqual(world.lines.logged("error"), []);
});

test("bad batches of acknowledgements are passed over or refused", async () => {
  const { world, harness } = await openBroker();
  const caller = await harness.caller();
  await sendTo(harness, caller, 1);
  const acks = (list: string) => `{"brokerName":"broker-a","acks":[${list}]}`;
  const bodies: [string, number][] = [
    ["", 208],
    ["{", 1],
    ["[]", 1],
    [acks(""), 208],
    [acks("{}"), 0],
    [acks(`{"c":"g","t":"T","so":"x"}`), 1],
    [acks(`{"c":"g","t":"T","r":"7","so":-9,"q":0,"rq":-5,"pt":1,"it":1,"b":"/////w=="}`), 0],
    [acks(`{"c":"g","t":"T","r":"0","so":0,"q":0,"rq":0,"pt":1,"it":1,"b":"*"}`), 0],
    [acks(`{"c":"g","t":"T","q":99,"b":{"a":1}}`), 0],
  ];
  for (const [body, code] of [...bodies, ...bodies]) {
    const answer = await ask(harness, caller, 200151, {}, utf8.encode(body));
    assert.equal(answer.code, code, `${body}: ${answer.remark}`);
    if (code !== 0) assert.ok((answer.remark ?? "").length > 10, body);
  }
  assert.deepEqual(world.lines.logged("error"), []);
});

test("a group's mode is kept and its clients hear who works on which queue", async () => {
  const { harness } = await openBroker();
  const [one, two] = [await harness.caller(), await harness.caller()];
  await sendTo(harness, one, 1);
  await ask(harness, one, 34, {}, heartbeat("c1", "g", "T"));
  await ask(harness, two, 34, {}, heartbeat("c2", "g", "T"));
  const query = async (clientId: string, changes: Fields = {}) => {
    const wish = { topic: "T", consumerGroup: "g", clientId, messageModel: "CLUSTERING" };
    const body = JSON.stringify({ ...wish, strategyName: "AVG", ...changes });
    const answer = await ask(harness, one, 400, {}, utf8.encode(body));
    assert.equal(answer.code, 0, answer.remark);
    const list: { mode: string; messageQueue: { queueId: number } }[] | undefined =
      JSON.parse(text(answer.body)).messageQueueAssignments;
    return list?.map(({ mode, messageQueue }) => `${mode} ${messageQueue.queueId}`);
  };
  const set = (mode: string, popShareQueueNum: number, topic = "T") => {
    const body = JSON.stringify({ topic, consumerGroup: "g", mode, popShareQueueNum });
    return ask(harness, one, 401, {}, utf8.encode(body));
  };
  assert.deepEqual(await query("c1"), ["PULL 0", "PULL 1"]);
  assert.deepEqual(await query("c2"), ["PULL 2", "PULL 3"]);
  assert.deepEqual(await query("c1", { strategyName: "AVG_BY_CIRCLE" }), ["PULL 0", "PULL 2"]);
  assert.deepEqual((await query("c1", { messageModel: "BROADCASTING" }))?.length, 4);
  assert.deepEqual(await query("c3"), []);
  for (const changes of [{ strategyName: "?" }, { topic: "none" }, { consumerGroup: "none" }]) {
    assert.equal(await query("c1", changes), undefined);
  }
  assert.equal((await set("POP", 0)).code, 0);
  assert.deepEqual(await query("c1"), ["POP -1"]);
  assert.equal((await set("POP", 1)).code, 0);
  // To share with all others is to share everything.
  assert.deepEqual(await query("c2"), ["POP -1"]);
  await ask(harness, await harness.caller(), 34, {}, heartbeat("c3", "g", "T"));
  assert.deepEqual(await query("c3"), ["POP 3", "POP 0", "POP 1"]);
  assert.deepEqual(await query("c1", { topic: "%RETRY%g" }), ["PULL 0"]);
  assert.equal((await set("POP", 0, "%RETRY%g")).code, 16);
  for (const body of ["", "{", "[]", "{}", `{"topic":"T"}`, `{"topic":"T","consumerGroup":""}`]) {
    for (const code of [400, 401, 400, 401]) {
      const answer = await ask(harness, one, code, {}, utf8.encode(body));
      assert.equal(answer.code, 1, `${code} ${body}: ${answer.remark}`);
      assert.ok((answer.remark ?? "").length > 10);
    }
  }
  assert.equal((await set("PUSH", 0)).code, 1);
});
