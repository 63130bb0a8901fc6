import { DELAY_LEVELS, delayLevelsMs } from "../model/delay_levels.ts";
import { crc32 } from "../port/checksum.ts";
import type { Disk } from "../port/disk.ts";
import { AbortFile, makeLockFile } from "./abort_file.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { Keys } from "./keys.ts";
import { type Mark, MarkFile } from "./mark.ts";
import { OpenFiles } from "./open_files.ts";
import { type LogOptions, pendingViewBytesDefault } from "./options.ts";
import { OwnRanges } from "./own_ranges.ts";
import { noPause } from "./pause.ts";
import { Queues } from "./queues.ts";
import { Reader } from "./reader.ts";
import { type LastRecord, LogWalk, type Recovery, type WalkOptions } from "./recovery.ts";
import { Scanner } from "./scanner.ts";
import { Segments } from "./segment.ts";
import { adoptSegments } from "./segment_check.ts";
import { judge, type Standing } from "./standing.ts";
import { Tail } from "./tail.ts";
import { Touched } from "./touched.ts";
import { Views } from "./views.ts";

/** RocketMQ's broker takes what was stored so shortly before its checkpoint for not flushed. */
const checkpointSlackMs = 3000;

/** The parts of an open log, recovered. */
export interface Parts {
  readonly files: OpenFiles;
  readonly segments: Segments;
  readonly own: OwnRanges;
  readonly tail: Tail;
  readonly reader: Reader;
  readonly touched: Touched;
  readonly queues: Queues;
  readonly keys: Keys;
  readonly views: Views;
  readonly mark: MarkFile;
  readonly abort: AbortFile;
}

/** Where the log stands after recovery. */
export interface Opened extends Parts {
  /** Where the next record goes; all below it is on the disk. */
  readonly end: number;
  readonly lastTimestamp: number;
  /** All view entries of records below it are on the disk. */
  readonly viewsDurable: number;
  readonly recovery: Recovery;
}

/** From where on the views lack records. */
interface ViewsFrom {
  readonly queues: number;
  readonly keys: number;
}

