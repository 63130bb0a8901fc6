import assert from "node:assert/strict";
import { test } from "node:test";
import { Agreement } from "../../lib/broker/agreement.ts";
import { Clients } from "../../lib/broker/clients.ts";
import { ConsumerGroups } from "../../lib/broker/consumer_groups.ts";
import type { Heartbeat, HeartbeatConsumer, Subscription } from "../../lib/broker/heartbeat.ts";
import { Jobs } from "../../lib/broker/jobs.ts";
import type { BrokerSettings } from "../../lib/broker/settings.ts";
import { ProducerLinks } from "../../lib/broker/producer_links.ts";
import { type Group, makeGroup } from "../../lib/model/group.ts";
import type { Topic } from "../../lib/model/topic.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { brokerSettings } from "./broker_settings.ts";
import { FakeLink } from "./fake_link.ts";
import { isRefusal } from "./refusals.ts";

function setUp(changes: Partial<BrokerSettings> = {}) {
  const clock = new VirtualClock();
  const lines = new MemoryLines();
  const consumers = new ConsumerGroups();
  const topics = new Map<string, Topic>();
  const known = new Map<string, Group>();
  const groups = {
    find: (name: string) => {
      if (name.startsWith("NO")) return undefined;
      return known.get(name) ?? makeGroup(name);
    },
  };
  const newTopics = {
    has: (name: string) => topics.has(name),
    ensure: (topic: Topic) => {
      const made = topics.get(topic.name) ?? topic;
      return new Promise<Topic>((resolve) =>
        clock.after(10, () => {
          topics.set(made.name, made);
          resolve(made);
        })
      );
    },
  };
  const settings = brokerSettings(changes);
  const agreement = new Agreement({ consumers, settings, lines });
  const firstEnds = { note: () => undefined };
  const producerLinks = new ProducerLinks();
  const clients = new Clients({
    ...{ groups, newTopics, consumers, firstEnds, agreement, settings, clock, lines },
    producerLinks,
    filters: { heard: () => {} },
  });
  const jobs = new Jobs(lines);
  jobs.add(clients);
  jobs.start(clock);
  return { clock, lines, consumers, topics, known, clients };
}

function subscription(topic: string, changes: Partial<Subscription> = {}): Subscription {
  const tags: string[] = [];
  const rest = { type: "TAG", version: 1, tags, codes: [], classFilter: false };
  return { topic, expression: "*", ...rest, ...changes };
}

function consumer(group: string, changes: Partial<HeartbeatConsumer> = {}): HeartbeatConsumer {
  return {
    group,
    type: "CONSUME_PASSIVELY",
    model: "CLUSTERING",
    fromWhere: "CONSUME_FROM_LAST_OFFSET",
    unitMode: false,
    subscriptions: [subscription("T"), subscription(`%RETRY%${group}`)],
    ...changes,
  };
}

function heartbeat(clientId: string, changes: Partial<Heartbeat> = {}): Heartbeat {
  const rest = { language: "JAVA", version: 513, producers: [], fingerprint: 0 };
  return { clientId, ...rest, consumers: [], withoutSubscriptions: false, ...changes };
}

/** Sends it and lets a retry topic's creation end. */
async function beat(
  { clients, clock }: ReturnType<typeof setUp>,
  said: Heartbeat,
  link: FakeLink,
) {
  const answer = clients.heartbeat(said, link);
  await clock.advance(10);
  return answer;
}

test("A heartbeat is answered when the group's retry topic is there", async () => {
  const world = setUp();
  world.known.set("g", makeGroup("g", { retryQueues: 3 }));
  const link = new FakeLink();
  const first = world.clients.heartbeat(heartbeat("c1", { consumers: [consumer("g")] }), link);
  assert.ok(first instanceof Promise);
  await world.clock.advance(9);
  assert.throws(
    () => world.clients.members("g"),
    isRefusal("failed", /no consumer for this group, g/),
  );
  await world.clock.advance(1);
  assert.deepEqual(await first, { v2: true, subscriptionChanged: true });
  assert.equal(world.topics.get("%RETRY%g")?.writeQueues, 3);
  assert.deepEqual(world.clients.members("g"), ["c1"]);
  const again = world.clients.heartbeat(heartbeat("c1", { consumers: [consumer("g")] }), link);
  assert.ok(!(again instanceof Promise));
});

