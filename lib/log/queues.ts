import { Refusal } from "../model/refusal.ts";
import { crc32 } from "../port/checksum.ts";
import { BatchQueue } from "./batch_queue.ts";
import { ENTRY_BYTES } from "./entry.ts";
import type { Glance } from "./glance.ts";
import { Queue, type Shelf } from "./queue.ts";
import { type QueueDisk, QueueFiles } from "./queue_files.ts";
import { UNIT_BYTES } from "./unit.ts";

/** A queue of either kind. */
export type AnyQueue = Queue | BatchQueue;

/** What all queues work with, and where they are. */
export interface QueueParts
  extends Omit<Shelf<AnyQueue>, "pendingBytes" | "onDirty" | "directory" | "entryBytes"> {
  /** The data directory. */
  readonly root: string;
  readonly batchFileEntries: number;
  /** Does a record of this topic take as many offsets as there are messages in it? */
  isBatched(topic: string): boolean;
}

/** Fewer entries of a queue wait for others, which the next write takes along. */
const entriesWorthWriting = 32;
/** Unless so many bytes of entries wait in all. */
const pendingBytesMax = 16 << 20;

/** All queues that were touched since the start; the others wait on the disk. */
export class Queues {
  readonly #shelf: Shelf<AnyQueue>;
  /** The same for topics of batches. */
  readonly #batchShelf: Shelf<AnyQueue>;
  readonly #isBatched: (topic: string) => boolean;
  /** By topic and queue id; the lists may have gaps. */
  readonly #topics = new Map<string, AnyQueue[]>();
  /** Topics removed whose files are still there. */
  readonly #condemned = new Set<string>();
  #dirty: AnyQueue[] = [];
  #warm: AnyQueue[] = [];

