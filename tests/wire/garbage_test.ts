import assert from "node:assert/strict";
import test from "node:test";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { framed, fromHex, join, jsonFrame } from "../remoting/bytes.ts";
import type { RawClient } from "../remoting/harness.ts";
import {
  type BrokerPort,
  heartbeat,
  openBroker,
  pullHeader,
  sendHeader,
  utf8,
} from "./broker_port.ts";

/** The healthy client beside: sends and pulls, and it must not notice. */
async function healthy({ harness, world }: BrokerPort) {
  const caller = await harness.caller();
  let sent = 0;
  return async () => {
    const answer = await harness.ask(caller, 310, sendHeader("Healthy"), utf8.encode(`${sent}`));
    assert.equal(answer.code, 0, answer.remark);
    assert.equal(answer.fields.queueOffset, String(sent++));
    const pulled = await harness.ask(caller, 11, pullHeader("Healthy", { queueOffset: sent - 1 }));
    assert.equal(pulled.code, 0, pulled.remark);
    assert.deepEqual(world.lines.logged("error"), []);
  };
}

const fields = (count: number) => {
  return Array.from({ length: count }, (_, at) => `"field${at}":"v"`).join(",");
};

/** Bytes that end their connection, and what the line says of them. */
const FATAL: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["a length of -1", fromHex("ffffffff 00000000"), /a frame of -1 bytes/],
  ["the smallest number", fromHex("80000000"), /a frame of -2147483648 bytes/],
  ["2 GiB", fromHex("7fffffff 00000004 7b7d"), /a frame of 2147483647 bytes/],
  ["16 MiB and one", fromHex("00fffffd"), /a frame of 16777213 bytes/],
  ["nothing", fromHex("00000000"), /a frame of 0 bytes/],
  ["a header longer than its frame", fromHex("00000008 00000100 00000000"), /with 4 left/],
  ["a header of 16 MiB", fromHex("00f00000 00e00000"), /headerMaxBytes/],
  ["an unknown form", fromHex("00000006 07000002 7b7d"), /header form 7/],
  ["HTTP", utf8.encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), /begins with the text GET /],
  ["HTTP/2", utf8.encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), /begins with the text PRI /],
  ["TLS", fromHex("160301020001000000"), /looks like TLS/],
  ["60,000 fields", jsonFrame(`{"code":310,"extFields":{${fields(60_000)}}}`), /headerMaxBytes/],
  ["1,001 fields", jsonFrame(`{"code":310,"extFields":{${fields(1001)}}}`), /1001 fields/],
  ["no JSON", jsonFrame("hello"), /no JSON/],
  ["no header", jsonFrame(""), /no JSON/],
  ["a list", jsonFrame("[]"), /no JSON object/],
  ["brackets without end", jsonFrame("[".repeat(200_000)), /no JSON/],
  ["braces without end", jsonFrame(`{"a":`.repeat(50_000)), /no JSON/],
  ["a wrong opaque", jsonFrame(`{"code":10,"opaque":"1"}`), /whose opaque is "1"/],
  ["an opaque of 64 bits", jsonFrame(`{"code":10,"opaque":1e18}`), /whose opaque is 1000000/],
  ["fields that are a text", jsonFrame(`{"code":10,"extFields":"a"}`), /no JSON object/],
  ["half a binary header", framed(1, fromHex("0001 00 0201 0000")), /too short/],
  [
    "a remark of 2 GiB",
    framed(1, fromHex("0001 00 0201 00000001 00000000 7fffffff")),
    /a length of 2147483647/,
  ],
  [
    "a negative field",
    framed(1, fromHex("0001 00 0201 00000001 00000000 00000000 00000007 0001 61 ffffffff")),
    /a length of -1/,
  ],
];

