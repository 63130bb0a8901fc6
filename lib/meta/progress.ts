import { type DataVersion, nextVersion } from "../model/data_version.ts";
import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { Sqlite, SqlWrite } from "../port/sqlite.ts";
import { commit } from "./commit.ts";
import { sealed, unsealed } from "./sealed.ts";
import { type Versions, versionWrite } from "./versions.ts";

/** Offsets by queue. */
type Queues = Map<number, number>;

/** One offset that a group has committed. */
export interface Committed {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
}

interface Batch {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (fault: unknown) => void;
}

const TABLE = "progress";
const WRITE_EVERY_MS = 1000;
const NONE: ReadonlyMap<number, number> = new Map();
const UPSERT = "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)";
const COLUMNS = ["consumer_group", "topic", "queue_id", "queue_offset"];

/**
 * How far each group has come. Kept in memory and written in batches, one at a time: every second
 * where something changed, at once where somebody waits for it. A batch never tells of messages
 * that a power cut could take: the barrier makes the log durable first.
 */
export class ProgressTable {
  readonly #sqlite: Sqlite;
  readonly #clock: Clock;
  readonly #lines: Lines;
  readonly #versions: Versions;
  /** Group, topic, queue: nested, so that no names can run into each other. */
  readonly #groups = new Map<string, Map<string, Queues>>();
  /** What is not written yet, by the same path. */
  #dirty = new Map<string, Map<string, Set<number>>>();
  #barrier: () => Promise<void> = () => Promise.resolve();
  #running: Batch | undefined;
  #next: Batch | undefined;
  #isFailing = false;
  #size = 0;
  #damaged = 0;
  readonly #listeners: (() => void)[] = [];

  constructor(
    parts: {
      readonly sqlite: Sqlite;
      readonly clock: Clock;
      readonly lines: Lines;
      readonly versions: Versions;
    },
  ) {
    this.#sqlite = parts.sqlite;
    this.#clock = parts.clock;
    this.#lines = parts.lines;
    this.#versions = parts.versions;
  }

  /** Rows that were not what had been written, and were left out. */
  get damaged(): number {
    return this.#damaged;
  }

  /** Offsets in all. */
  get size(): number {
    return this.#size;
  }

  /** Grows by one with every batch. */
  get version(): DataVersion {
    return this.#versions.get(TABLE);
  }

  async load(): Promise<void> {
    const sql = `SELECT ${COLUMNS.join(", ")}, sum FROM progress`;
    for (const row of await this.#sqlite.query(sql)) {
      const columns = unsealed(row, COLUMNS);
      if (columns === undefined) {
        this.#damaged++;
        continue;
      }
      const [group, topic, queueId, offset] = columns;
      this.#queues(String(group), String(topic)).set(Number(queueId), Number(offset));
      this.#size++;
    }
  }

  /** What must have happened before a batch may be written: the log is made durable. */
  beforeWrite(barrier: () => Promise<void>): void {
    this.#barrier = barrier;
  }

