import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTopic } from "../../lib/model/topic.ts";
import type { NameServer } from "../../lib/nameserver/name_server.ts";
import { FakeLink, LOCAL, makeNameServer, registration, version } from "./fakes.ts";

/** `broker: id=address …` of a topic's route, with the queues and permission of each. */
function route(nameServer: NameServer, topic: string): string {
  try {
    const { queues, brokers } = nameServer.route(topic, LOCAL);
    return queues.map(({ brokerName, topic }, at) => {
      const addresses = [...brokers[at].addresses].map((pair) => pair.join("=")).join(" ");
      return `${brokerName} ${topic.readQueues}/${topic.writeQueues} ${topic.perm}: ${addresses}`;
    }).join("; ");
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

const NONE_A = "No topic route info in name server for the topic: A";

test("a registered broker is answered as it registered", () => {
  const { nameServer, link } = makeNameServer();
  assert.deepEqual(nameServer.register(registration({ zoneName: "z" }), link), {});
  const { brokers, queues, filterServers, mappings } = nameServer.route("B", LOCAL);
  assert.deepEqual(brokers, [{
    clusterName: "C",
    brokerName: "broker-a",
    addresses: new Map([[0, "10.0.0.1:10911"]]),
    actingMaster: false,
    zoneName: "z",
  }]);
  assert.equal(queues[0].topic.readQueues, 4);
  assert.deepEqual([filterServers.size, mappings.size], [0, 0]);
  assert.deepEqual(nameServer.topics(), ["A", "B"]);
  assert.deepEqual(nameServer.topics("C"), ["A", "B"]);
  assert.deepEqual(nameServer.topics("other"), []);
  assert.deepEqual(nameServer.systemTopics(LOCAL), {
    topics: ["C", "broker-a"],
    brokerAddress: "10.0.0.1:10911",
  });
});

test("a topic that nobody has is refused in upstream's words", () => {
  const { nameServer } = makeNameServer();
  assert.throws(() => nameServer.route("A", LOCAL), {
    name: "Refusal",
    kind: "topic-unknown",
    message: `${NONE_A}\n` +
      "No broker is registered here: start one with this name server's address as its " +
      "namesrvAddr, or ask the name server that the brokers know.\n" +
      "See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.",
  });
});

test("a new broker id that names exactly one topic is refused, and leaves nothing", () => {
  const { nameServer, link } = makeNameServer();
  const one = registration({ topics: [makeTopic("A", 8)] });
  assert.throws(() => nameServer.register(one, link), {
    kind: "failed",
    message: /only the topic A/,
  });
  assert.equal(nameServer.clusters(LOCAL).brokers.length, 0);
  nameServer.register(registration({ topics: [] }), link);
  nameServer.register(one, link);
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.1:10911");
});

test("topics change only with the data version, or where they are missing", () => {
  const { nameServer, link } = makeNameServer();
  nameServer.register(registration(), link);
  const more = [makeTopic("A", 16), makeTopic("B", 4), makeTopic("D", 2)];
  nameServer.register(registration({ topics: more }), link);
  assert.match(route(nameServer, "A"), /^broker-a 8\/8/);
  assert.match(route(nameServer, "D"), /^broker-a 2\/2/);
  nameServer.register(registration({ topics: more, version: { ...version, counter: 2 } }), link);
  assert.match(route(nameServer, "A"), /^broker-a 16\/16/);
});

test("a topic that a registration leaves out stays, unless a setting says otherwise", async () => {
  const { nameServer, link } = makeNameServer();
  nameServer.register(registration(), link);
  const without = registration({ topics: [makeTopic("B", 4), makeTopic("D", 2)] });
  nameServer.register(without, link);
  assert.deepEqual(nameServer.topics(), ["A", "B", "D"]);
  await nameServer.settings.change(new Map([["deleteTopicWithBrokerRegistration", "true"]]));
  nameServer.register(without, link);
  assert.deepEqual(nameServer.topics(), ["B", "D"]);
});

test("a slave adds its address only, and is told of its master", () => {
  const { nameServer, link } = makeNameServer();
  nameServer.register(registration(), link);
  const slave = registration({
    brokerId: 1,
    address: "10.0.0.2:10911",
    topics: [makeTopic("A", 99), makeTopic("E", 1)],
  });
  assert.deepEqual(nameServer.register(slave, new FakeLink()), {
    haServerAddress: "10.0.0.1:10912",
    masterAddress: "10.0.0.1:10911",
  });
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.1:10911 1=10.0.0.2:10911");
  assert.equal(route(nameServer, "E"), "No topic route info in name server for the topic: E");
  assert.deepEqual([...nameServer.members("broker-a", LOCAL).keys()], [0, 1]);
});

test("the slave of the smallest id speaks for an absent master if it is of 5.0 or later", () => {
  const { nameServer, link } = makeNameServer();
  const slave = { brokerId: 2, address: "10.0.0.3:10911" };
  nameServer.register(registration({ ...slave, actingMaster: undefined }), link);
  assert.equal(route(nameServer, "A"), NONE_A);
  nameServer.register(registration({ ...slave, actingMaster: true }), link);
  assert.equal(route(nameServer, "A"), "broker-a 8/8 4: 2=10.0.0.3:10911");
  nameServer.register(registration({ actingMaster: true }), new FakeLink());
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.1:10911 2=10.0.0.3:10911");
});

test("an address that comes back under another id is moved", () => {
  const { nameServer, link } = makeNameServer();
  nameServer.register(registration({ brokerId: 1, actingMaster: undefined }), link);
  nameServer.register(registration(), link);
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.1:10911");
});

test("two live brokers with one name and id: the last is used, one warning names both", () => {
  const { nameServer, lines, link } = makeNameServer();
  const other = registration({ address: "10.0.0.9:10911" });
  nameServer.register(registration(), link);
  nameServer.register(other, new FakeLink());
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.9:10911");
  nameServer.register(registration(), link);
  nameServer.register(other, link);
  assert.equal(lines.warnings.length, 1);
  assert.match(lines.warnings[0], /broker-a with id 0: 10\.0\.0\.9:10911 .*10\.0\.0\.1:10911/);
});

test("a broker that comes back at another address after its time is no second one", () => {
  const { nameServer, lines, link, clock } = makeNameServer();
  nameServer.register(registration(), link);
  clock.time += 120_001;
  nameServer.register(registration({ address: "10.0.0.9:10911" }), new FakeLink());
  assert.deepEqual(lines.warnings, []);
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.9:10911");
});

test("an older state version does not take an id away from a newer one", () => {
  const { nameServer, lines, link } = makeNameServer();
  nameServer.register(registration({ version: { ...version, stateVersion: 5 } }), link);
  const older = registration({
    address: "10.0.0.9:10911",
    version: { ...version, stateVersion: 4, counter: 99 },
  });
  assert.deepEqual(nameServer.register(older, new FakeLink()), {});
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.1:10911");
  assert.match(lines.warnings[0], /newer state/);
});

test("a broker leaves with its connection, but not with an earlier one", () => {
  const { nameServer, link } = makeNameServer();
  nameServer.register(registration(), link);
  const later = new FakeLink();
  nameServer.register(registration(), later);
  nameServer.register(registration({ brokerName: "broker-b", address: "10.0.0.2:10911" }), later);
  link.close();
  assert.match(route(nameServer, "A"), /^broker-a .*; broker-b /);
  later.close();
  assert.equal(route(nameServer, "A"), NONE_A);
  assert.deepEqual(nameServer.topics(), []);
  assert.equal(nameServer.clusters(LOCAL).clusters.size, 0);
});

test("a connection is listened to once, however often it registers", () => {
  const { nameServer, link } = makeNameServer();
  for (let round = 0; round < 50; round++) nameServer.register(registration(), link);
  assert.equal(link.closers.length, 1);
});

test("a registration over a connection that has closed leaves nothing", () => {
  const { nameServer, link } = makeNameServer();
  link.close();
  nameServer.register(registration(), link);
  assert.equal(nameServer.clusters(LOCAL).brokers.length, 0);
});

test("a silent broker is removed after 120 s, or what it said itself", () => {
  const { nameServer, pass, link, lines } = makeNameServer();
  nameServer.register(registration(), link);
  const quick = { brokerName: "broker-q", address: "10.0.0.2:10911" };
  nameServer.register(registration({ ...quick, timeoutMs: 10_000 }), link);
  pass(9_000);
  assert.match(route(nameServer, "A"), /broker-q/);
  pass(7_000);
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.1:10911");
  pass(103_000);
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.1:10911");
  pass(6_000);
  assert.equal(route(nameServer, "A"), NONE_A);
  assert.match(lines.all.at(-1) ?? "", /removed: it was silent, last heard of 12\d{4} ms ago/);
});

test("heartbeats and version questions keep a broker", () => {
  const { nameServer, pass, link } = makeNameServer();
  nameServer.register(registration(), link);
  const key = { brokerName: "broker-a", address: "10.0.0.1:10911" };
  for (let round = 0; round < 4; round++) {
    pass(60_000);
    nameServer.heartbeat(key);
    pass(60_000);
    assert.deepEqual(nameServer.compareVersion(key, version), { isChanged: false, held: version });
  }
  const newer = { ...version, counter: 2 };
  assert.deepEqual(nameServer.compareVersion(key, newer), { isChanged: true, held: version });
  const unknown = { ...key, address: "10.0.0.7:10911" };
  assert.deepEqual(nameServer.compareVersion(unknown, version), {
    isChanged: true,
    held: undefined,
  });
});

test("a broker that unregisters is gone at once, its slave stays", () => {
  const { nameServer, link } = makeNameServer();
  nameServer.register(registration(), link);
  nameServer.register(registration({ brokerId: 1, address: "10.0.0.2:10911" }), link);
  nameServer.unregister(registration());
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 1=10.0.0.2:10911");
  nameServer.unregister(registration({ brokerId: 1, address: "10.0.0.2:10911" }));
  assert.equal(route(nameServer, "A"), NONE_A);
  nameServer.unregister(registration({ brokerName: "nobody" }));
});

test("when only slaves of an acting master are left, nothing can be written", () => {
  const { nameServer, link } = makeNameServer();
  nameServer.register(registration({ actingMaster: true }), link);
  const slave = { brokerId: 1, address: "10.0.0.2:10911", actingMaster: true };
  nameServer.register(registration(slave), new FakeLink());
  nameServer.unregister(registration());
  assert.equal(route(nameServer, "A"), "broker-a 8/8 4: 1=10.0.0.2:10911");
});

test("wiping the write permission lasts until it is given back or the broker leaves", () => {
  const { nameServer, link } = makeNameServer();
  nameServer.register(registration(), link);
  nameServer.register(registration({ brokerName: "broker-b", address: "10.0.0.2:10911" }), link);
  assert.equal(nameServer.wipeWrite("broker-a"), 2);
  assert.equal(nameServer.wipeWrite("nobody"), 0);
  assert.match(route(nameServer, "A"), /^broker-a 8\/8 4: .*; broker-b 8\/8 6/);
  nameServer.register(registration({ version: { ...version, counter: 2 } }), link);
  assert.match(route(nameServer, "A"), /^broker-a 8\/8 4/);
  assert.equal(nameServer.addWrite("broker-a"), 2);
  assert.match(route(nameServer, "A"), /^broker-a 8\/8 6/);
  nameServer.wipeWrite("broker-a");
  nameServer.unregister(registration());
  nameServer.register(registration(), link);
  assert.match(route(nameServer, "A"), /^broker-a 8\/8 6/);
});

test("a topic is removed everywhere or in one cluster, until it is registered again", () => {
  const { nameServer, link } = makeNameServer();
  const other = { clusterName: "D", brokerName: "broker-d", address: "10.0.0.4:10911" };
  nameServer.register(registration(), link);
  nameServer.register(registration(other), link);
  nameServer.removeTopic("A", "D");
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.1:10911");
  nameServer.removeTopic("A", "nowhere");
  nameServer.removeTopic("A");
  assert.equal(route(nameServer, "A"), NONE_A);
  nameServer.register(registration(), link);
  assert.equal(route(nameServer, "A"), "broker-a 8/8 6: 0=10.0.0.1:10911");
});

test("one topic can be registered on brokers that are known", () => {
  const { nameServer, link } = makeNameServer();
  nameServer.register(registration(), link);
  const topic = makeTopic("N", 3);
  nameServer.registerTopic([{ brokerName: "broker-a", topic }, { brokerName: "nobody", topic }]);
  assert.deepEqual(nameServer.topics(), ["A", "B"]);
  nameServer.registerTopic([{ brokerName: "broker-a", topic }]);
  assert.match(route(nameServer, "N"), /^broker-a 3\/3 6/);
});

test("mappings and filter servers come back as they came", () => {
  const { nameServer, link } = makeNameServer();
  const mapping = `{"bname":"broker-a"}`;
  nameServer.register(
    registration({ mappings: new Map([["A", mapping]]), filterServers: ["10.0.0.1:7000"] }),
    link,
  );
  const { mappings, filterServers } = nameServer.route("A", LOCAL);
  assert.deepEqual(mappings, new Map([["broker-a", mapping]]));
  assert.deepEqual(filterServers, new Map([["10.0.0.1:10911", ["10.0.0.1:7000"]]]));
  assert.equal(nameServer.route("B", LOCAL).mappings.size, 0);
});

test("topics are listed by their system flags", () => {
  const { nameServer, link } = makeNameServer();
  const topics = [0, 1, 2, 3].map((sysFlag) => makeTopic(`F${sysFlag}`, 1, { sysFlag }));
  nameServer.register(registration({ topics }), link);
  assert.deepEqual(nameServer.topicsWithFlag((flag) => (flag & 1) !== 0), ["F1", "F3"]);
  assert.deepEqual(nameServer.topicsWithFlag((flag) => flag === 2), ["F2"]);
});

test("the order configuration is in a route where the setting says so", async () => {
  const { nameServer, link } = makeNameServer();
  nameServer.register(registration(), link);
  await nameServer.kv.put("ORDER_TOPIC_CONFIG", "A", "broker-a:8");
  assert.equal(nameServer.route("A", LOCAL).orderConfiguration, undefined);
  await nameServer.settings.change(new Map([["orderMessageEnable", "true"]]));
  assert.equal(nameServer.route("A", LOCAL).orderConfiguration, "broker-a:8");
  assert.equal(nameServer.route("B", LOCAL).orderConfiguration, undefined);
});

test("limits on brokers and topics are refused by name and number", () => {
  const { nameServer, link } = makeNameServer({ limits: { brokers: 2, topics: 5 } });
  nameServer.register(registration(), link);
  nameServer.register(registration({ brokerName: "b", address: "10.0.0.2:1" }), link);
  assert.throws(
    () => nameServer.register(registration({ brokerName: "c", address: "10.0.0.3:1" }), link),
    { kind: "busy", message: /topics of c: brokers registered 4, at most 5 \(namesrvTopics\)/ },
  );
  assert.throws(
    () =>
      nameServer.register(
        registration({ address: "10.0.0.3:1", brokerName: "c", topics: [] }),
        link,
      ),
    { kind: "busy", message: /2 brokers are registered, at most 2 \(namesrvBrokers\)/ },
  );
  const N = { brokerName: "b", topic: makeTopic("N", 1) };
  nameServer.registerTopic([N]);
  assert.throws(() => nameServer.registerTopic([{ ...N, topic: makeTopic("O", 1) }]), {
    kind: "busy",
  });
  nameServer.register(registration(), link);
  assert.deepEqual(nameServer.topics(), ["A", "B", "N"]);
});

test("the mappings of static topics have a limit", () => {
  const { nameServer, link } = makeNameServer({ limits: { topics: 10 } });
  const mapped = (size: number) => ({ mappings: new Map([["A", "x".repeat(size)]]) });
  nameServer.register(registration(mapped(900)), link);
  nameServer.register(registration(mapped(1000)), link);
  assert.throws(() => nameServer.register(registration(mapped(1001)), link), {
    kind: "busy",
    message: /would have 1001 characters, at most 1000 are held \(100 times namesrvTopics\)/,
  });
  const other = { brokerName: "b", address: "10.0.0.2:1", ...mapped(101) };
  assert.throws(() => nameServer.register(registration(other), link), { message: /1001 char/ });
});

test("names that mean something to a program mean nothing here", () => {
  const { nameServer, link } = makeNameServer();
  const topics = [makeTopic("__proto__", 1), makeTopic("constructor", 2)];
  nameServer.register(
    registration({ brokerName: "__proto__", clusterName: "toString", topics }),
    link,
  );
  assert.match(route(nameServer, "__proto__"), /^__proto__ 1\/1/);
  assert.equal(
    route(nameServer, "valueOf"),
    "No topic route info in name server for the topic: valueOf",
  );
  assert.deepEqual([...nameServer.clusters(LOCAL).clusters], [["toString", ["__proto__"]]]);
});

test("a registration that no client could use is refused", () => {
  const { nameServer, link } = makeNameServer();
  const refused = (changes: Parameters<typeof registration>[0], message: RegExp) =>
    assert.throws(() => nameServer.register(registration(changes), link), {
      kind: "parameter-invalid",
      message,
    });
  refused({ brokerName: "" }, /brokerName is ""/);
  refused({ clusterName: "a\nb" }, /clusterName is "a\\nb"/);
  refused({ brokerName: "x".repeat(256) }, /1 to 255 printable characters/);
  refused({ address: `10.0.0.1,"1":10911` }, /expected host:port/);
  refused({ address: "10.0.0.1" }, /expected host:port/);
  refused({ haServerAddress: "x".repeat(256) }, /haServerAddr is /);
  refused({ zoneName: "x".repeat(256) }, /zone is /);
  refused({ filterServers: ["x".repeat(256)] }, /filter server is /);
  refused({ filterServers: Array(17).fill("a:1") }, /names 17 filter servers, at most 16/);
  refused({ topics: [makeTopic("A", 1), makeTopic("x".repeat(256), 1)] }, /topic is "xxx/);
  refused({ topics: [makeTopic("A", 1), makeTopic("", 1)] }, /topic is ""/);
  refused({ brokerId: -1 }, /expected 0 or more/);
});