  constructor({ root, isBatched, batchFileEntries, ...parts }: QueueParts) {
    const common = { ...parts, onDirty: (queue: AnyQueue) => void this.#dirty.push(queue) };
    const plain = { directory: `${root}/consumequeue`, entryBytes: ENTRY_BYTES };
    const batched = { directory: `${root}/batchconsumequeue`, entryBytes: UNIT_BYTES };
    this.#shelf = { ...common, ...plain, pendingBytes: 0 };
    this.#batchShelf = { ...common, ...batched, fileEntries: batchFileEntries, pendingBytes: 0 };
    this.#isBatched = isBatched;
  }

  /** Bytes of entries that wait in memory. */
  get pendingBytes(): number {
    return this.#shelf.pendingBytes + this.#batchShelf.pendingBytes;
  }

  /** Queues with entries that are not in their files, or that may let go of memory. */
  get dirtyCount(): number {
    return this.#dirty.length + this.#warm.length;
  }

  /** Does so much wait that it should be written before all is, or may memory go? */
  get isWorthWriting(): boolean {
    return this.#warm.length > 0 || this.pendingBytes > pendingBytesMax ||
      this.#dirty.some((queue) => queue.pendingEntries >= entriesWorthWriting);
  }

  /** Topics whose files wait to be removed. */
  get condemned(): ReadonlySet<string> {
    return this.#condemned;
  }

  /**
   * Position of the first record whose entry waits for a topic's old files to go; else Infinity.
   */
  get barredFrom(): number {
    let first = Infinity;
    for (const topic of this.#condemned) {
      this.#topics.get(topic)?.forEach((queue) => {
        first = Math.min(first, queue.pendingFrom);
      });
    }
    return first;
  }

  of(topic: string, queueId: number): AnyQueue {
    let byId = this.#topics.get(topic);
    if (byId === undefined) {
      if (!isDirectoryName(topic)) throw new Refusal("message-illegal", noDirectory(topic));
      byId = [];
      this.#topics.set(topic, byId);
    }
    let queue: AnyQueue | undefined = byId[queueId];
    if (queue === undefined) {
      const isBarred = this.#condemned.has(topic);
      queue = this.#isBatched(topic)
        ? new BatchQueue(this.#batchShelf, { topic, queueId }, isBarred)
        : new Queue(this.#shelf, { topic, queueId }, isBarred);
      byId[queueId] = queue;
    }
    return queue;
  }

  /** Takes up the queue entry of a record. */
  put(glance: Glance): AnyQueue | undefined {
    const { topic, queueId } = glance;
    let queue: AnyQueue | undefined = this.#topics.get(topic)?.[queueId];
    if (queue === undefined) {
      if (!isDirectoryName(topic) || queueId < 0) return undefined;
      queue = this.of(topic, queueId);
    }
    queue.put(glance);
    return queue;
  }

  /** Keeps a damaged record's offset, where its head still says a queue that is there. */
  reserve(glance: Glance): void {
    const { topic, queueId, offset } = glance;
    if (!isDirectoryName(topic) || queueId < 0 || offset < 0) return;
    const isThere = this.#topics.get(topic)?.[queueId] !== undefined ||
      this.#shelves.some(({ disk, directory }) => disk.exists(`${directory}/${topic}/${queueId}`));
    if (isThere) this.of(topic, queueId).reserve(glance);
  }

  /** The topic's queues start anew at 0; its files go with the next {@linkcode removeCondemned}. */
  removeTopic(topic: string): void {
    this.#topics.get(topic)?.forEach((queue) => queue.drop());
    this.#topics.delete(topic);
    if (isDirectoryName(topic)) this.#condemned.add(topic);
  }

  /** Removes the files of these topics; returns once the directory entries are to be synced. */
  removeCondemned(topics: readonly string[]): void {
    for (const topic of topics) {
      for (const { disk, directory, touched } of this.#shelves) {
        if (!disk.exists(`${directory}/${topic}`)) continue;
        disk.removeDirectory(`${directory}/${topic}`);
        touched.directory(directory);
      }
      this.#condemned.delete(topic);
      this.#topics.get(topic)?.forEach((queue) => queue.isBarred = false);
    }
  }

  /** Topics that have files, but for those whose files are about to go. */
  topicsOnDisk(): string[] {
    const found = this.#shelves.flatMap(({ disk, directory }) => {
      return disk.list(directory).filter((one) => one.isDirectory).map((one) => one.name);
    });
    return [...new Set(found)].filter((topic) => !this.#condemned.has(topic));
  }

  /** CRC-32 of the names of all topics that have files, and of their queues. */
  topicsCrc(): number {
    const names = this.#shelves.flatMap(({ disk, directory }) => {
      return disk.list(directory).map(({ name, isDirectory }) => {
        const queues = isDirectory ? disk.list(`${directory}/${name}`) : [];
        return [name, ...queues.map((one) => one.name)].join("/");
      });
    });
    return crc32(new TextEncoder().encode(names.join("/")));
  }

  /**
   * Writes out what the log is durable past: all, or those queues of which much waits, and all
   * where much waits of many. `pause` lets the event loop go on now and then.
   */
  async writeOut(
    durable: number,
    { isAll, pause }: { readonly isAll: boolean; readonly pause: () => Promise<void> },
  ): Promise<void> {
    const isEager = isAll || this.pendingBytes > pendingBytesMax;
    const dirty = this.#dirty;
    this.#dirty = [];
    const resting = new Set(this.#warm);
    this.#warm = dirty;
    for (const [at, queue] of dirty.entries()) {
      resting.delete(queue);
      if (!isEager && queue.pendingEntries < entriesWorthWriting) {
        this.#dirty.push(queue);
        continue;
      }
      this.#writeOne(queue, durable, dirty.length - at);
      await pause();
    }
    for (const queue of resting) queue.rest();
  }

  /**
   * Cuts entries that point at or past `end`, and returns the last position that an entry names.
   */
  async checkAll(end: number, pause: () => Promise<void>): Promise<number> {
    let reach = 0;
    for (const { shelf, ...name } of this.#onDisk()) {
      reach = Math.max(reach, cutToLog(new QueueFiles(shelf, name), end));
      await pause();
    }
    return reach;
  }

  /** Removes queue files that hold nothing at or above `position`; returns how many. */
  async removeBelow(position: number, pause: () => Promise<void>): Promise<number> {
    let count = 0;
    for (const { shelf, topic, queueId } of this.#onDisk()) {
      const loaded = this.#topics.get(topic)?.[queueId];
      const files = loaded ?? new QueueFiles(shelf, { topic, queueId });
      count += files.removeBelow(position);
      loaded?.rest();
      await pause();
    }
    return count;
  }

  /** A write that fails leaves the queue to be written again. */
  #writeOne(queue: AnyQueue, durable: number, left: number): void {
    try {
      queue.writeOut(durable);
    } catch (error) {
      this.#dirty.push(...this.#warm.slice(this.#warm.length - left));
      throw error;
    }
    if (queue.isDirty) this.#dirty.push(queue);
  }

  get #shelves(): readonly Shelf<AnyQueue>[] {
    return [this.#shelf, this.#batchShelf];
  }

  *#onDisk(): Generator<{ shelf: QueueDisk; topic: string; queueId: number }> {
    for (const shelf of this.#shelves) {
      const { disk, directory } = shelf;
      for (const topic of disk.list(directory)) {
        if (!topic.isDirectory || this.#condemned.has(topic.name)) continue;
        for (const queue of disk.list(`${directory}/${topic.name}`)) {
          if (!queue.isDirectory || !/^\d{1,10}$/.test(queue.name)) continue;
          yield { shelf, topic: topic.name, queueId: Number(queue.name) };
        }
      }
    }
  }
}

/** Can a topic of this name have files, all inside the data directory? */
export function isDirectoryName(topic: string): boolean {
  return topic !== "" && topic.length <= 255 && topic !== "." && topic !== ".." &&
    !/[/\\]/.test(topic) && !topic.includes("\0");
}

function noDirectory(topic: string): string {
  return `The topic ${
    JSON.stringify(topic.slice(0, 300))
  } cannot be the name of a directory. Use ` +
    `letters, digits, %, | , - and _, 255 at the most.`;
}

/** Cuts a queue's entries to a log that ends at `end`; returns its last record's position, or 0. */
function cutToLog(files: QueueFiles, end: number): number {
  let last = files.end;
  while (last > files.first && files.positionAt(last - 1) >= end) last--;
  files.cut(last);
  return last > files.first ? Math.max(0, files.positionAt(last - 1)) : 0;
}