test("garbage ends its connection with one line that says what it was", async () => {
  const port = await openBroker();
  const beside = await healthy(port);
  await beside();
  for (const [name, bytes, said] of FATAL) {
    port.world.lines.clear();
    const client = await port.harness.connect();
    client.send(bytes);
    await port.harness.clock.advance(20);
    assert.notEqual(client.closed, undefined, name);
    assert.equal(client.bytes, 0, name);
    const lines = port.world.lines.logged();
    assert.equal(lines.length, 1, `${name}: ${lines.map((line) => line.text).join(" ")}`);
    assert.match(lines[0].text, /^Closed the connection of 127\.0\.0\.1:\d+: it sent /);
    assert.match(lines[0].text, said, name);
    assert.ok(lines[0].text.length < 300);
    await beside();
  }
  assert.equal(port.harness.listener.connections, 1);
});

test("2,000 connections of random bytes leave nothing behind", async () => {
  const port = await openBroker();
  const beside = await healthy(port);
  const random = new SeededRandom(99);
  for (let round = 0; round < 20; round++) {
    const clients: RawClient[] = [];
    for (let each = 0; each < 100; each++) {
      const client = await port.harness.connect();
      const bytes = random.bytes(1 + random.below(400));
      if (random.below(2) === 0) bytes[0] = 0;
      client.send(bytes);
      if (random.below(4) === 0) client.connection.destroy();
      clients.push(client);
    }
    await beside();
  }
  await port.harness.clock.advance(130_000);
  assert.equal(port.harness.listener.load.waitingBytes, 0);
  assert.equal(port.harness.listener.load.open, 0);
});

test("2,000 half frames at once keep to their memory and are closed in time", async () => {
  const port = await openBroker({ limits: { waitingBytesMax: 4_000_000 } });
  const beside = await healthy(port);
  const half = jsonFrame(`{"code":10}`, new Uint8Array(10_000)).subarray(0, 5000);
  for (let each = 0; each < 2000; each++) {
    (await port.harness.connect()).send(half);
    assert.ok(port.harness.listener.load.waitingBytes <= 4_010_000);
    if (each % 500 === 0) await beside();
  }
  await beside();
  await port.harness.clock.advance(12_000);
  assert.equal(port.harness.listener.connections, 1);
  await beside();
});

const CODES = [
  ...[10, 11, 12, 14, 15, 17, 21, 25, 26, 28, 29, 30, 31, 32, 33, 34, 35, 38, 200, 201, 202, 203],
  ...[204, 207, 208, 215, 300, 305, 310, 320, 351, 352, 361, 36, 37, 41, 46, 307, 309, 0, -1],
];
/** Every field that a request of ours reads, with a good value. */
const GOOD: Record<string, string> = {
  ...sendHeader("T"),
  ...pullHeader("T"),
  ...{ producerGroup: "p", group: "g", groupName: "g", clientID: "c@1", timestamp: "5", key: "k" },
  ...{ boundaryType: "UPPER", maxNum: "9", beginTimestamp: "0", endTimestamp: "9", offset: "0" },
  ...{ defaultTopic: "TBW102", defaultTopicQueueNums: "4", bornTimestamp: "1", flag: "0" },
  ...{ properties: "", reconsumeTimes: "0", unitMode: "false", batch: "false", topicSysFlag: "0" },
  ...{ maxReconsumeTimes: "3", readQueueNums: "2", writeQueueNums: "2", perm: "6", order: "true" },
  ...{ topicFilterType: "SINGLE_TAG", attributes: "", topicSeq: "0", dataVersion: "{}" },
  ...{ maxTopicNum: "9", groupSeq: "0", maxGroupNum: "9", topicList: "T", cleanOffset: "true" },
  ...{ setZeroIfNotFound: "true", _UNIQUE_KEY_QUERY: "true", maxMsgBytes: "100" },
};
const NAMES = [...Object.keys(GOOD), "__proto__", "constructor", "toString"];
const VALUES = [
  ...["", "0", "1", "-1", "3", "4", "7", "2147483647", "-2147483648", "9223372036854775807"],
  ...["9007199254740993", "-9223372036854775808", "1e308", "0x10", " 5 ", "NaN", "null", "true"],
  ...["..", "../../etc/passwd", "/", "a/b", "a\0b", "a\r\nb", "__proto__", "%RETRY%g", "%RETRY%"],
  ...[
    "T",
    "TBW102",
    "g",
    "*",
    "TagA || TagC",
    "||",
    "SQL92",
    "+a=b,-c",
    "+message.type=X",
    "{",
    "[]",
  ],
  ...["\u0001\u0002", "DELAY\u00019\u0002", "UNIQ_KEY\u0001x", "\ud800", "ä𝄞", "x".repeat(300)],
];

