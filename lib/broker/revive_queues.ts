import type { Log } from "../log/log.ts";
import type { ProgressTable } from "../meta/progress.ts";
import { decodeRecord } from "../model/record.ts";
import type { Topic } from "../model/topic.ts";
import { type Hold, Holds } from "./lease.ts";
import { readRevive, REVIVE_GROUP, type ReviveEntry } from "./revive_log.ts";

/** What the queues of the revive topic are read with. */
export interface ReviveQueuesParts {
  readonly log: Pick<Log, "queue" | "read">;
  readonly progressTable: Pick<ProgressTable, "get" | "set">;
  readonly topicTable: { get(name: string): Topic | undefined };
}

/** A record of the revive topic as it was read. */
export interface ReviveRecord {
  readonly entry: ReviveEntry;
  readonly queueId: number;
  readonly offset: number;
  /** ms since 1970. */
  readonly storeMs: number;
}

/** Records that one piece of reading takes. */
const PIECE = 1000;

/**
 * The queues of the revive topic: what is read of them, what in them is not over, and so up to
 * where nobody needs to read them again, which is the progress of a group, as upstream.
 */
export class ReviveQueues {
  readonly #parts: ReviveQueuesParts;
  readonly #topic: string;
  #holds: Holds[] = [];
  /** The next offset of each queue to read. */
  #next: number[] = [];
  /** Beyond those: what this broker wrote itself. */
  #own: Set<number>[] = [];
  #written = 0;

  constructor(parts: ReviveQueuesParts, topic: string) {
    this.#parts = parts;
    this.#topic = topic;
  }

  get count(): number {
    return this.#holds.length;
  }

  /** Stands where the progress says. */
  open(): void {
    const { topicTable, progressTable } = this.#parts;
    const known = topicTable.get(this.#topic);
    const count = Math.max(1, known?.readQueues ?? 0, known?.writeQueues ?? 0);
    this.#holds = Array.from({ length: count }, () => new Holds());
    this.#own = this.#holds.map(() => new Set());
    this.#next = this.#holds.map((_, queueId) => {
      const { offsetMin, offsetMax } = this.#queue(queueId);
      const progress = progressTable.get(REVIVE_GROUP, this.#topic, queueId) ?? 0;
      return Math.min(Math.max(progress, offsetMin), offsetMax);
    });
  }

  /** Reads a piece of each queue; false: there is more. */
  read(visit: (record: ReviveRecord) => void): boolean {
    let isAll = true;
    for (let queueId = 0; queueId < this.count; queueId++) {
      if (!this.#readQueue(queueId, visit)) isAll = false;
    }
    return isAll;
  }

  /** Store time of the last record, ms since 1970; 0 where there is none. */
  get lastMs(): number {
    let last = 0;
    for (let queueId = 0; queueId < this.count; queueId++) {
      const queue = this.#queue(queueId);
      if (queue.offsetMax > 0) last = Math.max(last, queue.storeTimestampAt(queue.offsetMax - 1));
    }
    return last;
  }

  /** The next queue in turn. */
  turn(): number {
    return this.#written++ % this.count;
  }

  /** This broker wrote a record there itself. */
  wrote(queueId: number, offset: number): void {
    if (offset === this.#next[queueId]) this.#next[queueId]++;
    else this.#own[queueId].add(offset);
  }

  /** From this record on it is not over. */
  hold(queueId: number, hold: Hold, offset: number): void {
    this.#holds[queueId].push(hold, offset);
  }

  release(queueId: number, hold: Hold): void {
    this.#holds[queueId].remove(hold);
  }

  /** Notes up to where all is over. */
  commit(): void {
    const { progressTable } = this.#parts;
    this.#next.forEach((next, queueId) => {
      const done = this.#holds[queueId].oldest ?? next;
      if ((progressTable.get(REVIVE_GROUP, this.#topic, queueId) ?? 0) >= done) return;
      progressTable.set(REVIVE_GROUP, this.#topic, queueId, done);
    });
  }

  #readQueue(queueId: number, visit: (record: ReviveRecord) => void): boolean {
    const queue = this.#queue(queueId);
    const from = this.#next[queueId];
    const end = queue.offsetMax;
    if (from >= end) return true;
    const places: [offset: number, position: number, size: number][] = [];
    queue.scan(from, PIECE, (offset, position, size) => {
      places.push([offset, position, size]);
      return true;
    });
    for (const [offset, position, size] of places) {
      this.#next[queueId] = offset + 1;
      if (this.#own[queueId].delete(offset)) continue;
      const bytes = this.#parts.log.read(position, size);
      const record = bytes && decodeRecord(bytes);
      const entry = record && readRevive(record);
      if (entry !== undefined && record !== undefined) {
        visit({ entry, queueId, offset, storeMs: record.storeTimestamp });
      }
    }
    return places.length === 0 || this.#next[queueId] >= end;
  }

  #queue(queueId: number) {
    return this.#parts.log.queue(this.#topic, queueId);
  }
}
