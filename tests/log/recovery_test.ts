import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "../../lib/log/log.ts";
import { recoveryCases } from "../../lib/log/recovery_cases.ts";
import type { Stored } from "../../lib/model/message.ts";
import { Ledger } from "./ledger.ts";
import { bodiesOf, message, numbered, Rig } from "./rig.ts";

interface Crashed {
  readonly rig: Rig;
  readonly stored: readonly Stored[];
  readonly ledger: Ledger;
}

/** A log with `count` records, killed; all below the mark unless `above` more were only written. */
async function crashed(count: number, above = 0): Promise<Crashed> {
  const rig = new Rig();
  const log = await rig.open();
  const ledger = new Ledger();
  const stored: Stored[] = [];
  for (let at = 0; at < count + above; at++) {
    const sent = numbered(at);
    const entry = log.append(sent);
    stored.push(entry);
    const id = ledger.noteSent(sent.topic, sent.queueId, {
      stored: entry,
      body: new TextDecoder().decode(sent.body),
    });
    ledger.noteAcked(id);
    if (at === count - 1) await rig.turned(log.durable());
  }
  await rig.clock.settle();
  rig.disk = rig.disk.kill();
  return { rig, stored, ledger };
}

function segmentPath(position: number): string {
  return `/store/commitlog/${String(position - position % 4096).padStart(20, "0")}`;
}

function overwrite(rig: Rig, position: number, bytes: Uint8Array): void {
  const file = rig.disk.open(segmentPath(position), "write");
  file.write(bytes, position % 4096);
  file.close();
}

function flip(rig: Rig, position: number): void {
  const file = rig.disk.open(segmentPath(position), "write");
  const byte = new Uint8Array(1);
  file.read(byte, position % 4096);
  byte[0] ^= 0x10;
  file.write(byte, position % 4096);
  file.close();
}

/** Opens again, and checks that exactly these messages are gone. */
async function expectLost(found: Crashed, lost: readonly number[]): Promise<Log> {
  const log = await found.rig.open();
  const there = new Set<string | undefined>();
  for (const queueId of [0, 1, 2]) {
    for (const body of bodiesOf(log, "TopicTest", queueId)) there.add(body);
  }
  const missing = found.stored.map((_, at) => at).filter((at) => {
    return !there.has(new TextDecoder().decode(numbered(at).body));
  });
  assert.deepEqual(missing, lost);
  return log;
}

test("after a kill all that was written is there", async () => {
  const found = await crashed(30, 5);
  const log = await expectLost(found, []);
  assert.equal(log.recovery.how, "after a crash");
  assert.equal(log.recovery.records, 35);
  await found.rig.turned(log.close());
  const again = await found.rig.open();
  assert.equal(again.recovery.how, "orderly");
});

test("a start after a kill reads only what came after the views' last sync", async () => {
  const rig = new Rig();
  const log = await rig.open();
  const jobs = log.jobs();
  for (let at = 0; at < 30; at++) log.append(numbered(at));
  await rig.clock.advance(11_000);
  for (const job of jobs) job.run(rig.clock.monotonic());
  await rig.clock.settle();
  for (let at = 30; at < 34; at++) log.append(numbered(at));
  await rig.clock.settle();
  rig.disk = rig.disk.kill();
  const again = await rig.open();
  assert.equal(again.recovery.records, 4);
  assert.equal(again.queue("TopicTest", 0).offsetMax, 12);
});

test("a torn tail above the mark is cut, for ever", async () => {
  const found = await crashed(10, 4);
  const { rig, stored } = found;
  flip(rig, stored[11].position + 100);
  const log = await expectLost(found, [11, 12, 13]);
  assert.equal(log.positionMax, stored[11].position);
  assert.equal(log.recovery.cutBytes, stored[13].position + stored[13].size - stored[11].position);
  assert.match(log.recovery.sentences.join(), /cut at position .* torn tail/);
  // A record of the size of the damaged one: the old sound records behind it must not come back.
  log.append({ ...numbered(11), body: numbered(11).body.map(() => 65) });
  await rig.clock.settle();
  rig.disk = rig.disk.kill();
  const again = await rig.open();
  assert.equal(again.positionMax, stored[12].position);
  assert.equal(again.recovery.damaged, 0);
});

