import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTopic, type Topic } from "../../lib/model/topic.ts";
import { crc32 } from "../../lib/port/checksum.ts";
import { SpanOf } from "../../lib/port/span.ts";
import { writeRegistration } from "../../lib/remoting/bodies/registration.ts";
import { nameServerRows } from "../../lib/remoting/handlers/name_server_rows.ts";
import type { Answer, Call } from "../../lib/remoting/row.ts";
import { FakeLink, FakeOwn, makeNameServer, version } from "../nameserver/fakes.ts";

type Fields = Record<string, string | number | boolean>;

/** A name server with its rows: `ask(code, header, body, version)`. */
function serve(options: Parameters<typeof makeNameServer>[0] = {}) {
  const made = makeNameServer(options);
  const rows = new Map(nameServerRows(made.nameServer).map((row) => [row.code, row]));
  const link = new FakeLink();
  const ask = async (
    code: number,
    fields: Fields = {},
    body: string | Uint8Array = "",
    version = 513,
  ) => {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const call: Call = {
      code,
      version,
      language: "JAVA",
      fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, `${value}`])),
      body: bytes,
      span: new SpanOf(bytes, 0, bytes.length),
      oneWay: false,
      local: link.local,
      remote: link.remote,
      link,
    };
    const row = rows.get(code);
    assert.ok(row, `code ${code} has a row`);
    const answer = await row.answer(call);
    assert.ok(answer);
    return { ...answer, text: textOf(answer) };
  };
  return { ...made, ask, link };
}

function textOf({ body }: Answer): string {
  if (body === undefined) return "";
  return new TextDecoder().decode(body instanceof Uint8Array ? body : body[0]);
}

const master: Fields = {
  clusterName: "DefaultCluster",
  brokerName: "broker-a",
  brokerAddr: "10.0.0.1:10911",
  haServerAddr: "10.0.0.1:10912",
  brokerId: 0,
  enableActingMaster: false,
  compressed: false,
  bodyCrc32: 0,
};
const slave = { ...master, brokerAddr: "10.0.0.2:10911", brokerId: 1 };
const other = {
  ...master,
  brokerName: "broker-b",
  brokerAddr: "10.0.0.3:10911",
  __ZONE_NAME: "z1",
};

function topic(name: string): string {
  return `"${name}":{"attributes":{},"order":false,"perm":6,"readQueueNums":8,` +
    `"topicFilterType":"SINGLE_TAG","topicName":"${name}","topicSysFlag":0,"writeQueueNums":8}`;
}

function body(names: readonly string[], mappings = "{}", counter = 1): string {
  const version = `{"counter":${counter},"stateVersion":0,"timestamp":1700000000000}`;
  const topics = names.map(topic).join(",");
  return `{"filterServerList":[],"topicConfigSerializeWrapper":{"dataVersion":${version},` +
    `"mappingDataVersion":${version},"topicConfigTable":{${topics}},` +
    `"topicQueueMappingDetailMap":{},"topicQueueMappingInfoMap":${mappings}}}`;
}

const MAPPING = `{"T1":{"bname":"broker-b","currIdMap":{0:0,1:1},"dirty":false,"epoch":5,` +
  `"scope":"__global__","topic":"T1","totalQueues":2}}`;

async function serveTwo() {
  const served = serve();
  await served.ask(103, master, body(["T1", "T2"]));
  await served.ask(103, slave, body(["T1", "T2"]));
  await served.ask(103, { ...other, enableActingMaster: true }, body(["T1", "T3"], MAPPING));
  return served;
}

test("a route for clients before 4.9.4: the bytes of Apache's name server", async () => {
  const { ask } = await serveTwo();
  assert.equal(
    (await ask(105, { topic: "T2" }, "", 317)).text,
    `{"brokerDatas":[{"brokerAddrs":{0:"10.0.0.1:10911",1:"10.0.0.2:10911"},` +
      `"brokerName":"broker-a","cluster":"DefaultCluster","enableActingMaster":false}],` +
      `"filterServerTable":{},"queueDatas":[{"brokerName":"broker-a","perm":6,"readQueueNums":8,` +
      `"topicSysFlag":0,"writeQueueNums":8}]}`,
  );
});

