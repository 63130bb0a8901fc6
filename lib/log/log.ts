import type { Message, Stored } from "../model/message.ts";
import { recordCapacity, type RecordTarget } from "../model/record.ts";
import { Refusal } from "../model/refusal.ts";
import { crc32 } from "../port/checksum.ts";
import type { Job } from "../port/job.ts";
import { CommitLog, reasonOf } from "./commit_log.ts";
import { DoomedTopics } from "./doomed_topics.ts";
import { type Flushed, Flusher } from "./flusher.ts";
import { isQueued } from "./glance.ts";
import type { Keys } from "./keys.ts";
import { type Opened, Opening } from "./opening.ts";
import { crowdedSentence, type LogState } from "./log_state.ts";
import type { Mark } from "./mark.ts";
import { type LogOptions, pendingViewBytesDefault } from "./options.ts";
import type { AnyQueue } from "./queues.ts";
import type { Recovery } from "./recovery.ts";
import { Retention } from "./retention.ts";
import { Survey } from "./survey.ts";
import { appendTogether, takeOffsets } from "./append_together.ts";
import type { ArrivalListener } from "./views.ts";
import { WriteOut } from "./write_out.ts";

export type { LogState } from "./log_state.ts";
export type { FlushMode, LogOptions, RetentionOptions } from "./options.ts";
export type { BatchQueue } from "./batch_queue.ts";
export type { EntryVisitor, Queue as PlainQueue } from "./queue.ts";
export type { AnyQueue as Queue } from "./queues.ts";
export type { KeyHits, KeyQuery, Keys } from "./keys.ts";
export type { Recovery } from "./recovery.ts";
export type { ArrivalListener } from "./views.ts";

const viewsIntervalMs = 1000;
/** So much is written before the disk's room is measured again. */
const measureBytes = 4 << 20;

/** Bytes in, positions out: the commit log with its views. */
export class Log {
  /** Topics that are on their way out. */
  readonly doomed: DoomedTopics;
  readonly #options: LogOptions;
  readonly #opened: Opened;
  readonly #commitLog: CommitLog;
  readonly #flusher: Flusher;
  readonly #writeOut: WriteOut;
  readonly #retention: Retention;
  readonly #advance: (source: RecordTarget, position: number, size: number) => void;
  readonly #pendingMax: number;
  #newest: { position: number; size: number };
  #synced: Partial<Mark> = {};
  #measuredAt: number;
  #refusal: Refusal | undefined;
  #isClosed = false;

  /** Opens and recovers. @throws {Error} with a sentence where the store cannot be opened. */
  static async open(options: LogOptions): Promise<Log> {
    return new Log(options, await new Opening(options).run());
  }

