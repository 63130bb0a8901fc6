import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "../../lib/log/log.ts";
import type { MemoryDisk } from "../../lib/port/disk_memory.ts";
import type { Random } from "../../lib/port/random.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { Ledger } from "./ledger.ts";
import { numbered, Rig } from "./rig.ts";

/** Bytes of the log that were changed. */
interface Hit {
  readonly from: number;
  readonly to: number;
}

interface Store {
  readonly rig: Rig;
  readonly ledger: Ledger;
  readonly end: number;
}

/** A store whose records are all on the disk, left in order or killed. */
async function store(isKilled: boolean): Promise<Store> {
  const rig = new Rig();
  const log = await rig.open();
  const ledger = new Ledger();
  for (let at = 0; at < 60; at++) {
    const sent = numbered(at);
    const stored = log.append(sent);
    const body = new TextDecoder().decode(sent.body);
    ledger.noteAcked(ledger.noteSent(sent.topic, sent.queueId, { stored, body }));
    if (at % 20 === 0) await rig.clock.advance(1);
  }
  await rig.turned(log.durable());
  for (const job of log.jobs()) job.run(rig.clock.monotonic());
  await rig.clock.settle();
  if (isKilled) rig.disk = rig.disk.kill();
  else await rig.turned(log.close());
  return { rig, ledger, end: log.positionMax };
}

/** One bit, two bits, zeros, or a piece of the file from elsewhere. */
function damage(disk: MemoryDisk, path: string, options: { random: Random; end: number }): Hit {
  const { random, end } = options;
  const file = disk.open(path, "write");
  const from = random.below(end);
  const length = [1, 2, 512, 300][random.below(4)];
  const to = Math.min(end, from + length);
  const bytes = new Uint8Array(to - from);
  file.read(bytes, from);
  if (length < 3) { for (let at = 0; at < bytes.length; at++) bytes[at] ^= 1 << random.below(8); }
  else if (length === 512) bytes.fill(0);
  else file.read(bytes, random.below(end));
  file.write(bytes, from);
  file.close();
  return { from, to };
}

/** Acknowledged messages that are gone although nothing of them was hit, and whatever is wrong. */
function faultsOf(log: Log, ledger: Ledger, hit: Hit | undefined): string[] {
  return ledger.faults(log).filter((fault) => {
    if (hit === undefined) return true;
    const range = /"position":(\d+),"end":(\d+)/.exec(fault);
    if (range === null) return !fault.startsWith("unreadable") && !fault.includes(" ends at ");
    return Number(range[1]) >= hit.to || Number(range[2]) <= hit.from;
  });
}

for (const isKilled of [false, true]) {
  const how = isKilled ? "killed" : "stopped";
  test(`damage of the log of a ${how} store costs the records that were hit alone`, async () => {
    const faults: string[] = [];
    for (let seed = 1; seed <= 150; seed++) {
      const { rig, ledger, end } = await store(isKilled);
      const random = new SeededRandom(seed);
      const segment = random.below(Math.ceil(end / 4096)) * 4096;
      const path = `/store/commitlog/${String(segment).padStart(20, "0")}`;
      const hit = damage(rig.disk, path, { random, end: Math.min(4096, end - segment) });
      const log = await rig.open();
      const inLog = { from: segment + hit.from, to: segment + hit.to };
      for (const fault of faultsOf(log, ledger, inLog)) faults.push(`seed ${seed}: ${fault}`);
      const more = log.append(numbered(0));
      await rig.clock.settle();
      assert.notEqual(log.recordAt(more.position), undefined);
    }
    assert.deepEqual(faults, []);
  });

  test(`damage of the other files of a ${how} store costs no message`, async () => {
    const faults: string[] = [];
    for (let seed = 1; seed <= 60; seed++) {
      const { rig, ledger } = await store(isKilled);
      const random = new SeededRandom(seed);
      const index = rig.disk.list("/store/index").map((entry) => `index/${entry.name}`);
      const names = ["pocketmq.mark", "checkpoint", "abort", ...index]
        .filter((name) => rig.disk.exists(`/store/${name}`));
      const path = `/store/${names[random.below(names.length)]}`;
      const file = rig.disk.open(path, "read");
      const end = file.size();
      file.close();
      damage(rig.disk, path, { random, end });
      const log = await rig.open();
      for (const fault of faultsOf(log, ledger, undefined)) faults.push(`${path}: ${fault}`);
      log.keys.find({ topic: "TopicTest", key: "k1", max: 64, beginMs: 0, endMs: 9e15 });
      await rig.turned(log.close());
    }
    assert.deepEqual(faults, []);
  });
}