test("Members are told once a turn when someone joins or leaves, and in one order", async () => {
  const world = setUp();
  const [one, two] = [new FakeLink(), new FakeLink()];
  await beat(world, heartbeat("c2", { consumers: [consumer("g")] }), one);
  assert.deepEqual(one.told, ["g"]);
  await beat(world, heartbeat("c1", { consumers: [consumer("g")] }), two);
  assert.deepEqual([one.told, two.told], [["g", "g"], ["g"]]);
  assert.deepEqual(world.clients.members("g"), ["c1", "c2"]);
  await beat(world, heartbeat("c1", { consumers: [consumer("g")] }), two);
  assert.equal(one.told.length, 2);
  world.clients.unregister({ clientId: "c1", consumerGroup: "g" }, two);
  await world.clock.settle();
  assert.deepEqual([one.told.length, two.told.length], [3, 1]);
  assert.deepEqual(world.clients.members("g"), ["c2"]);
  one.close();
  await world.clock.settle();
  assert.throws(
    () => world.clients.consumers("g"),
    isRefusal("consumer-offline", /g.* not online/),
  );
});

test("A full link, a broadcast group and a group that wants none are not told", async () => {
  const world = setUp();
  const link = new FakeLink();
  link.isWritable = false;
  await beat(world, heartbeat("c", { consumers: [consumer("full")] }), link);
  link.isWritable = true;
  const broadcast = consumer("b", { model: "BROADCASTING" });
  await beat(world, heartbeat("c", { consumers: [broadcast] }), link);
  world.known.set("q", makeGroup("q", { notifyConsumerIdsChangedEnable: false }));
  await beat(world, heartbeat("c", { consumers: [consumer("q")] }), link);
  assert.deepEqual(link.told, []);
  const silent = setUp({ notifyMembersChanged: false });
  await beat(silent, heartbeat("c", { consumers: [consumer("g")] }), link);
  assert.deepEqual(link.told, []);
});

test("Subscriptions: newer ones replace, topics come and go, and that is told too", async () => {
  const world = setUp();
  const link = new FakeLink();
  const say = (...subscriptions: Subscription[]) =>
    beat(world, heartbeat("c", { consumers: [consumer("g", { subscriptions })] }), link);
  await say(subscription("T", { expression: "A", codes: [65], tags: ["A"], version: 5 }));
  assert.deepEqual(world.consumers.subscription("g", "T")?.filter, new Set([65]));
  await say(subscription("T", { expression: "B", version: 4 }));
  assert.equal(world.consumers.subscription("g", "T")?.expression, "A");
  await say(subscription("T", { expression: "B || C", version: 6 }));
  assert.deepEqual(world.consumers.subscription("g", "T")?.filter, new Set([66, 67]));
  assert.equal(link.told.length, 1);
  await say(subscription("T", { version: 7 }), subscription("U"));
  assert.equal(world.consumers.subscription("g", "T")?.filter, undefined);
  assert.deepEqual(world.consumers.consuming("U"), ["g"]);
  await say(subscription("U"));
  assert.equal(link.told.length, 3);
  assert.equal(world.consumers.subscription("g", "T"), undefined);
});

test("Without subscriptions the old hold; an ignorant broker asks for them", async () => {
  const world = setUp();
  const link = new FakeLink();
  const full = heartbeat("c", { consumers: [consumer("g")], fingerprint: 11 });
  const bare = {
    ...full,
    withoutSubscriptions: true,
    consumers: [consumer("g", { subscriptions: [] })],
  };
  const changed = async (said: Heartbeat) => (await beat(world, said, link)).subscriptionChanged;
  assert.equal(await changed(bare), true);
  assert.equal(await changed(full), false);
  assert.equal(await changed(bare), false);
  assert.ok(world.consumers.subscription("g", "T"));
  assert.equal(await changed({ ...full, fingerprint: 12 }), true);
  assert.equal(await changed({ ...bare, fingerprint: 12 }), false);
  assert.equal(await changed({ ...full, fingerprint: 0 }), true);
});

