import assert from "node:assert/strict";
import { test } from "node:test";
import { StartError } from "../../lib/server/start_error.ts";
import { TestMachine } from "./machine.ts";

const ROUTE = 105;
const MAX_OFFSET = 30;
const CHANGE_SETTINGS = 25;
const READ_SETTINGS = 26;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text: string) => new TextEncoder().encode(text);

test("an empty directory: a route, a send, a stop, and all is still there", async () => {
  const machine = new TestMachine();
  let server = await machine.start();
  assert.deepEqual(server.listening, { nameServer: 9876, broker: 10911 });
  let client = await machine.client();
  assert.equal((await machine.send(client, "T")).code, 0);
  const names = await machine.client(9876);
  const route = await machine.ask(names, ROUTE, { fields: { topic: "T" } });
  assert.match(text(route.body), /"127\.0\.0\.1:10911"/);
  await machine.stop(server);
  assert.equal(client.isClosed, true);
  server = await machine.start();
  client = await machine.client();
  const offset = await machine.ask(client, MAX_OFFSET, { fields: { topic: "T", queueId: "0" } });
  assert.equal(offset.fields.offset, "1");
  assert.equal(offset.code, 0);
  await machine.stop(server);
});

test("each port answers all codes of the roles here, and 3 to the others", async () => {
  const machine = new TestMachine();
  const both = await machine.start();
  assert.equal((await machine.send(await machine.client(9876), "T")).code, 0);
  await machine.stop(both);
  const names = await machine.start(["role=namesrv"]);
  assert.deepEqual(names.listening, { nameServer: 9876, broker: undefined });
  assert.equal((await machine.send(await machine.client(9876), "T")).code, 3);
  await machine.stop(names);
  const broker = await machine.start(["namesrvAddr=127.0.0.1:9877"]);
  assert.deepEqual(broker.listening, { nameServer: undefined, broker: 10911 });
  const client = await machine.client();
  assert.equal((await machine.ask(client, ROUTE, { fields: { topic: "T" } })).code, 3);
  await machine.stop(broker);
});

test("one port for both roles", async () => {
  const machine = new TestMachine();
  const server = await machine.start(["listenPort=9876"]);
  assert.deepEqual(server.listening, { nameServer: 9876, broker: 9876 });
  const client = await machine.client(9876);
  assert.equal((await machine.send(client, "T")).code, 0);
  const route = await machine.ask(client, ROUTE, { fields: { topic: "T" } });
  assert.match(text(route.body), /"127\.0\.0\.1:9876"/);
  await machine.stop(server);
});

test("free ports, and the route tells the one in use", async () => {
  const machine = new TestMachine();
  const server = await machine.start(["listenPort=0", "namesrvListenPort=0"]);
  const { nameServer = 0, broker = 0 } = server.listening;
  assert.ok(nameServer > 0 && broker > 0 && nameServer !== broker);
  const names = await machine.client(nameServer);
  const route = await machine.ask(names, ROUTE, { fields: { topic: "TBW102" } });
  assert.match(text(route.body), new RegExp(`"127\\.0\\.0\\.1:${broker}"`));
  await machine.stop(server);
});

test("a second start on the same directory says who holds it", async () => {
  const machine = new TestMachine();
  const server = await machine.start();
  await assert.rejects(machine.start(["listenPort=0", "namesrvListenPort=0"]), (fault) => {
    assert.ok(fault instanceof StartError);
    assert.equal(fault.reason, "held");
    assert.match(fault.message, /\/data: process 7 holds it/);
    return true;
  });
  await machine.stop(server);
});