test("damage below the mark is stepped over, what lies behind it is kept", async () => {
  const found = await crashed(20);
  const { rig, stored } = found;
  flip(rig, stored[7].position + 100);
  const log = await expectLost(found, [7]);
  assert.equal(log.recovery.damaged, 1);
  assert.equal(log.recovery.cutBytes, 0);
  assert.match(
    log.recovery.sentences.join(),
    new RegExp(`damaged at position ${stored[7].position} .* up to ${stored[8].position}`),
  );
  assert.deepEqual(bodiesOf(log, "TopicTest", 1)[2], undefined);
  assert.equal(log.queue("TopicTest", 1).offsetMax, 7);
});

test("a damaged record leaves a blank entry in its queue", async () => {
  const found = await crashed(20);
  flip(found.rig, found.stored[7].position + 100);
  const log = await found.rig.open();
  const entries: number[][] = [];
  log.queue("TopicTest", 1).scan(2, 1, (...entry) => {
    entries.push(entry);
    return true;
  });
  assert.deepEqual(entries, [[2, 0, 0x7fffffff, 0]]);
});

test("a damaged length is stepped over by looking for the next sound record", async () => {
  const found = await crashed(20);
  const { rig, stored } = found;
  overwrite(rig, stored[5].position, Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 1, 2, 3, 4));
  const log = await expectLost(found, [5]);
  assert.equal(log.recovery.damaged, 1);
});

test("zeros below the mark are damage, not the log's end", async () => {
  const found = await crashed(20);
  const { rig, stored } = found;
  overwrite(rig, stored[5].position, new Uint8Array(stored[7].position - stored[5].position));
  await expectLost(found, [5, 6]);
});

test("damage that reaches to the end of a segment is stepped over into the next", async () => {
  const found = await crashed(40);
  const { rig, stored } = found;
  const from = stored.findIndex(({ position }) => position > 3500);
  const next = stored.findIndex(({ position }) => position >= 4096);
  overwrite(rig, stored[from].position, new Uint8Array(4096 - stored[from].position).fill(0x5a));
  const lost = Array.from({ length: next - from }, (_, at) => from + at);
  const log = await expectLost(found, lost);
  assert.equal(log.recovery.damaged, 1);
});

test("damage at the very end below the mark: the next record goes behind the mark", async () => {
  const found = await crashed(10);
  const { rig, stored } = found;
  flip(rig, stored[9].position + 50);
  const log = await expectLost(found, [9]);
  assert.equal(log.positionMax, stored[9].position + stored[9].size);
  const more = log.append(message({ queueId: 1 }));
  await rig.clock.settle();
  rig.disk = rig.disk.kill();
  const again = await rig.open();
  assert.equal(again.recovery.damaged, 1);
  assert.equal(again.recordAt(more.position)?.length, more.size);
});

test("the offset of a damaged record at a queue's end is not given out again", async () => {
  for (const at of [7, 8, 9]) {
    const found = await crashed(10);
    const { rig, stored } = found;
    flip(rig, stored[at].position + 100);
    const log = await rig.open();
    const queue = log.queue("TopicTest", at % 3);
    assert.equal(queue.offsetMax, stored[at].offset + 1);
    assert.equal(log.append(numbered(at)).offset, stored[at].offset + 1);
    await rig.clock.settle();
    assert.equal(bodiesOf(log, "TopicTest", at % 3)[stored[at].offset], undefined);
    await rig.turned(log.close());
    assert.equal((await rig.open()).queue("TopicTest", at % 3).offsetMax, stored[at].offset + 2);
  }
});

test("a filler with a wrong length is damage", async () => {
  const found = await crashed(40);
  const { rig, stored } = found;
  const next = stored.findIndex(({ position }) => position >= 4096);
  const end = stored[next - 1].position + stored[next - 1].size;
  overwrite(rig, end, Uint8Array.of(0, 0, 0, 9));
  const log = await expectLost(found, []);
  assert.equal(log.recovery.damaged, 1);
});

