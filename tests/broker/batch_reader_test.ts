import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchReader } from "../../lib/broker/batch_reader.ts";
import { Memory } from "../../lib/broker/memory.ts";
import type { BrokerSettings } from "../../lib/broker/settings.ts";
import type { EntryVisitor } from "../../lib/log/queue.ts";
import { brokerSettings } from "./broker_settings.ts";

type Entry = readonly [position: number, size: number, tagsCode?: number];
const blank: Entry = [0, 0x7fffffff];

/** A reader over a log of which some places cannot be read, and a queue of these entries. */
function setUp(
  entries: readonly Entry[],
  damaged: readonly number[] = [],
  settings: Partial<BrokerSettings> = {},
) {
  const reads: [position: number, size: number][] = [];
  const read = (position: number, size: number) => {
    const isWhole = !damaged.some((at) => at >= position && at < position + size);
    if (isWhole) reads.push([position, size]);
    return isWhole ? new Uint8Array(size) : undefined;
  };
  const log = { positionMax: 1000, readRun: read, read };
  const all = brokerSettings({ pullMemoryPercent: 100, ...settings });
  const memory = new Memory({ log, settings: all, machineBytes: 1_000_000 });
  const queue = {
    scan(from: number, most: number, visit: EntryVisitor) {
      for (let at = from; at < Math.min(entries.length, from + most); at++) {
        const [position, size, code = 0] = entries[at];
        if (!visit(at, position, size, code)) return;
      }
    },
  };
  const reader = new BatchReader({ log, memory, settings: all });
  const ask = { offset: 0, maxMessages: 32, maxBytes: 1 << 20, filter: undefined };
  return { reads, read: (changes = {}) => reader.read(queue, { ...ask, ...changes }) };
}

test("What lies together in the log is read in one piece, and no more than that", () => {
  const { read, reads } = setUp([[0, 10], [10, 20], [50, 5], [55, 5], [70, 1]]);
  const batch = read();
  assert.deepEqual(reads, [[0, 30], [50, 10], [70, 1]]);
  assert.deepEqual([batch.count, batch.nextOffset, batch.lost], [5, 5, 0]);
  assert.deepEqual(batch.records.map(({ length }) => length), [30, 10, 1]);
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
  assert.deepEqual([batch.count, batch.nextOffset, batch.lost], [1, 2, 0]);
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
  const entries: Entry[] = [[0, 700_000], [700_000, 700_000]];
  const { read, reads } = setUp(entries, [], { pullMemoryBytesMax: 2 << 20 });
  assert.equal(read({ maxBytes: 2 << 20 }).count, 2);
  assert.deepEqual(reads, [[0, 700_000], [700_000, 700_000]]);
});

test("Without the offset's entry nothing is read, and the offset stays", () => {
  const batch = setUp([]).read({ offset: 7 });
  assert.deepEqual([batch.count, batch.nextOffset], [0, 7]);
});