test("The silent are forgotten after two minutes, the others told", async () => {
  const world = setUp();
  const [quiet, alive] = [new FakeLink(), new FakeLink()];
  const said = (id: string) => heartbeat(id, { consumers: [consumer("g")], producers: ["p"] });
  await beat(world, said("quiet"), quiet);
  for (let second = 0; second < 140; second += 30) {
    await beat(world, said("alive"), alive);
    await world.clock.advance(30_000);
  }
  assert.deepEqual(world.clients.members("g"), ["alive"]);
  assert.deepEqual(world.clients.producers("p").connections.map((one) => one.clientId), ["alive"]);
  assert.ok(world.lines.has("quiet was silent"));
  assert.equal(alive.told.length, 2);
});

test("Tools see who is connected, from where and with which version", async () => {
  const world = setUp();
  const link = new FakeLink();
  await beat(world, heartbeat("c", { consumers: [consumer("g")], producers: ["p"] }), link);
  const seen = {
    clientId: "c",
    address: `10.1.2.3:${link.remote.port}`,
    language: "JAVA",
    version: 513,
  };
  const group = world.clients.consumers("g");
  assert.deepEqual(group.connections, [seen]);
  assert.deepEqual(group.subscriptions.map(({ topic }) => topic), ["T", "%RETRY%g"]);
  assert.deepEqual([group.type, group.model], ["CONSUME_PASSIVELY", "CLUSTERING"]);
  assert.deepEqual(world.clients.producers("p").connections, [seen]);
  world.clients.unregister({ clientId: "c", producerGroup: "p" }, link);
  assert.throws(() => world.clients.producers("p"), isRefusal("failed", /p.* not exist/));
});

test("Groups that may not be are passed over; a closed link leaves nothing", async () => {
  const world = setUp();
  const link = new FakeLink();
  await beat(world, heartbeat("c", { consumers: [consumer("NO"), consumer("g")] }), link);
  assert.equal(world.consumers.get("NO"), undefined);
  assert.deepEqual(world.clients.members("g"), ["c"]);
  const hasty = new FakeLink();
  const answer = world.clients.heartbeat(heartbeat("h", { consumers: [consumer("new")] }), hasty);
  hasty.close();
  await world.clock.advance(10);
  assert.deepEqual(await answer, { v2: true, subscriptionChanged: true });
  assert.equal(world.consumers.get("new"), undefined);
});

test("The same client on a second connection counts once", async () => {
  const world = setUp();
  const [old, young] = [new FakeLink(), new FakeLink()];
  await beat(world, heartbeat("c", { consumers: [consumer("g")] }), old);
  await beat(world, heartbeat("c", { consumers: [consumer("g")] }), young);
  assert.deepEqual(world.clients.members("g"), ["c"]);
  old.close();
  assert.deepEqual(world.clients.members("g"), ["c"]);
});

test("Limits are named, and a heartbeat over one changes nothing", async () => {
  const world = setUp({
    groupsPerLinkMax: 3,
    membersMax: 4,
    subscriptionsPerGroupMax: 2,
    subscriptionCharactersMax: 200,
  });
  const link = new FakeLink();
  await beat(world, heartbeat("c", { producers: ["p1", "p2", "p3"] }), link);
  await beat(world, heartbeat("c", { producers: ["p1", "p2", "p3"] }), link);
  const over = (said: Partial<Heartbeat>, on: FakeLink, sentence: RegExp) =>
    assert.throws(
      () => world.clients.heartbeat(heartbeat("d", said), on),
      isRefusal("busy", sentence),
    );
  over({ producers: ["p4"] }, link, /groups: 4, but groupsPerLinkMax is 3/);
  over({ producers: ["a", "b"] }, new FakeLink(), /membersMax is 4/);
  const many = [subscription("T"), subscription("U"), subscription("V")];
  const three = [consumer("g", { subscriptions: many })];
  over({ consumers: three }, new FakeLink(), /subscriptionsPerGroupMax is 2/);
  const long = [subscription("T", { expression: "x".repeat(201) })];
  const wordy = [consumer("g", { subscriptions: long })];
  over({ consumers: wordy }, new FakeLink(), /subscriptionCharactersMax is 200/);
  assert.throws(
    () => world.clients.heartbeat(heartbeat(""), link),
    isRefusal("parameter-invalid", /client id has 0/),
  );
  assert.equal(world.consumers.get("g"), undefined);
});