/** A body: none, noise, or a real one with something nasty in it. */
function nastyBody(random: SeededRandom): Uint8Array {
  const nasty = JSON.stringify(VALUES[random.below(VALUES.length)]);
  const bodies = [
    () => new Uint8Array(0),
    () => random.bytes(random.below(200)),
    () => heartbeat(VALUES[random.below(VALUES.length)], VALUES[random.below(VALUES.length)], "T"),
    () =>
      utf8.encode(`{"clientID":${nasty},"consumerDataSet":[{"groupName":${nasty},"x":{{}:1}}]}`),
    () => utf8.encode(`{"clientID":"c","consumerDataSet":[null,1,{"subscriptionDataSet":{}}]}`),
    () =>
      utf8.encode(`{"groupName":${nasty},"retryMaxTimes":${nasty},"attributes":{"__proto__":1}}`),
    () => utf8.encode(`{"groupName":"g","attributes":{"+a":${nasty}},"subscriptionDataSet":[]}`),
    () => utf8.encode(`brokerPermission=${nasty}\n__proto__=1\n${nasty}`),
    () => join([fromHex("00000017 00000000 00000000 00000000 00000001 61 0000"), random.bytes(3)]),
  ];
  return bodies[random.below(bodies.length)]();
}

test("20,000 requests with nasty values have answers, none unexpected", async () => {
  const port = await openBroker({ settings: { pullHoldMaxMs: 100 } });
  const { harness, world } = port;
  const random = new SeededRandom(4);
  const caller = await harness.caller();
  await harness.ask(caller, 310, sendHeader("T"), utf8.encode("x"));
  const client = await harness.connect();
  const asked: string[] = [];
  const topics: string[] = [];
  for (let run = 0; run < 20_000; run++) {
    const header: Record<string, string> = Object.assign(Object.create(null), GOOD);
    const count = random.below(6);
    for (let field = 0; field < count; field++) {
      header[NAMES[random.below(NAMES.length)]] = VALUES[random.below(VALUES.length)];
    }
    const code = CODES[random.below(CODES.length)];
    const request = JSON.stringify({ code, opaque: run, extFields: header });
    asked.push(request);
    client.send(jsonFrame(request, nastyBody(random)));
    if (run % 200 === 199) await harness.clock.advance(200);
  }
  await harness.clock.advance(1000);
  assert.equal(client.closed, undefined, world.lines.logged().at(-1)?.text);
  const unexpected = world.lines.logged("error").map((line) => line.text);
  assert.deepEqual(unexpected.slice(0, 3), []);
  const codes = new Set(client.heard.filter(({ flag }) => flag === 1).map((one) => one.code));
  for (const code of [0, 1, 3, 13, 17, 19, 22, 26, 29, 206]) {
    assert.ok(codes.has(code), `no answer ${code}`);
  }
  const answered = new Set(client.heard.filter(({ flag }) => flag === 1).map((one) => one.opaque));
  const silent = asked.filter((_, opaque) => !answered.has(opaque));
  assert.deepEqual(silent.slice(0, 3), []);
  for (const topic of world.broker.topics.all()) topics.push(topic.name);
  assert.ok(topics.every((name) => /^[%|a-zA-Z0-9_-]+$/.test(name)), topics.join(" "));
});