test("a route in standard JSON: the bytes of Apache's name server", async () => {
  const { ask, nameServer } = await serveTwo();
  await nameServer.settings.change(new Map([["orderMessageEnable", "true"]]));
  await ask(100, { namespace: "ORDER_TOPIC_CONFIG", key: "T1", value: "broker-a:8;é<(\u0001\t" });
  const expected = `{"brokerDatas":[{"brokerAddrs":{"0":"10.0.0.1:10911","1":"10.0.0.2:10911"},` +
    `"brokerName":"broker-a","cluster":"DefaultCluster","enableActingMaster":false},` +
    `{"brokerAddrs":{"0":"10.0.0.3:10911"},"brokerName":"broker-b","cluster":"DefaultCluster",` +
    `"enableActingMaster":true,"zoneName":"z1"}],"filterServerTable":{},` +
    `"orderTopicConf":"broker-a:8;é<(\\u0001\\t",` +
    `"queueDatas":[{"brokerName":"broker-a","perm":6,"readQueueNums":8,"topicSysFlag":0,` +
    `"writeQueueNums":8},{"brokerName":"broker-b","perm":6,"readQueueNums":8,"topicSysFlag":0,` +
    `"writeQueueNums":8}],"topicQueueMappingByBroker":{"broker-b":{"bname":"broker-b",` +
    `"currIdMap":{"0":0,"1":1},"dirty":false,"epoch":5,"scope":"__global__","topic":"T1",` +
    `"totalQueues":2}}}`;
  assert.equal((await ask(105, { topic: "T1" }, "", 401)).text, expected);
  assert.equal(
    (await ask(105, { topic: "T1", acceptStandardJsonOnly: true }, "", 317)).text,
    expected,
  );
  JSON.parse(expected);
});

test("clusters, topic lists and member groups have upstream's shapes", async () => {
  const { ask } = await serveTwo();
  assert.equal(
    (await ask(106)).text,
    `{"brokerAddrTable":{"broker-a":{"brokerAddrs":{"0":"10.0.0.1:10911","1":"10.0.0.2:10911"},` +
      `"brokerName":"broker-a","cluster":"DefaultCluster","enableActingMaster":false},` +
      `"broker-b":{"brokerAddrs":{"0":"10.0.0.3:10911"},"brokerName":"broker-b",` +
      `"cluster":"DefaultCluster","enableActingMaster":true,"zoneName":"z1"}},` +
      `"clusterAddrTable":{"DefaultCluster":["broker-a","broker-b"]}}`,
  );
  assert.equal((await ask(206)).text, `{"topicList":["T1","T2","T3"]}`);
  assert.equal(
    (await ask(224, { cluster: "DefaultCluster" })).text,
    `{"topicList":["T1","T2","T3"]}`,
  );
  assert.equal((await ask(224, { cluster: "no" })).text, `{"topicList":[]}`);
  assert.equal(
    (await ask(304)).text,
    `{"brokerAddr":"10.0.0.1:10911","topicList":["DefaultCluster","broker-a","broker-b"]}`,
  );
  for (const code of [311, 312, 313]) assert.equal((await ask(code)).text, `{"topicList":[]}`);
  assert.equal(
    (await ask(901, { clusterName: "DefaultCluster", brokerName: "broker-a" })).text,
    `{"brokerMemberGroup":{"brokerAddrs":{"0":"10.0.0.1:10911","1":"10.0.0.2:10911"},` +
      `"brokerName":"broker-a","cluster":"DefaultCluster"}}`,
  );
  assert.equal(
    (await ask(901, { clusterName: "C", brokerName: "x" })).text,
    `{"brokerMemberGroup":{"brokerAddrs":{},"brokerName":"x","cluster":"C"}}`,
  );
});

