import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "../../lib/model/refusal.ts";
import { FakeLink } from "./fake_link.ts";
import { heartbeat } from "./heartbeats.ts";
import { isRefusal } from "./refusals.ts";
import { bodies, incoming, makeWorld, sendAsk, within } from "./world.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function worldWithConsumers() {
  const world = await makeWorld();
  const { broker } = world;
  const { ids } = await within(world, 50, broker.intake.send(incoming("T"), sendAsk()));
  const links = [new FakeLink(), new FakeLink()];
  for (const [id, link] of links.entries()) {
    const beat = heartbeat(`c@${id}`, { group: "g", topics: ["T"] });
    await within(world, 50, broker.clients.heartbeat(beat, link));
  }
  return { world, links, offsetId: ids, interviews: broker.interviews };
}

test("the client that is named is asked, and no other", async () => {
  const { interviews, links } = await worldWithConsumers();
  links[1].answers.report = () => bytes("state");
  const ask = { group: "g", clientId: "c@1", withStacks: true };
  assert.deepEqual(await interviews.runningState(ask), bytes("state"));
  assert.deepEqual(links.map(({ asked }) => asked), [[], [ask]]);
  await assert.rejects(
    interviews.runningState({ ...ask, clientId: "c@2" }),
    isRefusal("failed", /^The Consumer <g> <c@2> not online$/),
  );
  await assert.rejects(
    interviews.runningState({ ...ask, group: "h" }),
    isRefusal("failed", /^The Consumer <h> <c@1> not online$/),
  );
});

test("a client that is too old is not asked", async () => {
  const { world, interviews } = await worldWithConsumers();
  const old = heartbeat("old", { group: "g", topics: ["T"], version: 1 });
  const link = new FakeLink();
  await within(world, 50, world.broker.clients.heartbeat({ ...old, version: 61 }, link));
  await assert.rejects(
    interviews.runningState({ group: "g", clientId: "old", withStacks: false }),
    isRefusal("failed", /^The Consumer <old> Version <61> too low to finish: 62 is the least/),
  );
  assert.equal(link.asked.length, 0);
});

test("a client consumes one message now, found by its offset id", async () => {
  const { interviews, links, offsetId } = await worldWithConsumers();
  links[0].answers.report = () => bytes("verdict");
  const order = { group: "g", clientId: "c@0", offsetId, topic: "T" };
  assert.deepEqual(await interviews.consumeDirectly(order), bytes("verdict"));
  const [asked] = links[0].asked;
  assert.ok("record" in asked);
  assert.deepEqual(bodies([asked.record]), ["hello"]);
  assert.deepEqual([asked.brokerName, asked.topicSysFlag, asked.groupSysFlag], ["broker-a", 0, 0]);
  await assert.rejects(
    interviews.consumeDirectly({ ...order, offsetId: "x" }),
    isRefusal("parameter-invalid", /^"x" is no offset id: 32 hexadecimal digits/),
  );
  const elsewhere = offsetId.slice(0, 16) + "00000000000FFFFF";
  await assert.rejects(
    interviews.consumeDirectly({ ...order, offsetId: elsewhere }),
    isRefusal("failed", /^can not find message by the offset, 1048575$/),
  );
});

test("the status of all, of one, and of those who answer", async () => {
  const { world, interviews, links } = await worldWithConsumers();
  const queue = { topic: "T", brokerName: "broker-a", queueId: 0, offset: 7 };
  links[0].answers.status = () => [queue];
  links[1].answers.status = () => {
    throw new Refusal("client-silent", "The client did not answer.");
  };
  const ask = { group: "g", topic: "T", clientId: undefined };
  assert.deepEqual([...await interviews.status(ask)], [["c@0", [queue]]]);
  assert.equal(world.lines.logged("warn").length, 1);
  assert.deepEqual([...await interviews.status({ ...ask, clientId: "c@1" })], []);
  assert.deepEqual([...await interviews.status({ ...ask, clientId: "c@9" })], []);
  await assert.rejects(
    interviews.status({ ...ask, group: "h" }),
    isRefusal("failed", /^No Any Consumer online in the consumer group: \[h\]$/),
  );
});
