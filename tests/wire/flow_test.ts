import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemorySqlite } from "../../lib/port/sqlite_memory.ts";
import { brokerRows } from "../../lib/remoting/handlers/broker_rows.ts";
import { makeWorld } from "../broker/world.ts";
import { Harness } from "../remoting/harness.ts";
import { openBroker, pullHeader, sendHeader, utf8 } from "./broker_port.ts";

test("2: messages wait too long for the disk, with how many and how long", async () => {
  let syncMs = 1;
  const log = { flush: "SYNC_FLUSH" } as const;
  const world = await makeWorld({}, { log, syncMs: () => syncMs });
  const { clock, lines, broker } = world;
  const harness = await new Harness(brokerRows(broker), {}, { clock, lines }).start();
  const caller = await harness.caller();
  const body = utf8.encode("x");
  assert.equal((await harness.ask(caller, 310, sendHeader("T"), body)).code, 0);
  syncMs = 4000;
  const first = caller.call({ code: 310, header: sendHeader("T"), body, timeoutMs: 60_000 });
  await clock.advance(1200);
  const refused = await harness.ask(caller, 310, sendHeader("T"), body);
  assert.equal(refused.code, 2);
  assert.match(refused.remark ?? "", /period in queue: 1200ms, size of queue: 1: .* 1000 ms .*Try/);
  assert.equal(refused.fields.MSG_REGION, "DefaultRegion");
  await clock.advance(4000);
  assert.equal((await first).code, 0);
  syncMs = 1;
  await clock.advance(5000);
  assert.equal((await harness.ask(caller, 310, sendHeader("T"), body)).code, 0);
});

test("14: the disk is full, with how full and up to where it is taken; reads go on", async () => {
  const time = new VirtualClock();
  const disk = new MemoryDisk({ clock: time, totalBytes: 100 << 20 });
  const sqlite = new MemorySqlite({ clock: time, commitMs: () => 10 });
  const world = await makeWorld({}, { ground: { time, disk, sqlite, clock: time } });
  const { clock, lines, broker } = world;
  const harness = await new Harness(brokerRows(broker), {}, { clock, lines }).start();
  const caller = await harness.caller();
  const body = utf8.encode("x");
  assert.equal((await harness.ask(caller, 310, sendHeader("T"), body)).code, 0);
  const ballast = disk.open("/ballast", "create");
  for (let mib = 0; mib < 95; mib++) ballast.write(new Uint8Array(1 << 20), mib << 20);
  await clock.advance(20_000);
  const refused = await harness.ask(caller, 310, sendHeader("T"), body);
  assert.equal(refused.code, 14);
  assert.match(refused.remark ?? "", /disk is full: .* 9\d\.\d % full, \d MiB free.* up to 90 %/);
  assert.equal((await harness.ask(caller, 11, pullHeader("T"))).code, 0);
  ballast.truncate(0);
  await clock.advance(1000);
  assert.equal((await harness.ask(caller, 310, sendHeader("T"), body)).code, 0);
});

test("215: more pulls wait than may, by the setting's name", async () => {
  const { world, harness } = await openBroker({ settings: { pullWaitersPerLinkMax: 2 } });
  const caller = await harness.caller();
  await harness.ask(caller, 310, sendHeader("T"), utf8.encode("x"));
  const header = pullHeader("T", { sysFlag: 6, queueOffset: 1 });
  for (let count = 0; count < 2; count++) {
    caller.call({ code: 11, header, timeoutMs: 60_000 }).catch(() => {});
  }
  await world.clock.advance(20);
  const refused = await harness.ask(caller, 11, header);
  assert.equal(refused.code, 215);
  assert.match(refused.remark ?? "", /2 of this connection wait already.*PerLinkMax is 2.*Pull/);
});

test("17 names its cause: what may not be made, and what is gone", async () => {
  const { world, harness } = await openBroker({ settings: { autoCreateTopic: false } });
  const caller = await harness.caller();
  const send = async (changes: Record<string, string>) => {
    const header = { ...sendHeader("T"), ...changes };
    const { code, remark } = await harness.ask(caller, 310, header, utf8.encode("x"));
    return `${code} ${remark}`;
  };
  assert.match(await send({}), /^17 topic\[T\] not exist, .*autoCreateTopicEnable is false\./);
  assert.match(await send({ c: "None" }), /^17 .* default topic\[None\] not exist\./);
  assert.match(await send({ c: "SELF_TEST_TOPIC" }), /^17 .* has no perm \[6\]\./);
  world.settings.autoCreateTopic = true;
  world.settings.topicsMax = 1;
  assert.match(await send({ c: "DefaultCluster" }), /^17 .* topicsMax is 1\. Delete topics/);
  const pulled = await harness.ask(caller, 11, pullHeader("T"));
  assert.equal(pulled.code, 17);
  assert.match(pulled.remark ?? "", /^topic\[T\] not exist, .*on this broker; a route .* is old/);
  const held = { consumerGroup: "g", topic: "T", queueId: "0", pollTime: "0", bornTime: "0" };
  const pop = { ...held, maxMsgNums: "1", invisibleTime: "1000", initMode: "0" };
  for (const [code, header] of [[200050, pop], [200054, held], [200055, held]] as const) {
    const popped = await harness.ask(caller, code, header);
    assert.equal(popped.code, 17);
    assert.match(popped.remark ?? "", /^topic\[T\] not exist, .*a route that leads here is old/);
  }
});