/** Opens a data directory: finds out who wrote it last, recovers, and lets the views catch up. */
export class Opening {
  readonly #options: LogOptions;
  readonly #parts: Parts;
  readonly #scanner: Scanner;
  readonly #sentences: string[] = [];
  readonly #startedMs: number;
  #records = 0;
  #damaged = 0;
  #cutBytes = 0;
  #last: LastRecord | undefined;
  /** All view entries of records below it are on the disk. */
  #viewsDurable = 0;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonic();
    makeDirectories(options);
    this.#parts = makeParts(options);
    this.#scanner = new Scanner(this.#parts.segments, this.#parts.own);
  }

  /** @throws {Error} with a sentence where the store cannot be opened */
  async run(): Promise<Opened> {
    const { mark, segments, abort } = this.#parts;
    const { disk } = this.#options;
    const found = mark.newest;
    const hasSegments = disk.list(segments.directory).length > 0;
    const standing = judge({ mark: found, abortCrc: abort.crc(), hasSegments });
    const isOurs = standing === "our stop" || standing === "our crash";
    const known = {
      durable: isOurs && found ? found.durable : -1,
      segmentBytes: found?.segmentBytes,
    };
    this.#sentences.push(...adoptSegments(disk, segments, known));
    const { how, end } = await this.#recover(standing, found);
    this.#parts.own.begin(end);
    this.#parts.own.forgetBelow(segments.first?.start ?? 0);
    await this.#begin(end);
    return {
      ...this.#parts,
      end,
      lastTimestamp: this.#last?.storeTimestamp ?? 0,
      viewsDurable: this.#viewsDurable,
      recovery: {
        how,
        records: this.#records,
        cutBytes: this.#cutBytes,
        damaged: this.#damaged,
        ms: Math.round(this.#options.clock.monotonic() - this.#startedMs),
        sentences: this.#sentences,
      },
    };
  }

  async #recover(
    standing: Standing,
    found: Mark | undefined,
  ): Promise<{ how: Recovery["how"]; end: number }> {
    if (standing === "empty") {
      this.#parts.keys.load("none");
      return { how: "empty", end: 0 };
    }
    if (found !== undefined && standing === "our stop" && this.#isAsLeft(found)) {
      return { how: "orderly", end: await this.#goOn(found) };
    }
    if (found !== undefined && standing === "our crash") {
      return { how: "after a crash", end: await this.#recoverOwn(found) };
    }
    if (found !== undefined) this.#disown(found);
    const isCrash = standing === "a foreign crash";
    return { how: "after another broker", end: await this.#recoverForeign(isCrash) };
  }

  /** After our own orderly stop: does the log end where the mark says, with the record it says? */
  #isAsLeft(mark: Mark): boolean {
    const { segments } = this.#parts;
    const isEnd = (position: number) => {
      const segment = segments.find(position);
      return segment === undefined || position + 8 > segment.end ||
        this.#scanner.inspect(position).kind === "empty";
    };
    const next = segments.find(mark.durable)?.end ?? mark.durable;
    return isEnd(mark.durable) && isEnd(next) && this.#isWitnessed(mark);
  }

  /** Is the newest record that the mark knows still the one that it knows? */
  #isWitnessed(mark: Mark): boolean {
    if (mark.lastPosition < 0) return true;
    return this.#crcAt(mark.lastPosition) === mark.lastCrc;
  }

  /** After our own orderly stop nothing is read of the log, unless views were removed. */
  async #goOn(mark: Mark): Promise<number> {
    this.#last = lastOf(mark);
    const from = this.#viewsFrom(mark);
    this.#viewsDurable = Math.min(from.queues, from.keys);
    if (this.#viewsDurable < mark.durable) await this.#walk(mark.durable, from);
    return mark.durable;
  }

  /**
   * What lies above the mark is found first and written once more: a sync that failed before may
   * have left pages that the kernel takes for written, and no later sync would bring them to the
   * disk.
   */
  async #recoverOwn(mark: Mark): Promise<number> {
    const { segments } = this.#parts;
    this.#last = lastOf(mark);
    const from = Math.max(mark.durable, segments.first?.start ?? 0);
    const known = { standing: mark.durable, flushedMs: 0, take: () => undefined };
    const end = await this.#walkWith({ from, ...known });
    await segments.rewrite(from, end);
    this.#records = 0;
    this.#damaged = 0;
    return await this.#walk(end, this.#viewsFrom(mark));
  }

  /** From where on the views lack records: from the mark on, and all where their files are gone. */
  #viewsFrom(mark: Mark): ViewsFrom {
    const { segments, keys, queues } = this.#parts;
    const start = segments.first?.start ?? 0;
    const isRemoved = mark.state === "clean"
      ? queues.topicsCrc() !== mark.topicsCrc
      : !this.#options.disk.exists(`${this.#options.directory}/consumequeue`);
    if (isRemoved && mark.views > start) {
      this.#sentences.push("Queue files were removed: the queues grow back from the log.");
    }
    const keysFrom = keys.load(mark.keys ?? "none");
    if (keysFrom !== undefined) {
      this.#sentences.push("Index files were removed: the key index grows back from the log.");
    }
    return {
      queues: isRemoved ? start : Math.max(mark.views, start),
      keys: Math.max(keysFrom ?? mark.views, start),
    };
  }

  /**
   * Another broker wrote here: our own ranges end where we were, if we can still recognise that.
   */
  #disown(mark: Mark): void {
    const { own } = this.#parts;
    const isThere = this.#isWitnessed(mark);
    own.end(isThere ? mark.durable : 0);
    this.#sentences.push(
      isThere
        ? "Another broker has used this store since: it is checked as a whole."
        : `The newest record that the mark knows, at ${mark.lastPosition}, is damaged or ` +
          `another broker's: the store is checked as a whole.`,
    );
  }

  async #recoverForeign(isCrash: boolean): Promise<number> {
    const { queues, keys } = this.#parts;
    const checkpoint = readCheckpoint(this.#options.disk, this.#options.directory);
    const reached = await queues.checkAll(Infinity, noPause);
    const from = this.#foreignStart(reached, isCrash ? checkpoint : undefined);
    const standing = isCrash ? "after a foreign crash" : "after a foreign stop";
    const flushedMs = checkpoint?.logMs ?? 0;
    const end = await this.#walkWith({ from, standing, flushedMs, take: () => undefined });
    await queues.checkAll(end, noPause);
    this.#records = 0;
    this.#damaged = 0;
    const keysFrom = keys.load(isCrash ? "all but last" : "all") ?? from;
    const start = this.#parts.segments.first?.start ?? 0;
    await this.#walk(end, { queues: from, keys: Math.max(keysFrom, start) });
    return end;
  }

  /**
   * Where a record begins from which on the queues may lack entries: the last one that a queue
   * names, and after a crash also what the checkpoint does not vouch for.
   */
  #foreignStart(reached: number, checkpoint: Checkpoint | undefined): number {
    const { segments, reader } = this.#parts;
    const start = segments.first?.start ?? 0;
    const isBehind = reached >= (segments.last?.end ?? 0);
    const segment = isBehind ? segments.last : segments.find(reached);
    if (segment === undefined) return start;
    if (isBehind) return segment.start;
    const isRecord = this.#scanner.inspect(reached).kind === "record";
    const from = isRecord ? reached : segment.start;
    if (checkpoint === undefined) return from;
    const safeMs = Math.min(checkpoint.logMs, checkpoint.queuesMs) - checkpointSlackMs;
    const safe = segments.list.findLast(({ start }) => {
      const storedMs = reader.storeTimestampOf(start);
      return storedMs >= 0 && storedMs <= safeMs;
    });
    return Math.min(from, safe?.start ?? start);
  }

  /** Walks from where the views lack records to the log's end, and lets them catch up. */
  async #walk(durable: number, from: ViewsFrom): Promise<number> {
    const { views } = this.#parts;
    this.#viewsDurable = Math.min(from.queues, from.keys);
    return await this.#walkWith({
      from: this.#viewsDurable,
      standing: durable,
      flushedMs: 0,
      salvage: (source, position, size) => views.reserve(source, position, size),
      take: (source, position, size) => {
        views.replay(source, { position, size }, from);
        return this.#spill(position + size);
      },
    });
  }

  async #walkWith(options: WalkOptions): Promise<number> {
    const { segments } = this.#parts;
    for (const segment of segments.list) {
      if (segment.end > options.from) await segment.sync();
    }
    const walk = new LogWalk(segments, this.#scanner, options);
    const end = await walk.run();
    this.#records += walk.records;
    this.#damaged += walk.damaged;
    this.#cutBytes += walk.cutBytes;
    this.#sentences.push(...walk.sentences);
    this.#last = walk.last ?? this.#last;
    return end;
  }

  /** Writes view entries out where too many wait in memory; the log is durable past them. */
  #spill(position: number): Promise<void> | undefined {
    const { queues, keys } = this.#parts;
    const max = this.#options.pendingViewBytesMax ?? pendingViewBytesDefault;
    if (queues.pendingBytes + keys.pendingBytes < max / 2) return undefined;
    return queues.writeOut(position, { isAll: true, pause: noPause }).then(() =>
      keys.writeOut(position, noPause)
    );
  }

  #crcAt(position: number): number {
    if (this.#parts.segments.find(position) === undefined) return 0;
    const found = this.#scanner.inspect(position);
    if (found.kind !== "record") return 0;
    const { bytes, at } = this.#scanner.source(position);
    return crc32(bytes.subarray(at, at + found.size));
  }

  /** From here on the store is ours: the mark says so before the first record is appended. */
  async #begin(end: number): Promise<void> {
    const { mark, own, abort, keys } = this.#parts;
    const { processId, clock, segmentBytes } = this.#options;
    const startedMs = clock.now();
    const last = this.#last;
    mark.write({
      state: "starting",
      abortCrc: AbortFile.crcOf(processId, startedMs),
      abortBeforeCrc: abort.crc(),
      durable: end,
      views: this.#viewsDurable,
      lastTimestamp: last?.storeTimestamp ?? 0,
      lastPosition: last?.position ?? -1,
      lastCrc: last === undefined ? 0 : this.#crcAt(last.position),
      segmentBytes,
      topicsCrc: 0,
      keys: keys.mark,
      own: own.list,
    });
    await mark.sync();
    abort.write(processId, startedMs);
    mark.update({ state: "running" });
    await mark.sync();
  }
}