test("a live broker of RocketMQ on the directory is recognised", async () => {
  const machine = new TestMachine();
  machine.lockHolder = 4711;
  await assert.rejects(machine.start(), /RocketMQ's broker, process 4711 holds it/);
});

test("an address that is taken: a sentence, and nothing stays open", async () => {
  const machine = new TestMachine();
  const taken = await machine.tcp.listen({ host: "127.0.0.1", port: 10911 }, () => {});
  await assert.rejects(machine.start(), (fault) => {
    assert.ok(fault instanceof StartError);
    assert.equal(fault.reason, "address");
    assert.match(fault.message, /10911.*--broker-port/);
    return true;
  });
  await taken.close();
  await machine.stop(await machine.start());
});

test("a broker on loopback registers elsewhere only if it says where it is reached", async () => {
  const machine = new TestMachine();
  const away = ["namesrvAddr=10.0.0.9:9876"];
  await assert.rejects(machine.start(away), /10\.0\.0\.9:9876.*--host 0\.0\.0\.0/);
  const server = await machine.start([...away, "brokerIP1=10.0.0.5"]);
  await machine.stop(server);
});

test("an advertised name stands in routes, its address in message ids", async () => {
  const machine = new TestMachine();
  const server = await machine.start(["brokerIP1=broker.example:1234"]);
  const client = await machine.client();
  const route = await machine.ask(client, ROUTE, { fields: { topic: "TBW102" } });
  assert.match(text(route.body), /"broker\.example:1234"/);
  const sent = await machine.send(client, "T");
  assert.equal(sent.fields.msgId.slice(0, 16), "0A090807000004D2");
  await machine.stop(server);
  const other = await machine.start(["brokerIP1=nowhere.example"]);
  assert.match(machine.lines.logged("warn")[0].text, /Cannot look up nowhere\.example/);
  await machine.stop(other);
});

test("a setting changed over the network is kept; the command line is stronger", async () => {
  const machine = new TestMachine();
  const file = ["maxMessageSize=1000"];
  let server = await machine.start([], file);
  let client = await machine.client();
  const body = bytes("maxMessageSize=100\nmappedFileSizeCommitLog=9000000\n");
  assert.equal((await machine.ask(client, CHANGE_SETTINGS, { body })).code, 0);
  assert.equal((await machine.send(client, "T", new Uint8Array(101))).code, 13);
  await machine.stop(server);
  server = await machine.start([], file);
  client = await machine.client();
  assert.equal((await machine.send(client, "T", new Uint8Array(101))).code, 13);
  const shown = text((await machine.ask(client, READ_SETTINGS)).body);
  assert.match(shown, /^maxMessageSize=100$/m);
  assert.match(shown, /^mappedFileSizeCommitLog=9000000$/m);
  await machine.stop(server);
  server = await machine.start(["maxMessageSize=200"], file);
  client = await machine.client();
  assert.equal((await machine.send(client, "T", new Uint8Array(101))).code, 0);
  await machine.stop(server);
});

test("a name server named over the network is registered with from the next start on", async () => {
  const machine = new TestMachine();
  const first = await machine.start(["namesrvListenPort=0"]);
  const body = bytes("namesrvAddr=127.0.0.1:9999\n");
  assert.equal((await machine.ask(await machine.client(), CHANGE_SETTINGS, { body })).code, 0);
  await machine.stop(first);
  const second = await machine.start();
  assert.equal(second.listening.nameServer, undefined);
  assert.match(second.sentences.join(), /registers with 127\.0\.0\.1:9999/);
  await machine.stop(second);
});

test("where the data lies cannot be changed over the network", async () => {
  const machine = new TestMachine();
  const server = await machine.start();
  const client = await machine.client();
  const body = bytes("storePathRootDir=/elsewhere\n");
  const reply = await machine.ask(client, CHANGE_SETTINGS, { body });
  assert.equal(reply.code, 16);
  await machine.stop(server);
});

test("with memory the oldest messages go, and sends go on", async () => {
  const machine = new TestMachine();
  const settings = ["memory=true", "memoryBytesMax=16777216", "maxMessageSize=1048576"];
  const server = await machine.start(settings);
  const client = await machine.client();
  for (let sent = 0; sent < 60; sent++) {
    const reply = await machine.send(client, "T", new Uint8Array(1 << 20));
    assert.equal(reply.code, 0, `${sent}: ${reply.remark}`);
    await machine.clock.advance(100);
  }
  const min = await machine.ask(client, 31, { fields: { topic: "T", queueId: "0" } });
  assert.ok(Number(min.fields.offset) > 30, `the first message left is ${min.fields.offset}`);
  await machine.stop(server);
});

test("the start tells addresses, the data directory and who can reach it", async () => {
  const machine = new TestMachine();
  const server = await machine.start();
  const told = server.sentences.join("\n");
  assert.match(told, /Name server on 127\.0\.0\.1:9876/);
  assert.match(told, /Broker broker-a of DefaultCluster on 127\.0\.0\.1:10911/);
  assert.match(told, /Only this machine reaches it/);
  assert.match(told, /Data directory \/data: new/);
  await machine.stop(server);
  const open = await machine.start(["bindAddress=0.0.0.0"]);
  assert.match(open.sentences.join("\n"), /--advertise/);
  assert.match(open.sentences.join("\n"), /was closed in order/);
  await machine.stop(open);
});
