import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../lib/client/client.ts";
import { ClientError, type ClientErrorKind } from "../../lib/client/client_error.ts";
import type { HeaderForm } from "../../lib/client/connections.ts";
import type { OutgoingMessage } from "../../lib/client/outgoing_message.ts";
import { recordsIn, visitBodies } from "../../lib/client/pull_request.ts";
import { TestMachine } from "../server/machine.ts";

const text = new TextEncoder();
const NAME_SERVER = "127.0.0.1:9876";
const BROKER = "127.0.0.1:10911";

function message(body: string, changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const head = { topic: "T", queueId: 0, producerGroup: "P", bornTimestamp: 1 };
  return { ...head, body: text.encode(body), ...changes };
}

async function world(options: { header?: HeaderForm; nameServers?: string[] } = {}) {
  const machine = new TestMachine();
  await machine.start();
  const { tcp, clock } = machine;
  const nameServers = options.nameServers ?? [NAME_SERVER];
  const client = new Client({ tcp, clock, nameServers, header: options.header });
  const broker = await machine.until(client.broker(BROKER));
  return { machine, client, broker };
}

function fails(kind: ClientErrorKind, pattern: RegExp) {
  return (fault: unknown) => {
    assert.ok(fault instanceof ClientError);
    assert.equal(fault.kind, kind);
    assert.match(fault.message, pattern);
    return true;
  };
}

for (const header of ["json", "rocketmq"] as const) {
  test(`${header} header: send, batch, one-way, and pull what was sent`, async () => {
    const { machine, broker } = await world({ header });
    const properties = "TAGS\u0001A\u0002";
    const first = await machine.until(broker.send(message("one", { properties })));
    assert.equal(first.status, "stored");
    assert.deepEqual([first.queueId, first.offset], [0, 0]);
    assert.match(first.id, /^[0-9A-F]{32}$/);
    const parts = ["two", "three"].map((body) => ({
      ...{ flag: 7, body: text.encode(body), properties: "" },
    }));
    const { body: _, ...head } = message("");
    const batch = await machine.until(broker.sendBatch({ ...head, parts }));
    assert.equal(batch.offset, 1);
    assert.ok(broker.sendOneWay(message("four")));
    await machine.clock.advance(100);
    const pull = broker.pull({ group: "G", topic: "T", queueId: 0, offset: 0 });
    const pulled = await machine.until(pull);
    assert.deepEqual([pulled.status, pulled.nextOffset, pulled.offsetMax], ["found", 4, 4]);
    const records = [...recordsIn(pulled.records)];
    const bodies = records.map(({ body }) => new TextDecoder().decode(body));
    assert.deepEqual(bodies, ["one", "two", "three", "four"]);
    assert.deepEqual(records.map(({ flag }) => flag), [0, 7, 7, 0]);
    const visited: string[] = [];
    visitBodies(pulled.records, (body) => visited.push(new TextDecoder().decode(body)));
    assert.deepEqual(visited, bodies);
    assert.throws(
      () => visitBodies(pulled.records.subarray(0, pulled.records.length - 1), () => {}),
      fails("garbled", /no record at byte \d+ of \d+/),
    );
  });
}

test("many calls at once on one connection, each with its own answer", async () => {
  const { machine, broker } = await world();
  const sends = Array.from({ length: 500 }, (_, at) => broker.send(message(`${at}`)));
  const receipts = await machine.until(Promise.all(sends));
  assert.deepEqual(receipts.map(({ offset }) => offset), receipts.map((_, at) => at));
  assert.equal(machine.tcp.pairs.length, 1);
});

test("a pull that waits ends with the message that comes, or with nothing", async () => {
  const { machine, broker } = await world();
  await machine.until(broker.send(message("one")));
  const ask = { group: "G", topic: "T", queueId: 0, offset: 1, waitMs: 15_000 };
  let pulled = broker.pull(ask);
  await machine.clock.advance(5000);
  await machine.until(broker.send(message("two")));
  assert.equal((await machine.until(pulled)).nextOffset, 2);
  pulled = broker.pull({ ...ask, offset: 2 });
  const beganMs = machine.clock.monotonic();
  assert.equal((await machine.until(pulled)).status, "nothing");
  assert.ok(machine.clock.monotonic() - beganMs >= 15_000);
});

test("tags, an offset that is not there, and the queue's ends", async () => {
  const { machine, broker } = await world();
  for (const tag of ["A", "B", "A"]) {
    await machine.until(broker.send(message(tag, { properties: `TAGS\u0001${tag}\u0002` })));
  }
  const ask = { group: "G", topic: "T", queueId: 0, offset: 0 };
  const ofB = await machine.until(broker.pull({ ...ask, expression: "B || C" }));
  assert.deepEqual([...recordsIn(ofB.records)].map(({ offset }) => offset), [1]);
  const none = await machine.until(broker.pull({ ...ask, expression: "Z" }));
  assert.deepEqual([none.status, none.nextOffset], ["no-match", 3]);
  const beyond = await machine.until(broker.pull({ ...ask, offset: 1000 }));
  assert.deepEqual([beyond.status, beyond.nextOffset], ["moved", 3]);
  const ends = Promise.all([broker.offsetMin("T", 0), broker.offsetMax("T", 0)]);
  assert.deepEqual(await machine.until(ends), [0, 3]);
});