function lastOf(mark: Mark): LastRecord | undefined {
  if (mark.lastPosition < 0) return undefined;
  return { position: mark.lastPosition, storeTimestamp: mark.lastTimestamp };
}

function makeDirectories({ disk, directory }: LogOptions): void {
  makeDurably(disk, `${directory}/commitlog`);
  makeLockFile(disk, directory);
}

/** Makes a directory and its parents so that a power cut leaves them there. */
function makeDurably(disk: Disk, path: string): void {
  if (disk.exists(path)) return;
  const slash = path.lastIndexOf("/");
  const parent = slash > 0 ? path.slice(0, slash) : slash === 0 ? "/" : ".";
  if (parent !== "/" && parent !== ".") makeDurably(disk, parent);
  disk.makeDirectory(path);
  disk.syncDirectory(parent);
}

function makeParts(options: LogOptions): Parts {
  const { disk, directory, lines, segmentBytes, openFilesMax } = options;
  const files = new OpenFiles(disk, openFilesMax);
  const segments = new Segments(disk, files, { directory: `${directory}/commitlog`, segmentBytes });
  const mark = new MarkFile(disk, directory);
  const own = new OwnRanges(mark.newest?.own ?? []);
  const tail = new Tail(options.tailBytes);
  const reader = new Reader({ segments, tail, own, lines });
  const touched = new Touched();
  const queues = new Queues({
    disk,
    files,
    touched,
    root: directory,
    isBatched: options.isBatched ?? (() => false),
    fileEntries: options.queueFileEntries,
    batchFileEntries: options.batchFileEntries ?? options.queueFileEntries,
    positionMin: () => segments.first?.start ?? 0,
    storeTimestampOf: (position) => reader.storeTimestampOf(position),
  });
  const keys = new Keys({
    disk,
    files,
    directory: `${directory}/index`,
    sizes: { slots: options.indexSlots, entries: options.indexEntries },
    isEnabled: options.indexEnabled,
  });
  const views = new Views(queues, keys, options.delayLevelsMs ?? delayLevelsMs(DELAY_LEVELS));
  const abort = new AbortFile(disk, directory);
  return { files, segments, own, tail, reader, touched, queues, keys, views, mark, abort };
}