  /** Hears of every batch that was written. */
  onWrite(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get(group: string, topic: string, queueId: number): number | undefined {
    return this.#groups.get(group)?.get(topic)?.get(queueId);
  }

  /** Offsets of one group and topic, by queue. */
  ofTopic(group: string, topic: string): ReadonlyMap<number, number> {
    return this.#groups.get(group)?.get(topic) ?? NONE;
  }

  topicsOf(group: string): string[] {
    return [...this.#groups.get(group)?.keys() ?? []];
  }

  groupsOf(topic: string): string[] {
    return [...this.#groups].filter(([, topics]) => topics.has(topic)).map(([group]) => group);
  }

  /** Every offset. */
  *all(): Iterable<Committed> {
    for (const [group, topics] of this.#groups) {
      for (const [topic, queues] of topics) {
        for (const [queueId, offset] of queues) yield { group, topic, queueId, offset };
      }
    }
  }

  /** Groups with the topics that they have come along in, and the offsets by queue. */
  tables(): ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<number, number>>> {
    return this.#groups;
  }

  /** Takes an offset into memory; the next batch writes it. */
  set(group: string, topic: string, queueId: number, offset: number): void {
    const queues = this.#queues(group, topic);
    const before = queues.get(queueId);
    if (before === offset) return;
    if (before === undefined) this.#size++;
    queues.set(queueId, offset);
    this.#mark(group, topic, queueId);
  }

  /** Resolves when all that was set before is written. @throws {Refusal} `unavailable` */
  settled(): Promise<void> {
    if (this.#dirty.size === 0 && this.#next === undefined) {
      return this.#running?.promise ?? Promise.resolve();
    }
    this.#next ??= makeBatch();
    const { promise } = this.#next;
    if (this.#running === undefined) this.#begin();
    return promise;
  }

  /** @throws {Refusal} `unavailable` */
  async removeGroup(group: string): Promise<void> {
    const topics = this.#groups.get(group);
    if (topics === undefined) return;
    this.#groups.delete(group);
    this.#dirty.delete(group);
    for (const queues of topics.values()) this.#size -= queues.size;
    const sql = "DELETE FROM progress WHERE consumer_group = ?";
    await this.#commit([{ sql, rows: [[group]] }]);
  }

  /** @throws {Refusal} `unavailable` */
  async removeTopic(topic: string): Promise<void> {
    const groups = this.groupsOf(topic);
    if (groups.length === 0) return;
    for (const group of groups) {
      const topics = this.#groups.get(group);
      this.#size -= topics?.get(topic)?.size ?? 0;
      topics?.delete(topic);
      this.#dirty.get(group)?.delete(topic);
    }
    const sql = "DELETE FROM progress WHERE consumer_group = ? AND topic = ?";
    await this.#commit([{ sql, rows: groups.map((group) => [group, topic]) }]);
  }

  /** Sets back what lies beyond the end of its queue; returns how many offsets that were. */
  clamp(end: (topic: string, queueId: number) => number): number {
    let clamped = 0;
    for (const { group, topic, queueId, offset } of this.all()) {
      const last = end(topic, queueId);
      if (offset <= last) continue;
      this.set(group, topic, queueId, last);
      clamped++;
    }
    return clamped;
  }

  /** Takes another broker's table in the place of this one, with its version. */
  async replace(rows: readonly Committed[], version: DataVersion): Promise<void> {
    await commit(this.#sqlite, TABLE, [
      { sql: "DELETE FROM progress", rows: [[]] },
      { sql: UPSERT, rows: rows.map(toRow) },
      versionWrite(TABLE, version),
    ]);
    this.#versions.set(TABLE, version);
    this.#groups.clear();
    this.#dirty.clear();
    this.#size = rows.length;
    for (const { group, topic, queueId, offset } of rows) {
      this.#queues(group, topic).set(queueId, offset);
    }
  }

  /** The row of the tick that writes what changed. */
  job(): Job {
    return {
      name: "progress",
      run: (now) => {
        if (this.#dirty.size > 0) this.settled().then(() => this.#recovered(), this.#complain);
        return now + WRITE_EVERY_MS;
      },
    };
  }

  #begin(): void {
    const batch = this.#next;
    if (batch === undefined) return;
    this.#next = undefined;
    this.#running = batch;
    batch.promise.catch(() => {});
    this.#write().then(batch.resolve, batch.reject).finally(() => {
      this.#running = undefined;
      this.#begin();
    });
  }

  async #write(): Promise<void> {
    const taken = this.#dirty;
    this.#dirty = new Map();
    const values = this.#valuesOf(taken);
    try {
      await this.#barrier();
      // What was removed meanwhile must not come back.
      const rows = values.filter((one) =>
        this.get(one.group, one.topic, one.queueId) !== undefined
      );
      await this.#commit([{ sql: UPSERT, rows: rows.map(toRow) }]);
    } catch (fault) {
      for (const { group, topic, queueId } of values) {
        if (this.get(group, topic, queueId) !== undefined) this.#mark(group, topic, queueId);
      }
      throw fault;
    }
    for (const hear of this.#listeners) hear();
  }

  async #commit(writes: readonly SqlWrite[]): Promise<void> {
    const version = nextVersion(this.version, this.#clock.now());
    this.#versions.set(TABLE, version);
    await commit(this.#sqlite, TABLE, [...writes, versionWrite(TABLE, version)]);
  }

  #valuesOf(taken: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<number>>>): Committed[] {
    const values: Committed[] = [];
    for (const [group, topics] of taken) {
      for (const [topic, queueIds] of topics) {
        for (const queueId of queueIds) {
          const offset = this.get(group, topic, queueId);
          if (offset !== undefined) values.push({ group, topic, queueId, offset });
        }
      }
    }
    return values;
  }

  #queues(group: string, topic: string): Queues {
    let topics = this.#groups.get(group);
    if (topics === undefined) this.#groups.set(group, topics = new Map());
    let queues = topics.get(topic);
    if (queues === undefined) topics.set(topic, queues = new Map());
    return queues;
  }

  #mark(group: string, topic: string, queueId: number): void {
    let topics = this.#dirty.get(group);
    if (topics === undefined) this.#dirty.set(group, topics = new Map());
    let queues = topics.get(topic);
    if (queues === undefined) topics.set(topic, queues = new Set());
    queues.add(queueId);
  }

  readonly #complain = (fault: unknown): void => {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const why = fault instanceof Refusal ? fault.message : String(fault);
    this.#lines.error(`Progress is kept in memory only and tried again each second: ${why}`);
  };

  #recovered(): void {
    if (this.#isFailing) this.#lines.info("Progress is written again.");
    this.#isFailing = false;
  }
}

function toRow({ group, topic, queueId, offset }: Committed) {
  return sealed([group, topic, queueId, offset]);
}

function makeBatch(): Batch {
  return Promise.withResolvers<void>();
}