  private constructor(options: LogOptions, opened: Opened) {
    const { clock, disk, lines, directory } = options;
    const { end, segments, tail, lastTimestamp } = opened;
    this.#options = options;
    this.#opened = opened;
    this.doomed = new DoomedTopics(options.disk, options.directory);
    this.#pendingMax = options.pendingViewBytesMax ?? pendingViewBytesDefault;
    this.#newest = { position: -1, size: 0 };
    this.#measuredAt = end;
    this.#advance = (source, position, size) => {
      this.#newest.position = position;
      this.#newest.size = size;
      opened.views.advance(source, position, size);
    };
    this.#commitLog = new CommitLog(
      { segments, tail, clock },
      { position: end, storeTimestamp: lastTimestamp },
      {
        onWritten: (from, to) => this.#onWritten(from, to),
        onFailure: (sentence) => this.#onFailure(sentence),
      },
    );
    this.#flusher = new Flusher(this.#flushed(), clock, {
      isSyncFlush: options.flush === "SYNC_FLUSH",
      timeoutMs: options.syncFlushTimeoutMs,
      position: end,
    });
    const { viewsDurable } = opened;
    const common = { disk, clock, lines, directory, parts: opened };
    const onRun = () => {
      this.doomed.settle(opened.queues.condemned);
      this.#judge();
    };
    const behind = { ...common, commitLog: this.#commitLog, flusher: this.#flusher, onRun };
    this.#writeOut = new WriteOut(behind, viewsDurable);
    this.#retention = new Retention({
      ...common,
      options: options.retention,
      durable: () => this.#flusher.durablePosition,
    });
    this.#retention.measure();
    this.#judge();
  }

  /** What opening found and did. */
  get recovery(): Recovery {
    return this.#opened.recovery;
  }

  /**
   * Encodes the message to the end of the log. It can be read once the turn of the event loop ends.
   * @throws {Refusal} `unavailable` (failed, disk full, closed), `busy`, `message-illegal`
   */
  append(message: Message): Stored {
    if (this.#refusal !== undefined) throw this.#refusal;
    const queue = this.#opened.queues.of(message.topic, message.queueId);
    const storeTimestamp = this.#commitLog.stampTime();
    const isNumbered = isQueued(message.sysFlag);
    const offset = isNumbered ? takeOffsets(queue, 1) : 0;
    try {
      const size = this.#commitLog.append(message, offset, storeTimestamp);
      return { position: this.#commitLog.appended - size, size, offset, storeTimestamp };
    } catch (error) {
      if (isNumbered) queue.take(-1);
      throw error;
    }
  }

  /** Appends messages that follow each other in one segment. @throws {Refusal} as `append` */
  appendBatch(messages: readonly Message[]): Stored[] {
    if (this.#refusal !== undefined) throw this.#refusal;
    let capacity = 0;
    for (const message of messages) capacity += recordCapacity(message);
    this.#commitLog.fitBatch(messages, capacity);
    return messages.map((message) => this.append(message));
  }

  /**
   * Appends a message that holds `count` others, as one record that takes as many offsets, and
   * says in its properties which. @throws {Refusal} as `append`
   */
  appendTogether(message: Message, count: number): Stored {
    if (this.#refusal !== undefined) throw this.#refusal;
    const queue = this.#opened.queues.of(message.topic, message.queueId);
    return appendTogether(this.#commitLog, queue, { message, count });
  }

  /**
   * Resolves once an answer may say that all below `end` is stored: under ASYNC_FLUSH the kernel
   * has it, under SYNC_FLUSH the disk. @throws {Refusal} `unavailable`, `flush-timeout`
   */
  settled(end: number): Promise<void> {
    return this.#flusher.settled(end);
  }

  /** Resolves once all below `end`, or all appended so far, is on the disk. @throws {Refusal} */
  durable(end: number = this.#commitLog.appended): Promise<void> {
    return this.#flusher.durable(end);
  }

  /** The stored bytes, undefined where gone or damaged. `goesOn`: what is behind is read along. */
  read(position: number, size: number, goesOn = false): Uint8Array | undefined {
    const { reader } = this.#opened;
    return goesOn ? reader.readOn(position, size) : reader.read(position, size);
  }

  /** Records one behind the other, undefined where not each is there and, if `isJudged`, sound. */
  readRun(position: number, size: number, isJudged = true): Uint8Array | undefined {
    return this.#opened.reader.readRun(position, size, isJudged);
  }

  /** Is this, at its place among the bytes of a run, a sound record? */
  isSound(run: Uint8Array, at: number, record: { position: number; size: number }): boolean {
    return this.#opened.reader.isSound(run, at, record);
  }

  /** Takes back what {@linkcode Log.readRun} gave and nobody looks at any more: its memory. */
  giveBack(bytes: Uint8Array): void {
    this.#opened.reader.giveBack(bytes);
  }

  /** The record that begins at `position`, or undefined where none does. */
  recordAt(position: number): Uint8Array | undefined {
    return this.#opened.reader.recordAt(position);
  }

  /**
   * The queue, opened on demand. @throws {Refusal} `message-illegal` where the name can be no
   * directory
   */
  queue(topic: string, queueId: number): AnyQueue {
    return this.#opened.queues.of(topic, queueId);
  }

  /** Removes the topic's queues; a topic of that name made again begins at offset 0. */
  removeTopic(topic: string): void {
    this.#commitLog.handOver();
    this.#opened.queues.removeTopic(topic);
    this.doomed.withdraw(topic);
    this.#writeOut.hasten();
  }

  /** Topics that have queue files. */
  topicsOnDisk(): string[] {
    return this.#opened.queues.topicsOnDisk();
  }

  /** Removes what has expired: segments, at any hour, or the views' files behind them. */
  tidyUp(what: "segments" | "views"): void {
    if (!this.#isClosed) this.#retention.tidyUp(what);
  }

  get keys(): Keys {
    return this.#opened.keys;
  }

  /** Calls `listener` for each queued record, after it can be read. */
  onArrival(listener: ArrivalListener): void {
    this.#opened.views.onArrival(listener);
  }

  /**
   * Goes through the records from `from` on, from the first one that this broker is known to have
   * written where it is missing, to the last one that can be read now.
   */
  survey(from?: number): Survey {
    return new Survey(this.#opened, { from, to: this.#commitLog.written });
  }

  /** Where the log begins: what lay below is removed. */
  get positionMin(): number {
    return this.#opened.segments.first?.start ?? 0;
  }

  /** Where the next record goes. */
  get positionMax(): number {
    return this.#commitLog.appended;
  }

  /** All below it is on the disk. */
  get durablePosition(): number {
    return this.#flusher.durablePosition;
  }

  /** Why nothing is accepted any more; undefined while all is well. */
  get failure(): string | undefined {
    return this.#commitLog.failure;
  }

  /** The log's work in the background. */
  jobs(): Job[] {
    const { flushIntervalMs, retention } = this.#options;
    return [
      this.#job("log flush", flushIntervalMs, () => this.#flush()),
      this.#job("log views", viewsIntervalMs, () => this.#writeViews()),
      this.#job("log retention", retention.checkIntervalMs, () => this.#retain()),
    ];
  }

  state(): LogState {
    const { queues, keys, reader } = this.#opened;
    const appended = this.#commitLog.appended;
    const use = this.#retention.measure();
    return {
      positionMin: this.positionMin,
      positionMax: appended,
      durablePosition: this.durablePosition,
      dispatchBehindBytes: appended - this.#commitLog.written,
      flushBehindBytes: appended - this.durablePosition,
      pendingViewBytes: queues.pendingBytes + keys.pendingBytes,
      diskTotalBytes: use.totalBytes,
      diskFreeBytes: use.freeBytes,
      diskRatio: use.percent / 100,
      isDiskFull: this.#retention.refusal !== undefined,
      earliestStoreTimestamp: reader.storeTimestampOf(this.positionMin),
      damagedReads: reader.damagedReads,
    };
  }

  /** Brings everything to the disk and stops in order; after a failure, just lets go. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#refusal = new Refusal("unavailable", "The broker stops: it takes no more messages.");
    await this.#retention.stop();
    await this.#writeOut.close();
    const isDone = this.#writeOut.done === this.#commitLog.appended;
    if (this.failure === undefined && isDone) await this.#leaveClean();
    this.#opened.files.closeAll();
    this.#opened.mark.close();
  }

  /** An orderly end: no unused segment, the mark says clean, the abort file goes. */
  async #leaveClean(): Promise<void> {
    const { segments, queues, touched, files, mark, abort } = this.#opened;
    const end = this.#commitLog.appended;
    while ((segments.last?.start ?? -1) >= end && end > 0) segments.removeNewest();
    await touched.sync(this.#options.disk, files);
    mark.update({ state: "clean", topicsCrc: queues.topicsCrc() });
    await mark.sync();
    abort.remove();
  }

  #flushed(): Flushed {
    return {
      handOver: () => this.#commitLog.handOver(),
      sync: () => this.#sync(),
      onDurable: (position) => this.#onDurable(position),
      onFailure: (error) => this.#commitLog.fail(`cannot sync the commit log: ${reasonOf(error)}`),
    };
  }

  /** Remembers the newest record that the sync covers, for the mark. */
  async #sync(): Promise<void> {
    const { position, size } = this.#newest;
    const newest = this.#opened.tail.slice(position, size);
    const synced: Partial<Mark> = newest === undefined ? {} : {
      lastPosition: position,
      lastCrc: crc32(newest),
      lastTimestamp: this.#commitLog.lastTimestamp,
    };
    await this.#commitLog.sync();
    this.#synced = synced;
  }

  #onDurable(position: number): void {
    try {
      this.#opened.mark.update({ ...this.#synced, durable: position });
    } catch (error) {
      this.#commitLog.fail(`cannot write the mark: ${reasonOf(error)}`);
    }
  }

  #onWritten(from: number, to: number): void {
    this.#opened.tail.visit(from, to, this.#advance);
    this.#flusher.written(to);
    const isFar = to - this.#measuredAt > measureBytes;
    if (isFar) this.#retention.measure();
    if (isFar) this.#measuredAt = to;
    this.#judge();
  }

  #onFailure(sentence: string): void {
    this.#options.lines.error(sentence);
    this.#flusher.fail(new Refusal("unavailable", sentence));
    this.#judge();
  }

  /** Whether messages are taken, and if not, why. */
  #judge(): void {
    if (this.#isClosed) return;
    const { queues, keys } = this.#opened;
    const pending = queues.pendingBytes + keys.pendingBytes;
    if (pending > this.#pendingMax / 2) this.#writeOut.press();
    const unavailable = this.failure ?? this.#retention.refusal;
    if (unavailable !== undefined) {
      if (this.#refusal?.message === unavailable) return;
      this.#refusal = new Refusal("unavailable", unavailable);
    } else if (pending > this.#pendingMax) {
      this.#refusal = new Refusal("busy", crowdedSentence(pending, this.#pendingMax));
    } else {
      this.#refusal = undefined;
    }
  }

  #flush(): void {
    this.#flusher.flush();
    this.#commitLog.prepareNext();
  }

  /**
   * A disk that was full is measured each time: messages are to be taken as soon as there is
   * room.
   */
  #writeViews(): void {
    if (this.#retention.refusal !== undefined) {
      this.#retention.measure();
      this.#judge();
    }
    this.#writeOut.tick();
  }

  #retain(): void {
    if (this.failure === undefined) this.#retention.check();
    this.#judge();
  }

  /** What goes wrong in the background is a line, and the next run tries again. */
  #job(name: string, everyMs: number, run: () => void): Job {
    return {
      name,
      run: (now) => {
        try {
          if (!this.#isClosed) run();
        } catch (error) {
          this.#options.lines.warn(`The job "${name}" goes on later: ${reasonOf(error)}`);
        }
        return now + everyMs;
      },
    };
  }
}
