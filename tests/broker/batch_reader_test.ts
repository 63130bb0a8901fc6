import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchReader } from "../../lib/broker/batch_reader.ts";
import { Memory } from "../../lib/broker/memory.ts";
import type { BrokerSettings } from "../../lib/broker/settings.ts";
import type { EntryVisitor } from "../../lib/log/queue.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { brokerSettings } from "./broker_settings.ts";

type Entry = readonly [position: number, size: number, tagsCode?: number];
/** A record has at least so many times the bytes that entries say here. */
const SCALE = 100;
const blank: Entry = [0, 0x7fffffff];

/** A reader over a log of which some places cannot be read, and a queue of these entries. */
function setUp(
  entries: readonly Entry[],
  damaged: readonly number[] = [],
  settings: Partial<BrokerSettings> = {},
) {
  const reads: [position: number, size: number][] = [];
  const read = (scaled: number, scaledSize: number) => {
    const [position, size] = [scaled / SCALE, scaledSize / SCALE];
    const isWhole = !damaged.some((at) => at >= position && at < position + size);
    if (isWhole) reads.push([position, size]);
    return isWhole ? recordsIn(scaled, scaledSize) : undefined;
  };
  /** Each record says its offset: the place of the first entry that names it. */
  const recordsIn = (scaled: number, scaledSize: number) => {
    const bytes = new Uint8Array(scaledSize);
    const view = new DataView(bytes.buffer);
    for (const [position] of entries) {
      const at = position * SCALE - scaled;
      if (at < 0 || at >= scaledSize) continue;
      view.setInt32(
        at + 24,
        entries.findIndex((entry) => entry[0] === position && entry !== blank),
      );
    }
    return bytes;
  };
  const log = {
    giveBack: () => {},
    isSound: () => true,
    positionMax: 1000 * SCALE,
    readRun: read,
    read,
  };
  const lines = new MemoryLines();
  const all = brokerSettings({ pullMemoryPercent: 100, ...settings });
  const memory = new Memory({ log, settings: all, machineBytes: 1_000_000 });
  const queue = {
    topic: "T",
    queueId: 0,
    scan(from: number, most: number, visit: EntryVisitor) {
      for (let at = from; at < Math.min(entries.length, from + most); at++) {
        const [position, size, code = 0] = entries[at];
        const isBlank = entries[at] === blank;
        const place = isBlank ? [0, size] : [position * SCALE, size * SCALE];
        if (!visit(at, place[0], place[1], code)) return;
      }
    },
    scanFor(
      codes: ReadonlySet<number>,
      { from, most }: { readonly from: number; readonly most: number },
      visit: EntryVisitor,
    ) {
      let next = from;
      this.scan(from, most, (offset, ...entry) => {
        const isAsked = entry[1] === blank[1] || codes.has(entry[2]);
        const goesOn = !isAsked || visit(offset, ...entry);
        if (goesOn) next = offset + 1;
        return goesOn;
      });
      return next;
    },
  };
  const reader = new BatchReader({ log, memory, settings: all, lines });
  const ask = { offset: 0, maxMessages: 32, maxBytes: 1 << 20, filter: undefined };
  const read1 = (changes = {}) => reader.read(queue, { ...ask, ...changes });
  return { reads, lines, reader, read: read1 };
}

test("What lies together in the log is read in one piece, and no more than that", () => {
  const { read, reads } = setUp([[0, 10], [10, 20], [50, 5], [55, 5], [70, 1]]);
  const batch = read();
  assert.deepEqual(reads, [[0, 30], [50, 10], [70, 1]]);
  assert.deepEqual([batch.count, batch.nextOffset, batch.lost], [5, 5, 0]);
  assert.deepEqual(batch.records.map(({ length }) => length / SCALE), [30, 10, 1]);
});

test("A run with a damaged record is read record by record, without that one", () => {
  const { read, reads } = setUp([[0, 10], [10, 20], [30, 5], [60, 5]], [12]);
  const batch = read();
  assert.deepEqual(reads, [[0, 10], [30, 5], [60, 5]]);
  assert.deepEqual([batch.count, batch.nextOffset, batch.lost], [3, 4, 1]);
});

test("Blank entries are passed over, also behind a full batch's first message", () => {
  const { read } = setUp([blank, [0, 10], blank, blank, [10, 10], blank]);
  assert.deepEqual(
    [read().count, read().nextOffset, read().lost],
    [2, 6, 4],
  );
  const few = setUp([blank, blank, [0, 10]]).read({ offset: 1, maxMessages: 1 });
  assert.deepEqual([few.count, few.nextOffset], [1, 3]);
});

test("What does not match is passed over and counts for nothing", () => {
  const entries: Entry[] = [[0, 10, 1], [10, 10, 2], [20, 10, 1], [30, 10, 2]];
  const batch = setUp(entries).read({ filter: new Set([2]), maxMessages: 1 });
  assert.deepEqual([batch.count, batch.nextOffset, batch.lost], [1, 3, 0]);
  const none = setUp(entries).read({ filter: new Set([3]) });
  assert.deepEqual([none.count, none.nextOffset, none.lost], [0, 4, 0]);
});

test("A pull that asks for very many looks at ten thousand entries at the most", () => {
  const entries = Array.from({ length: 20_000 }, (_, at): Entry => [at * 10, 10, 1]);
  const asked = { filter: new Set([2]), maxMessages: 2 ** 31 - 1 };
  assert.equal(setUp(entries).read(asked).nextOffset, 10_000);
  assert.equal(setUp(entries).read({ ...asked, maxMessages: -5 }).nextOffset, 800);
});

test("Very long runs are parted", () => {
  const entries: Entry[] = [[0, 7000], [7000, 7000]];
  const { read, reads } = setUp(entries, [], { pullMemoryBytesMax: 2 << 20 });
  assert.equal(read({ maxBytes: 2 << 20 }).count, 2);
  assert.deepEqual(reads, [[0, 7000], [7000, 7000]]);
});

test("Without the offset's entry nothing is read, and the offset stays", () => {
  const batch = setUp([]).read({ offset: 7 });
  assert.deepEqual([batch.count, batch.nextOffset], [0, 7]);
});

test("An entry that names another's record is not served: counted, and logged once", () => {
  const { read, lines, reader } = setUp([[0, 10], [10, 10], [0, 10], [30, 10]]);
  for (let times = 0; times < 2; times++) {
    const batch = read();
    assert.deepEqual([batch.count, batch.nextOffset, batch.lost], [3, 4, 1]);
    assert.equal(read({ offset: 2, maxMessages: 1 }).count, 0);
  }
  assert.equal(reader.wrongEntries, 1);
  assert.deepEqual(lines.logged("error").map(({ text }) => text), [
    "The entry 2 of T queue 0 names a record of queue 0, offset 0: it is not served, readers go " +
    "on behind it. Delete the queue's directory while the broker is stopped, and it grows back " +
    "from the log.",
  ]);
});
