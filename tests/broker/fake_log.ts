import { crc32 } from "../../lib/port/checksum.ts";
import type { BrokerLog } from "../../lib/broker/broker.ts";
import type { ArrivalListener, EntryVisitor, KeyHits, KeyQuery, Queue } from "../../lib/log/log.ts";
import { tagsCode } from "../../lib/model/filter.ts";
import type { Message, Stored } from "../../lib/model/message.ts";
import { getProperty } from "../../lib/model/properties.ts";
import { encodeRecord, recordCapacity } from "../../lib/model/record.ts";
import type { Clock } from "../../lib/port/clock.ts";

interface Entry {
  readonly position: number;
  readonly size: number;
  readonly tagsCode: number;
  readonly stamp: number;
}

/** Stands in for the log until it is here. */
export class FakeLog implements BrokerLog {
  readonly #clock: Clock;
  readonly #queues = new Map<string, { entries: Entry[]; min: number }>();
  readonly #records = new Map<number, Uint8Array>();
  #listeners: ArrivalListener[] = [];
  positionMax = 0;
  reads: number[] = [];
  settle: (end: number) => Promise<void> = () => Promise.resolve();
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  append(message: Message): Stored {
    const bytes = new Uint8Array(recordCapacity(message));
    const q = this.#open(message.topic, message.queueId);
    const stamp = {
      position: this.positionMax,
      offset: q.entries.length,
      storeTimestamp: this.#clock.now(),
    };
    const target = { bytes, view: new DataView(bytes.buffer), at: 0 };
    const size = encodeRecord(target, message, stamp, crc32);
    this.#records.set(stamp.position, bytes.subarray(0, size));
    const code = tagsCode(getProperty(message.properties, "TAGS"));
    q.entries.push({
      position: stamp.position,
      size,
      tagsCode: code,
      stamp: stamp.storeTimestamp,
    });
    this.positionMax += size;
    for (const l of this.#listeners) {
      l(message.topic, message.queueId, stamp.offset, code, stamp.storeTimestamp);
    }
    return { ...stamp, size };
  }
  appendBatch(messages: readonly Message[]): Stored[] {
    return messages.map((message) => this.append(message));
  }
  settled(end: number): Promise<void> {
    return this.settle(end);
  }
  read(position: number, size: number): Uint8Array | undefined {
    this.reads.push(size);
    const out = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const r = this.#records.get(position + at);
      if (r === undefined) return undefined;
      out.set(r, at);
      at += r.length;
    }
    return out;
  }
  recordAt(position: number) {
    return this.#records.get(position);
  }
  queuePositions(topic: string, queueId: number): number[] {
    return this.#open(topic, queueId).entries.map((e) => e.position);
  }
  damage(position: number) {
    this.#records.delete(position);
  }
  queue(topic: string, queueId: number): Queue {
    const q = this.#open(topic, queueId);
    return {
      topic,
      queueId,
      get offsetMin() {
        return q.min;
      },
      get offsetMax() {
        return q.entries.length;
      },
      scan(from: number, most: number, visit: EntryVisitor) {
        for (let at = from; at < Math.min(from + most, q.entries.length); at++) {
          const e = q.entries[at];
          if (!visit(at, e.position, e.size, e.tagsCode)) return;
        }
      },
      storeTimestampAt: (offset) => q.entries[offset]?.stamp ?? -1,
      offsetByTime: (t) => q.entries.filter((e) => e.stamp < t).length,
    };
  }
  cut(topic: string, queueId: number, min: number) {
    this.#open(topic, queueId).min = min;
  }
  blank(topic: string, queueId: number) {
    this.#open(topic, queueId).entries.push({
      position: 0,
      size: 0x7fffffff,
      tagsCode: 0,
      stamp: -1,
    });
  }
  removeTopic(topic: string) {
    for (const k of this.#queues.keys()) if (k.startsWith(topic + "/")) this.#queues.delete(k);
  }
  keys = {
    find: (_ask: KeyQuery): KeyHits => ({
      positions: [...this.#records.keys()].reverse(),
      lastUpdateMs: 1,
      lastUpdatePosition: 2,
    }),
  };
  onArrival(l: ArrivalListener) {
    this.#listeners.push(l);
  }
  state() {
    return {
      positionMin: 0,
      positionMax: this.positionMax,
      durablePosition: this.positionMax,
      dispatchBehindBytes: 0,
      flushBehindBytes: 0,
      pendingViewBytes: 0,
      diskTotalBytes: 1 << 30,
      diskFreeBytes: 1 << 29,
      diskRatio: 0.5,
      diskFull: false,
      earliestStoreTimestamp: -1,
      damagedReads: 0,
    };
  }
  #open(topic: string, queueId: number) {
    const k = `${topic}/${queueId}`;
    let q = this.#queues.get(k);
    if (!q) this.#queues.set(k, q = { entries: [], min: 0 });
    return q;
  }
}