test("a table that cuts in the middle would be caught", async () => {
  const found = await crashed(20);
  flip(found.rig, found.stored[7].position + 100);
  const place = recoveryCases.damage["below the mark"] as { act: string };
  const { act } = place;
  place.act = "end";
  try {
    const log = await found.rig.open();
    const faults = found.ledger.faults(log).filter((fault) => fault.startsWith("lost"));
    assert.ok(faults.length > 1, "more is lost than the damaged record");
  } finally {
    place.act = act;
  }
});

test("damage met while reading is counted, logged once, and never served", async () => {
  const found = await crashed(30);
  const { rig, stored } = found;
  const log = await rig.open();
  await rig.turned(log.close());
  flip(rig, stored[3].position + 100);
  const again = await rig.open();
  const { position, size } = stored[3];
  assert.equal(again.read(position, size), undefined);
  assert.equal(again.read(position, size), undefined);
  assert.equal(again.recordAt(position), undefined);
  assert.equal(again.state().damagedReads, 1);
  assert.equal(rig.lines.logged("error").length, 1);
  assert.notEqual(again.read(stored[4].position, stored[4].size), undefined);
});

test("a zero-length last file is removed", async () => {
  const { rig } = await crashed(10);
  rig.disk.open("/store/commitlog/00000000000000004096", "create").close();
  const log = await rig.open();
  assert.match(log.recovery.sentences.join(), /being made/);
  assert.equal(rig.disk.exists("/store/commitlog/00000000000000004096"), false);
});

test("a file of another size above the mark is made again", async () => {
  const { rig } = await crashed(10);
  const file = rig.disk.open("/store/commitlog/00000000000000004096", "create");
  file.truncate(1000);
  file.close();
  await rig.open();
  assert.equal(rig.disk.exists("/store/commitlog/00000000000000004096"), false);
});

test("a file that was being cut is made whole again", async () => {
  const found = await crashed(10, 2);
  const { rig, stored } = found;
  const file = rig.disk.open(segmentPath(0), "write");
  file.truncate(stored[10].position);
  file.close();
  await expectLost(found, [10, 11]);
});

test("a file of another size below the mark stops the start, with both sizes", async () => {
  const { rig } = await crashed(40);
  const file = rig.disk.open(segmentPath(0), "write");
  file.truncate(5000);
  file.close();
  await assert.rejects(rig.open(), /has 5000 bytes, but mappedFileSizeCommitLog is 4096/);
});

test("another segment size than the store's stops the start", async () => {
  const { rig } = await crashed(40);
  await assert.rejects(rig.open({ segmentBytes: 8192 }), /has 4096 bytes, .* is 8192/);
});

test("a missing file in the middle stops the start", async () => {
  const { rig } = await crashed(80);
  rig.disk.remove(segmentPath(4096));
  await assert.rejects(rig.open(), /positions 4096 to 8192 are missing/);
});

test("missing files at the end stop the start", async () => {
  const { rig } = await crashed(40);
  rig.disk.remove(segmentPath(4096));
  await assert.rejects(rig.open(), /ends at position 4096, but all up to/);
});

test("a strange file is left alone, with a sentence", async () => {
  const { rig } = await crashed(3);
  rig.disk.open("/store/commitlog/notes.txt", "create").close();
  const log = await rig.open();
  assert.match(log.recovery.sentences.join(), /notes.txt is left alone/);
});

test("a mark of a newer program stops the start", async () => {
  const { rig } = await crashed(3);
  const file = rig.disk.open("/store/pocketmq.mark", "write");
  for (const at of [4, 4100]) file.write(Uint8Array.of(0, 0, 0, 9), at);
  file.close();
  await assert.rejects(rig.open(), /version 9, this program knows 1/);
});

test("one damaged slot of the mark leaves the other", async () => {
  for (const slot of [0, 4096]) {
    const found = await crashed(10);
    const file = found.rig.disk.open("/store/pocketmq.mark", "write");
    file.write(Uint8Array.of(1, 2, 3), slot + 30);
    file.close();
    const log = await expectLost(found, []);
    assert.equal(log.recovery.how, "after a crash");
  }
});
