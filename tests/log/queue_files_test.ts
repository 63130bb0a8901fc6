import assert from "node:assert/strict";
import { test } from "node:test";
import { ENTRY_BYTES } from "../../lib/log/entry.ts";
import { OpenFiles } from "../../lib/log/open_files.ts";
import { type FilesAtRest, QueueFiles } from "../../lib/log/queue_files.ts";
import { Touched } from "../../lib/log/touched.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";

const FILE_ENTRIES = 1000;

/** The files of one queue on a disk that tells what it is asked. */
function ground() {
  const clock = new VirtualClock();
  const disk = new MemoryDisk({ clock });
  const shared = {
    disk,
    files: new OpenFiles(disk, 8),
    touched: new Touched(),
    directory: "/store/consumequeue",
    fileEntries: FILE_ENTRIES,
    entryBytes: ENTRY_BYTES,
  };
  const asked: string[] = [];
  disk.faults = ({ kind }) => void asked.push(kind);
  const files = (known?: FilesAtRest) => new QueueFiles(shared, { topic: "T", queueId: 0 }, known);
  return { clock, shared, asked, files };
}

function entries(count: number): Uint8Array {
  const bytes = new Uint8Array(count * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < count; at++) view.setInt32(at * ENTRY_BYTES + 8, 100);
  return bytes;
}

test("Who wakes a queue that was at rest looks nothing up again", async () => {
  const { clock, shared, asked, files } = ground();
  let known: FilesAtRest | undefined;
  for (let times = 0; times < 5; times++) {
    const woken = files(known);
    asked.length = 0;
    woken.write(times * 300, entries(300));
    const isNew = times === 0 || times === 3;
    if (!isNew) assert.deepEqual(asked, ["open", "write"]);
    known = woken.rest();
  }
  assert.deepEqual(known, { first: 0, last: FILE_ENTRIES, end: 1500, isAnchored: true });
  asked.length = 0;
  const synced = shared.touched.sync(shared.disk, shared.files);
  await clock.advance(1000);
  await synced;
  assert.equal(asked.filter((kind) => kind === "sync").length, 2, "once a file");
  const again = files(known);
  assert.deepEqual([again.first, again.end, files().end], [0, 1500, 1500]);
});

test("Files with a gap between them, or none, are looked up again", () => {
  const { files } = ground();
  assert.equal(files().rest(), undefined);
  files().write(0, entries(1));
  const afar = files();
  afar.write(200 * FILE_ENTRIES, entries(3));
  assert.equal(afar.rest(), undefined);
  assert.deepEqual([files().first, files().end], [0, 200 * FILE_ENTRIES + 3]);
});

test("The end is found at any place, and few places are looked at near the begin", () => {
  for (const count of [0, 1, 2, 3, 7, 8, 511, 512, 513, FILE_ENTRIES - 1, FILE_ENTRIES]) {
    const { asked, files } = ground();
    files().write(0, entries(1));
    files().write(0, entries(count));
    if (count === 0) files().cut(0);
    asked.length = 0;
    assert.equal(files().end, count);
    const reads = asked.filter((kind) => kind === "read").length;
    assert.ok(reads <= 2 + 2 * Math.ceil(Math.log2(count + 1)), `${reads} reads for ${count}`);
  }
});
