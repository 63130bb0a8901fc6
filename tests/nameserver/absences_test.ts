import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTopic } from "../../lib/model/topic.ts";
import { Absences } from "../../lib/nameserver/absences.ts";
import { LOCAL, makeNameServer, registration } from "./fakes.ts";

test("what a client asks for in vain has its cause named", () => {
  const { nameServer, link, clock } = makeNameServer();
  const why = (topic: string) => {
    try {
      nameServer.route(topic, LOCAL);
      return "";
    } catch (error) {
      return (error as Error).message.split("\n")[1];
    }
  };
  assert.match(why("A"), /^No broker is registered here: .*namesrvAddr/);
  nameServer.register(registration({}), link);
  assert.equal(why("A"), "");
  assert.match(
    why("Z"),
    /^None of the brokers that are registered here \(broker-a\) has it: create it/,
  );
  clock.time += 500;
  const key = { clusterName: "C", brokerName: "broker-a", address: "10.0.0.1:10911" };
  nameServer.unregister({ ...key, brokerId: 0 });
  clock.time += 1500;
  assert.match(why("A"), /^broker-a, which had it, left 1500 ms ago: it unregistered\. Start it/);
  assert.match(why("Z"), /^No broker is registered here/);
  const topics = [makeTopic("B", 1), makeTopic("C", 1)];
  nameServer.register(registration({ topics }), link);
  assert.match(why("A"), /^None of the brokers/, "it came back without");
});

test("sixteen brokers are kept in mind, and ten thousand topics of each", () => {
  const absences = new Absences();
  const left = (name: string, topics: string[]) =>
    absences.left(name, { why: "it was silent", atMs: 0, topics });
  left("many", Array.from({ length: 20_000 }, (_, at) => `T${at}`));
  assert.match(absences.reason("T1", [], 7), /^many, which may have had it, left 7 ms ago/);
  for (let at = 0; at < 16; at++) left(`b${at}`, ["B"]);
  assert.match(absences.reason("T1", ["b", "c", "d", "e", "f", "g"], 7), /\(b, c, d, e, f, …\)/);
  assert.match(absences.reason("B", [], 7), /^b0, which had it/);
});
