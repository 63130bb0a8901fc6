import assert from "node:assert/strict";
import { test } from "node:test";
import { indexNameAfter, indexNameOf } from "../../lib/log/index_name.ts";
import type { Log } from "../../lib/log/log.ts";
import { formatProperties } from "../../lib/model/properties.ts";
import { message, numbered, Rig } from "./rig.ts";

function find(log: Log, key: string, changes: { max?: number; from?: number; to?: number } = {}) {
  const { max = 64, from = 0, to = 9e15 } = changes;
  return log.keys.find({ topic: "TopicTest", key, max, beginMs: from, endMs: to });
}

async function tick(rig: Rig, log: Log): Promise<void> {
  await rig.clock.advance(11_000);
  for (const job of log.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.settle();
}

test("keys are found in memory, while being written, and in files, newest first", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const positions: number[] = [];
  for (let at = 0; at < 40; at++) {
    positions.unshift(log.append(numbered(at)).position);
    if (at === 12 || at === 25) await tick(rig, log);
    await rig.clock.settle();
    const even = positions.filter((_, back) => (at - back) % 2 === 0);
    assert.deepEqual(find(log, "even0").positions, even);
    assert.deepEqual(find(log, `U${at}`).positions, [positions[0]]);
  }
  assert.deepEqual(find(log, "even0", { max: 3 }).positions.length, 3);
  assert.equal(find(log, "nothing").positions.length, 0);
  assert.equal(find(log, "even0").lastUpdatePosition, positions[0]);
  await rig.turned(log.close());
  const again = await rig.open();
  assert.equal(find(again, "even0").positions.length, 20);
  assert.equal(find(again, "even0").lastUpdatePosition, positions[0]);
});

test("the time window counts, both ends included", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const stored = [];
  for (let at = 0; at < 5; at++) {
    stored.push(log.append(message({ properties: formatProperties(new Map([["KEYS", "k"]])) })));
    await rig.clock.advance(10_000);
  }
  const [, second, , fourth] = stored;
  for (const isWritten of [false, true]) {
    if (isWritten) await tick(rig, log);
    const hits = find(log, "k", { from: second.storeTimestamp, to: fourth.storeTimestamp });
    assert.deepEqual(hits.positions, stored.slice(1, 4).map((one) => one.position).reverse());
  }
});

test("index files have RocketMQ's bytes", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const properties = formatProperties(new Map([["KEYS", "a  b"], ["UNIQ_KEY", "U"]]));
  log.append(message({ properties }));
  await rig.clock.advance(2500);
  const second = log.append(message({ properties }));
  await rig.turned(log.close());
  const [entry] = rig.disk.list("/store/index");
  assert.equal(entry.name, "20260101000000000");
  const file = rig.disk.open(`/store/index/${entry.name}`, "read");
  const bytes = new Uint8Array(file.size());
  file.read(bytes, 0);
  assert.equal(bytes.length, 40 + 16 * 4 + 32 * 20);
  const view = new DataView(bytes.buffer);
  const start = 1_767_225_600_000;
  assert.deepEqual(
    [0, 8, 16, 24].map((at) => Number(view.getBigInt64(at))),
    [start, start + 2500, 0, second.position],
  );
  assert.deepEqual([view.getInt32(32), view.getInt32(36)], [3, 7]);
  // "TopicTest#U".hashCode() = 1247014547.
  const hash = 1_247_014_547;
  const slot = view.getInt32(40 + (hash % 16) * 4);
  assert.equal(slot, 4);
  const at = 40 + 64 + slot * 20;
  assert.deepEqual(
    [
      view.getInt32(at),
      Number(view.getBigInt64(at + 4)),
      view.getInt32(at + 12),
      view.getInt32(at + 16),
    ],
    [hash, second.position, 2, 1],
  );
});

test("tags are indexed as RocketMQ 5.5 does", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const stored = [0, 1, 2].map((at) => log.append(numbered(at)).position);
  await rig.clock.settle();
  assert.deepEqual(find(log, "T#Tag0").positions, [stored[2], stored[0]]);
});

test("rollbacks are not indexed, halves are", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const properties = formatProperties(new Map([["KEYS", "k"]]));
  for (const sysFlag of [0x4, 0xc]) log.append(message({ sysFlag, properties }));
  await rig.clock.settle();
  assert.deepEqual(find(log, "k").positions, [0]);
});

test("without an index nothing is written and nothing found", async () => {
  const rig = new Rig({ indexEnabled: false });
  const log = await rig.open();
  log.append(numbered(0));
  await rig.turned(log.close());
  assert.equal(rig.disk.exists("/store/index"), false);
  assert.equal(find(await rig.open(), "k0").positions.length, 0);
});

test("an index write that finds no room is tried again, no key is lost", async () => {
  const rig = new Rig();
  const log = await rig.open();
  for (let at = 0; at < 10; at++) log.append(numbered(at));
  await rig.clock.settle();
  for (let failing = 1; failing <= 6; failing++) {
    let writes = 0;
    rig.disk.faults = ({ kind, path }) => {
      const isMeant = kind === "write" && path.includes("/index/");
      return isMeant && ++writes === failing ? "ENOSPC" : undefined;
    };
    log.append(numbered(10 + failing));
    await tick(rig, log);
  }
  rig.disk.faults = undefined;
  await tick(rig, log);
  assert.equal(log.failure, undefined);
  await rig.turned(log.close());
  const again = await rig.open();
  assert.equal(again.recovery.how, "orderly");
  for (const at of [0, 5, 9, 11, 16]) {
    assert.equal(find(again, `k${at}`).positions.length, 1, `k${at}`);
  }
  assert.equal(find(again, "even0").positions.length, 8);
});

test("names of index files are times, and always go up", () => {
  assert.equal(indexNameOf(1_767_225_600_000), "20260101000000000");
  assert.equal(indexNameOf(951_827_696_789), "20000229123456789");
  assert.equal(indexNameOf(4_107_542_399_999), "21000228235959999");
  assert.equal(indexNameAfter(1_767_225_600_000, undefined), "20260101000000000");
  assert.equal(indexNameAfter(1_767_225_600_000, "20260101000000000"), "20260101000000001");
  assert.equal(indexNameAfter(1_767_225_600_000, "20260102999999999"), "20260103000000000");
});

test("a long search lets others work, and finds the same", async () => {
  const rig = new Rig({ indexSlots: 4, indexEntries: 8000, segmentBytes: 1 << 20 });
  const log = await rig.open();
  for (let at = 0; at < 3000; at++) {
    const properties = formatProperties(new Map([["KEYS", `k${at % 2}`]]));
    log.append(message({ properties }));
    if (at % 20 === 19) await rig.clock.settle();
  }
  await tick(rig, log);
  const query = { topic: "TopicTest", key: "k1", max: 5000, beginMs: 0, endMs: 9e15 };
  let pauses = 0;
  const pause = () => {
    pauses++;
    return Promise.resolve();
  };
  const { positions } = await log.keys.search(query, pause);
  assert.deepEqual(positions, log.keys.find(query).positions);
  assert.ok(positions.length === 1500 && pauses >= 3, `${positions.length}, ${pauses} pauses`);
});
