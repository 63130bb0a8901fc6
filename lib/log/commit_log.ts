import { Refusal } from "../model/refusal.ts";
import type { Message } from "../model/message.ts";
import {
  BLANK_BYTES,
  encodeRecord,
  Magic,
  recordCapacity,
  type RecordTarget,
} from "../model/record.ts";
import { crc32 } from "../port/checksum.ts";
import type { Clock } from "../port/clock.ts";
import { DiskError } from "../port/disk.ts";
import type { Segment, Segments } from "./segment.ts";
import type { Tail } from "./tail.ts";

/** So much may gather in one turn of the event loop before it goes to the kernel. */
const gatheredMax = 8 << 20;

/** So many characters of properties always fit into a record. */
const plainPropertiesMax = 10_000;

/** Who hears of the commit log's steps. */
export interface CommitLogEvents {
  /** The kernel has the records from `from` to `to`. */
  onWritten(from: number, to: number): void;
  /** No write can be trusted any more; `sentence` says why. */
  onFailure(sentence: string): void;
}

/**
 * The end of the log: appends to the tail, hands it to the kernel once a turn, rolls the
 * segments.
 */
export class CommitLog {
  readonly #segments: Segments;
  readonly #tail: Tail;
  readonly #clock: Clock;
  readonly #events: CommitLogEvents;
  readonly #stamp = { position: 0, offset: 0, storeTimestamp: 0 };
  readonly #atTurnEnd: () => void;
  readonly #write: (bytes: Uint8Array, position: number) => void;
  #active: Segment | undefined;
  #appended: number;
  #written: number;
  #lastTimestamp: number;
  #dirty: Segment[] = [];
  #isTurnPlanned = false;
  /** Are others being told of what was written? They look at the tail, which is not to shrink. */
  #isTelling = false;
  #failure: string | undefined;

