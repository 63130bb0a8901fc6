import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createBroker, type EmbeddedBroker, MemoryLines, VirtualClock } from "../mod.ts";
import { WireClient } from "./sim/wire_client.ts";

const SEND = {
  ...{ a: "producers", b: "T", c: "TBW102", d: "4", e: "0", f: "0", g: "1" },
  ...{ h: "0", i: "", j: "0", k: "false", m: "false" },
};

async function client(broker: EmbeddedBroker): Promise<WireClient> {
  return new WireClient(await broker.connect(broker.brokerAddress));
}

test("in memory, without ports: nothing but a line of code", async () => {
  await using broker = await createBroker();
  const one = await client(broker);
  assert.equal((await one.call(310, SEND, new Uint8Array(5)))?.code, 0);
});

test("on files, with real ports, and again", async () => {
  const directory = mkdtempSync(join(tmpdir(), "pocketmq-"));
  try {
    for (const expected of ["0", "1"]) {
      const broker = await createBroker({ directory, listen: {} });
      assert.match(broker.nameServerAddress, /^127\.0\.0\.1:\d+$/);
      const one = await client(broker);
      const reply = await one.call(310, SEND, new Uint8Array(5));
      assert.equal(reply?.fields.queueOffset, expected);
      await broker.stop();
      await broker.stop();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("in virtual time: a pull waits fifteen seconds in none", async () => {
  const clock = new VirtualClock();
  const lines = new MemoryLines();
  const starting = createBroker({ clock, lines });
  await clock.advance(1_000);
  const broker = await starting;
  const connecting = client(broker);
  await clock.advance(10);
  const one = await connecting;
  const sent = one.call(310, SEND, new Uint8Array(5));
  await clock.advance(1_000);
  assert.equal((await sent)?.code, 0);
  const pulled = one.call(11, {
    ...{ consumerGroup: "g", topic: "T", queueId: "0", queueOffset: "1", maxMsgNums: "1" },
    ...{ sysFlag: "6", commitOffset: "0", suspendTimeoutMillis: "15000", subscription: "*" },
    ...{ subVersion: "0", expressionType: "TAG" },
  });
  let answered = false;
  pulled.then(() => answered = true);
  await clock.advance(14_000);
  assert.equal(answered, false);
  await clock.advance(2_000);
  assert.equal((await pulled)?.code, 19);
  const stopping = broker.stop();
  await clock.advance(60_000);
  await stopping;
});

test("what cannot be is told with a sentence", async () => {
  await assert.rejects(createBroker({ settings: { flushDiskTyp: "SYNC_FLUSH" } }), /flushDiskTyp/);
  await assert.rejects(
    createBroker({ settings: { fileReservedTime: "x" } }),
    /expected a whole number/,
  );
  await assert.rejects(createBroker({ settings: { aclEnable: true } }), /access control/);
});