test("progress: committed, committed on the way of a pull", async () => {
  const { machine, broker } = await world();
  await machine.until(broker.send(message("one")));
  const queue = { group: "G", topic: "T", queueId: 0 };
  await machine.until(broker.pull({ ...queue, offset: 0 }));
  await machine.until(broker.commitProgress(queue, 1));
  assert.equal(await machine.until(broker.progress(queue)), 1);
  const other = { ...queue, group: "H" };
  await machine.until(broker.pull({ ...other, offset: 0, progress: 1 }));
  assert.equal(await machine.until(broker.progress(other)), 1);
});

test("a heartbeat shows the client to the broker's tools", async () => {
  const { machine, broker } = await world();
  const subscriptions = [{ topic: "T", filterType: "TAG", expression: "A || B" } as const];
  const consumers = [{ group: "G", subscriptions }];
  await machine.until(broker.heartbeat({ clientId: "me", producers: ["P"], consumers }));
  const asked = await machine.client();
  const reply = await machine.ask(asked, 38, { fields: { consumerGroup: "G" } });
  assert.match(new TextDecoder().decode(reply.body), /"me"/);
});

test("routes: of a topic that is there, of one that a send makes, of none", async () => {
  const { machine, client, broker } = await world();
  await assert.rejects(
    machine.until(client.route("T")),
    fails("no-route", /^There is no topic T as far as 127\.0\.0\.1:9876 knows\. Create it/),
  );
  const born = await machine.until(client.routeToSend("T", 3));
  assert.deepEqual(born.writable.map(({ queueId }) => queueId), [0, 1, 2]);
  assert.equal(born.writable[0].address, BROKER);
  await machine.until(broker.send(message("one", { newTopicQueues: 2 })));
  const known = await machine.until(client.route("T"));
  assert.deepEqual(known.readable.map(({ queueId }) => queueId), [0, 1]);
  assert.deepEqual(await machine.until(client.routeToSend("T", 8)), known);
});

test("one name server is dead: the next one is asked", async () => {
  const { machine, client } = await world({ nameServers: ["127.0.0.1:1", NAME_SERVER] });
  const route = await machine.until(client.routeToSend("T", 1));
  assert.equal(route.writable.length, 1);
  const lost = new Client({ ...machine, nameServers: ["127.0.0.1:1"] });
  await assert.rejects(
    machine.until(lost.route("T")),
    fails("unreachable", /^Cannot find topic T: Cannot connect to 127\.0\.0\.1:1.*refused/),
  );
});

test("errors say what was wanted, the code, and the server's own reason", async () => {
  const { machine, broker } = await world();
  const large = message("", { body: new Uint8Array(5_000_000) });
  await assert.rejects(machine.until(broker.send(large)), (fault: unknown) => {
    assert.ok(fault instanceof ClientError);
    assert.equal(fault.code, 13);
    return fails("refused", /^Cannot send: refused with code 13: /)(fault);
  });
  const ask = { group: "G", topic: "none", queueId: 0, offset: 0 };
  await assert.rejects(machine.until(broker.pull(ask)), fails("refused", /code 17/));
});

test("a connection that goes: its calls fail, later ones too, a new one is made", async () => {
  const { machine, client, broker } = await world();
  await machine.until(broker.send(message("one")));
  const pull = broker.pull({ group: "G", topic: "T", queueId: 0, offset: 1, waitMs: 15_000 });
  const rejected = assert.rejects(pull, fails("closed", /^Cannot pull: .*reset/));
  await machine.clock.advance(10);
  for (const pair of machine.tcp.pairs) pair.reset();
  await machine.clock.advance(10);
  await rejected;
  assert.ok(broker.isClosed);
  assert.ok(!broker.sendOneWay(message("lost")));
  await assert.rejects(machine.until(broker.send(message("two"))), fails("closed", /reset/));
  const again = await machine.until(client.broker(BROKER));
  assert.equal((await machine.until(again.send(message("two")))).offset, 1);
  await machine.until(client.close());
  await assert.rejects(client.broker(BROKER), fails("unreachable", /closed/));
});

test("no answer: a timeout after the client's time, and the connection lives on", async () => {
  const { machine, broker } = await world();
  await machine.until(broker.send(message("one")));
  for (const pair of machine.tcp.pairs) pair.silence();
  const beganMs = machine.clock.monotonic();
  await assert.rejects(
    machine.until(broker.send(message("two"))),
    fails("timeout", /^Cannot send: Request 310 to 127\.0\.0\.1:10911 .*no answer in 3000 ms/),
  );
  assert.ok(machine.clock.monotonic() - beganMs >= 3000);
  assert.ok(!broker.isClosed);
});

test("lanes are connections of their own, each made once", async () => {
  const { machine, client } = await world();
  const lanes = [0, 1, 1, 2].map((lane) => client.broker(BROKER, lane));
  await machine.until(Promise.all(lanes));
  assert.equal(machine.tcp.pairs.length, 3);
});