test("the own broker is in every answer, under the asker's address", async () => {
  const { ask } = serve({ own: new FakeOwn() });
  assert.match((await ask(105, { topic: "TBW102" }, "", 317)).text, /\{0:"10\.0\.0\.100:10911"\}/);
  assert.match((await ask(106)).text, /"own":\{"brokerAddrs":\{"0":"10\.0\.0\.100:10911"\}/);
  assert.deepEqual((await ask(205, { brokerName: "own" })).header, { wipeTopicCount: 2 });
  assert.match((await ask(105, { topic: "TBW102" })).text, /"perm":5,/);
  assert.deepEqual((await ask(327, { brokerName: "own" })).header, { addTopicCount: 2 });
  assert.match((await ask(105, { topic: "TBW102" })).text, /"perm":7,/);
});

test("a topic list that is switched off is refused by the setting's name", async () => {
  const { ask } = serve();
  await ask(318, {}, "enableTopicList=false\nenableAllTopicList = false\n");
  await assert.rejects(ask(206), { kind: "failed", message: /enableAllTopicList=false/ });
  for (const code of [224, 311, 312, 313]) {
    await assert.rejects(ask(code, { cluster: "C" }), { message: /enableTopicList=false/ });
  }
});

test("a registration is answered with the master's address and order configurations", async () => {
  const { ask } = serve();
  assert.deepEqual((await ask(103, master, body(["T1", "T2"]))).text, "");
  await ask(100, { namespace: "ORDER_TOPIC_CONFIG", key: "T1", value: "broker-a:8" });
  const answer = await ask(103, slave, body(["T1", "T2"]));
  assert.deepEqual(answer.header, {
    haServerAddr: "10.0.0.1:10912",
    masterAddr: "10.0.0.1:10911",
  });
  assert.equal(answer.text, `{"table":{"T1":"broker-a:8"}}`);
  await ask(318, {}, "returnOrderTopicConfigToBroker=false");
  assert.equal((await ask(103, slave, body(["T1", "T2"]))).text, "");
});

test("a body whose CRC is another is refused, an unsigned one fits", async () => {
  const { ask } = serve();
  const bytes = new TextEncoder().encode(body(["T1", "T2"]));
  await ask(103, { ...master, bodyCrc32: crc32(bytes) & 0x7fffffff }, bytes);
  await assert.rejects(ask(103, { ...master, bodyCrc32: 5 }, bytes), {
    kind: "failed",
    message: /^crc32 not match/,
  });
});

test("a packed body is read whatever the header says of it", async () => {
  const topics: Topic[] = [];
  for (let at = 0; at < 20_001; at++) topics.push(makeTopic(`T${at}`, 1 + at % 9, { perm: 4 }));
  const { bytes, isPacked } = writeRegistration(topics, version);
  assert.ok(isPacked && bytes.length < 300_000, `${bytes.length} bytes`);
  for (const compressed of [true, false]) {
    const { ask, nameServer } = serve();
    await ask(103, { ...master, compressed }, bytes);
    assert.equal(nameServer.topics().length, 20_001);
    const route = (await ask(105, { topic: "T20000" })).text;
    assert.match(route, /"perm":4,"readQueueNums":3,"topicSysFlag":0,"writeQueueNums":3/);
  }
});

test("a packed body of a broker before 5.0 ends before the mappings", async () => {
  const { inflateZlib, deflateZlib } = await import("../../lib/port/inflate.ts");
  const topics = Array.from({ length: 20_001 }, (_, at) => makeTopic(`T${at}`, 1));
  const plain = inflateZlib(writeRegistration(topics, version).bytes, 1 << 24);
  const { ask, nameServer } = serve();
  await ask(103, master, deflateZlib(plain.subarray(0, plain.length - 4)));
  assert.equal(nameServer.topics().length, 20_001);
  await assert.rejects(ask(103, master, deflateZlib(plain.subarray(0, plain.length - 9))), {
    message: /Failed to decode RegisterBrokerBody: /,
  });
});

test("our own JSON body reads back", async () => {
  const { ask, nameServer } = serve();
  const topics = [makeTopic("A", 3, { sysFlag: 1 }), makeTopic("__proto__", 2, { perm: 4 })];
  const { bytes, isPacked } = writeRegistration(topics, version);
  assert.equal(isPacked, false);
  JSON.parse(new TextDecoder().decode(bytes));
  await ask(103, master, bytes);
  assert.deepEqual(nameServer.topics(), ["A", "__proto__"]);
  assert.equal((await ask(311)).text, `{"topicList":["A"]}`);
  assert.deepEqual((await ask(322, master, JSON.stringify(version))).header, { changed: false });
});

test("bodies that make no sense are refused, and the name server goes on", async () => {
  const { ask, nameServer } = serve();
  const bodies = [
    "xx",
    "[",
    `{"topicConfigSerializeWrapper":`,
    "{}}",
    "\u0078\u009c",
    "x\x9c\x01\x02",
  ];
  for (const bad of bodies) {
    await assert.rejects(ask(103, master, Uint8Array.from(bad, (char) => char.charCodeAt(0))), {
      name: "Refusal",
      message: /Failed to decode RegisterBrokerBody: /,
    });
  }
  for (const odd of [`[]`, `5`, `null`, `{"topicConfigSerializeWrapper":7}`, `{}`]) {
    await ask(103, master, odd);
  }
  await ask(
    103,
    master,
    `{"topicConfigTable":{"A":{"perm":"4"},"B":3},"dataVersion":{"counter":1}}`,
  );
  assert.deepEqual(nameServer.topics(), ["A", "B"]);
});

test("a body that inflates beyond its limit is refused", async () => {
  const { deflateZlib } = await import("../../lib/port/inflate.ts");
  const { nameServer } = makeNameServer();
  const [row] = nameServerRows(nameServer, { inflateMaxBytes: 1000 }).filter((row) =>
    row.code === 103
  );
  const link = new FakeLink();
  const packed = deflateZlib(new Uint8Array(1_000_000));
  const span = new SpanOf(packed, 0, packed.length);
  const call = { code: 103, version: 513, language: "JAVA", oneWay: false, span, link, ...link };
  assert.throws(() => row.answer({ ...call, fields: { ...master }, body: packed }), {
    name: "Refusal",
    message: /1000/,
  });
});

test("brokers leave, beat and ask for versions", async () => {
  const { ask, clock, nameServer } = await serveTwo();
  const held = `{"counter":1,"stateVersion":0,"timestamp":1700000000000}`;
  const same = await ask(322, master, held);
  assert.deepEqual([same.header, same.text], [{ changed: false }, held]);
  const newer = await ask(322, master, held.replace(":1,", ":2,"));
  assert.deepEqual([newer.header, newer.text], [{ changed: true }, held]);
  const unknown = await ask(322, { ...master, brokerAddr: "1.1.1.1:1" }, held);
  assert.deepEqual([unknown.header, unknown.text], [{ changed: true }, ""]);
  clock.time += 100_000;
  await ask(904, { ...master, epoch: 1 });
  await ask(104, slave);
  clock.time += 100_000;
  nameServer.jobs()[0].run(clock.time);
  assert.deepEqual(nameServer.clusters(new FakeLink().local).brokers.map((one) => one.brokerName), [
    "broker-a",
  ]);
  await assert.rejects(ask(322, master, "{"), { kind: "request-illegal" });
});

test("topics come and go by themselves", async () => {
  const { ask } = await serveTwo();
  const queue = `{"brokerName":"broker-b","perm":6,"readQueueNums":3,"topicSysFlag":0,` +
    `"writeQueueNums":4}`;
  await ask(217, { topic: "T9" }, `{"brokerDatas":[],"queueDatas":[${queue}]}`);
  assert.match((await ask(105, { topic: "T9" })).text, /"readQueueNums":3,.*"writeQueueNums":4/);
  await ask(217, { topic: "T8" }, "{}");
  await ask(216, { topic: "T9", clusterName: "" });
  await assert.rejects(ask(105, { topic: "T9" }), { kind: "topic-unknown" });
  await ask(216, { topic: "T1", clusterName: "Other" });
  assert.match((await ask(105, { topic: "T1" })).text, /broker-a.*broker-b/);
});

test("the configuration table answers as upstream's", async () => {
  const { ask, kv } = serve();
  const entry = { namespace: "N", key: "k" };
  await ask(100, { ...entry, value: "v=1" });
  assert.deepEqual((await ask(101, entry)).header, { value: "v=1" });
  assert.equal((await ask(219, { namespace: "N" })).text, `{"table":{"k":"v=1"}}`);
  await ask(102, entry);
  assert.equal(kv.size, 0);
  await assert.rejects(ask(101, entry), {
    kind: "not-found",
    message: "No config item, Namespace: N Key: k",
  });
  await assert.rejects(ask(219, { namespace: "N" }), {
    kind: "not-found",
    message: "No config item, Namespace: N",
  });
});

test("settings are shown and changed as properties text", async () => {
  const { ask } = serve();
  await ask(318, {}, "# a comment\norderMessageEnable : true\n");
  const { text } = await ask(319);
  assert.match(text, /^orderMessageEnable=true$/m);
  await assert.rejects(ask(318, {}, "kvConfigPath=/x"), {
    kind: "no-permission",
    message: /^Can not update config in black list/,
  });
  await assert.rejects(ask(318, {}, "a=\\u12"), { kind: "parameter-invalid", message: /line 1/ });
  await ask(318);
});