  constructor(
    parts: { segments: Segments; tail: Tail; clock: Clock },
    from: { position: number; storeTimestamp: number },
    events: CommitLogEvents,
  ) {
    this.#segments = parts.segments;
    this.#tail = parts.tail;
    this.#clock = parts.clock;
    this.#events = events;
    this.#appended = from.position;
    this.#written = from.position;
    this.#lastTimestamp = from.storeTimestamp;
    this.#active = parts.segments.find(from.position);
    this.#atTurnEnd = () => {
      this.#isTurnPlanned = false;
      this.handOver();
    };
    this.#write = (bytes, position) => this.#writePart(bytes, position);
  }

  /** Where the next record goes. */
  get appended(): number {
    return this.#appended;
  }

  /** The kernel has all below it: it can be read. */
  get written(): number {
    return this.#written;
  }

  get lastTimestamp(): number {
    return this.#lastTimestamp;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  /** Store time of what is appended next: the wall clock, but never back. */
  stampTime(): number {
    const now = this.#clock.now();
    if (now > this.#lastTimestamp) this.#lastTimestamp = now;
    return this.#lastTimestamp;
  }

  /**
   * Encodes the record into the tail and returns its size; it begins at `appended` minus that size.
   * @throws {Refusal} `message-illegal`, or `unavailable` where no next segment can be made
   */
  append(message: Message, offset: number, storeTimestamp: number): number {
    const stamp = this.#stamp;
    stamp.offset = offset;
    stamp.storeTimestamp = storeTimestamp;
    const capacity = recordCapacity(message);
    let size = this.#encode(message, capacity);
    if (size + BLANK_BYTES > this.#room()) {
      this.#makeRoom(size);
      size = this.#encode(message, capacity);
    }
    this.#tail.advance(size);
    this.#appended += size;
    if (!this.#isTurnPlanned) this.#planTurn();
    if (this.#tail.unwritten > gatheredMax) this.handOver();
    return size;
  }

  /**
   * Sees to it that these messages fit into the segment one behind the other, `capacity` bytes at
   * the most, and that none of them is illegal. @throws {Refusal} as {@linkcode append}
   */
  fitBatch(messages: readonly Message[], capacity: number): void {
    const isPlain = messages.every((message) => message.properties.length < plainPropertiesMax);
    if (isPlain && capacity + BLANK_BYTES <= this.#room()) return;
    let size = 0;
    for (const message of messages) size += this.#encode(message, recordCapacity(message));
    if (size + BLANK_BYTES > this.#room()) this.#makeRoom(size);
  }

  /** Hands all that was appended to the kernel, in one write where possible; returns `written`. */
  handOver(): number {
    if (this.#failure !== undefined || this.#written === this.#appended) return this.#written;
    const from = this.#written;
    const to = this.#appended;
    try {
      this.#tail.handOver(this.#write);
    } catch (error) {
      this.fail(`cannot write the commit log: ${reasonOf(error)}`);
      return this.#written;
    }
    this.#written = to;
    const isOuter = !this.#isTelling;
    this.#isTelling = true;
    try {
      this.#events.onWritten(from, to);
    } finally {
      this.#isTelling = !isOuter;
    }
    if (isOuter) this.#tail.trim();
    return this.#written;
  }

  /** Makes durable what the kernel has. */
  async sync(): Promise<void> {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const segment of dirty) {
      await segment.sync();
      segment.pooled.pins--;
    }
  }

  /** Makes the next segment before it is needed; no message waits for its syncs. */
  prepareNext(): void {
    const active = this.#active;
    if (this.#failure !== undefined || active === undefined) return;
    const isHalf = this.#appended - active.start > active.bytes / 2;
    if (!isHalf || this.#segments.find(active.end) !== undefined) return;
    this.#allocate(active.end, () => this.#segments.create(active.end));
    this.#segments.holdAside().catch((error) => {
      if (!isPassing(error)) this.fail(`cannot make a segment last: ${reasonOf(error)}`);
    });
  }

  /** Nothing is written or acknowledged any more. */
  fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure =
      `The log failed: ${reason}. Nothing is accepted or acknowledged any more, reads ` +
      `go on. See to the disk, then start the broker again.`;
    this.#events.onFailure(this.#failure);
  }

  #planTurn(): void {
    this.#isTurnPlanned = true;
    this.#clock.soon(this.#atTurnEnd);
  }

  #encode(message: Message, capacity: number): number {
    this.#stamp.position = this.#appended;
    return encodeRecord(this.#tail.reserve(this.#appended, capacity), message, this.#stamp, crc32);
  }

  #room(): number {
    return this.#active === undefined ? 0 : this.#active.end - this.#appended;
  }

  #makeRoom(size: number): void {
    if (size + BLANK_BYTES > this.#segments.segmentBytes) {
      throw new Refusal(
        "message-illegal",
        `The message takes ${size} bytes in the log, but a segment has ` +
          `${this.#segments.segmentBytes}. Send less at once or raise mappedFileSizeCommitLog.`,
      );
    }
    const active = this.#active;
    const start = active === undefined ? this.#appended : active.end;
    const next = this.#allocate(start, () => {
      const segment = this.#segments.find(start) ?? this.#segments.create(start);
      this.#segments.hold();
      return segment;
    });
    if (active !== undefined) this.#fillUp(active);
    this.#active = next;
    this.#appended = start;
    this.#tail.seal();
  }

  /** The filler: says that nothing follows in this segment. */
  #fillUp(segment: Segment): void {
    const room = segment.end - this.#appended;
    const target: RecordTarget = this.#tail.reserve(this.#appended, BLANK_BYTES);
    target.view.setInt32(target.at, room);
    target.view.setInt32(target.at + 4, Magic.blank);
    this.#tail.advance(BLANK_BYTES);
  }

  #allocate(start: number, make: () => Segment): Segment {
    try {
      return make();
    } catch (error) {
      const what = `cannot make the segment that starts at ${start}: ${reasonOf(error)}`;
      if (!isPassing(error)) this.fail(what);
      throw new Refusal(
        "unavailable",
        this.#failure ??
          `The log takes no message: ${what}. Free space or file handles; the next ` +
            `message tries again.`,
      );
    }
  }

  #writePart(bytes: Uint8Array, position: number): void {
    const segment = this.#segments.find(position);
    if (segment === undefined) throw new Error(`no segment holds position ${position}`);
    if (!this.#dirty.includes(segment)) {
      segment.pooled.pins++;
      this.#dirty.push(segment);
    }
    segment.write(bytes, position);
  }
}

/**
 * May the same be tried again? Not a sync of a file or directory, for the kernel has then dropped
 * what it could not write; and not after an error that tells nothing.
 */
export function isPassing(error: unknown): boolean {
  return error instanceof DiskError && !error.operation.startsWith("sync") &&
    (error.code === "ENOSPC" || error.code === "EMFILE");
}

/** What went wrong, in the words of the disk. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
