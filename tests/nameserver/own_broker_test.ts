import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTopic } from "../../lib/model/topic.ts";
import { FakeLink, FakeOwn, host, LOCAL, makeNameServer, registration } from "./fakes.ts";

function withOwn(advertised?: string) {
  const own = new FakeOwn(advertised);
  return { own, ...makeNameServer({ own }) };
}

test("the own broker is named by the asking connection's local address", () => {
  const { nameServer } = withOwn();
  const addresses = (
    ip: string,
  ) => [...nameServer.route("Mine", host(ip, 9876)).brokers[0].addresses];
  assert.deepEqual(addresses("127.0.0.1"), [[0, "127.0.0.1:10911"]]);
  assert.deepEqual(addresses("192.168.1.5"), [[0, "192.168.1.5:10911"]]);
  assert.deepEqual(addresses("::ffff:10.1.2.3"), [[0, "10.1.2.3:10911"]]);
  assert.deepEqual(addresses("::1"), [[0, "[::1]:10911"]]);
  assert.deepEqual(nameServer.systemTopics(LOCAL), {
    topics: ["DefaultCluster", "own"],
    brokerAddress: "192.168.1.5:10911",
  });
});

test("an advertised address is the same for all, a registered one is not touched", () => {
  const { nameServer, link } = withOwn("mq.example:20911");
  nameServer.register(registration({ clusterName: "DefaultCluster" }), link);
  const { brokers, clusters } = nameServer.clusters(LOCAL);
  assert.deepEqual(brokers.map((broker) => [...broker.addresses]), [
    [[0, "10.0.0.1:10911"]],
    [[0, "mq.example:20911"]],
  ]);
  assert.deepEqual([...clusters], [["DefaultCluster", ["broker-a", "own"]]]);
});

test("the own broker's topics are read live", () => {
  const { nameServer, own } = withOwn();
  assert.equal(nameServer.route("TBW102", LOCAL).queues[0].topic.perm, 7);
  assert.throws(() => nameServer.route("New", LOCAL), { kind: "topic-unknown" });
  own.set(makeTopic("New", 2));
  assert.equal(nameServer.route("New", LOCAL).queues[0].topic.readQueues, 2);
  own.remove("New");
  assert.throws(() => nameServer.route("New", LOCAL), { kind: "topic-unknown" });
  assert.deepEqual(nameServer.topics("DefaultCluster"), ["Mine", "TBW102"]);
});

test("the broker's own permission is in its routes", () => {
  const { nameServer, own } = withOwn();
  own.perm = 4;
  assert.equal(nameServer.route("TBW102", LOCAL).queues[0].topic.perm, 4);
});

test("wiping the own broker's write permission lasts through changes of its topics", () => {
  const { nameServer, own } = withOwn();
  assert.equal(nameServer.wipeWrite("own"), 2);
  own.set(makeTopic("New", 2));
  assert.equal(nameServer.route("New", LOCAL).queues[0].topic.perm, 4);
  assert.equal(nameServer.route("TBW102", LOCAL).queues[0].topic.perm, 5);
  assert.equal(nameServer.addWrite("own"), 3);
  assert.equal(nameServer.route("TBW102", LOCAL).queues[0].topic.perm, 7);
});

test("a topic removed here alone comes back after 30 s", () => {
  const { nameServer, pass } = withOwn();
  nameServer.removeTopic("Mine", "OtherCluster");
  nameServer.route("Mine", LOCAL);
  nameServer.removeTopic("Mine", "DefaultCluster");
  nameServer.removeTopic("Unknown", "DefaultCluster");
  assert.throws(() => nameServer.route("Mine", LOCAL), { kind: "topic-unknown" });
  assert.deepEqual(nameServer.topics(), ["TBW102"]);
  pass(30_000);
  nameServer.route("Mine", LOCAL);
});

test("a topic removed here alone comes back when the broker's topics change", () => {
  const { nameServer, own } = withOwn();
  nameServer.removeTopic("Mine");
  assert.throws(() => nameServer.route("Mine", LOCAL), { kind: "topic-unknown" });
  own.remove("Mine");
  own.set(makeTopic("Mine", 9));
  assert.equal(nameServer.route("Mine", LOCAL).queues[0].topic.readQueues, 9);
});

test("another broker under the own name and id is refused with both cures", () => {
  const { nameServer, link } = withOwn();
  assert.throws(() => nameServer.register(registration({ brokerName: "own" }), link), {
    kind: "failed",
    message:
      /name server's own process\. Give .* another brokerName or brokerId, or .*--role namesrv/,
  });
});

test("the own broker registering with itself changes nothing", () => {
  const { nameServer, link } = withOwn();
  const self = registration({ brokerName: "own", address: "10.0.0.100:10911" });
  assert.deepEqual(nameServer.register(self, link), {});
  assert.deepEqual([...nameServer.members("own", LOCAL)], [[0, "192.168.1.5:10911"]]);
});

test("a slave of the own broker adds its address and is told of its master", () => {
  const { nameServer } = withOwn();
  const link = new FakeLink();
  const slave = registration({ brokerName: "own", brokerId: 1, topics: [makeTopic("S", 1)] });
  assert.throws(() => nameServer.register(slave, link), /only the topic S/);
  const answer = nameServer.register({ ...slave, topics: [] }, link);
  assert.equal(answer.masterAddress, "10.0.0.100:10911");
  const [broker] = nameServer.route("Mine", LOCAL).brokers;
  assert.deepEqual([...broker.addresses], [[0, "192.168.1.5:10911"], [1, "10.0.0.1:10911"]]);
  assert.equal(broker.clusterName, "DefaultCluster");
  link.close();
  assert.deepEqual([...nameServer.members("own", LOCAL).keys()], [0]);
});

test("the own broker hears which topics are ordered, unless that is off", async () => {
  const { nameServer, own } = withOwn();
  await nameServer.kv.put("ORDER_TOPIC_CONFIG", "Mine", "own:4");
  await nameServer.kv.put("OTHER", "TBW102", "1");
  await nameServer.settings.change(new Map([["returnOrderTopicConfigToBroker", "false"]]));
  await nameServer.kv.put("ORDER_TOPIC_CONFIG", "TBW102", "own:8");
  assert.deepEqual(own.heard, ["Mine"]);
});
