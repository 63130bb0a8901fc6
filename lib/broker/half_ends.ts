import type { Log } from "../log/log.ts";
import { decodeRecord } from "../model/record.ts";
import { getProperty, Property } from "../model/properties.ts";
import type { Clock } from "../port/clock.ts";
import type { Lines } from "../port/lines.ts";
import type { Counters } from "./counters.ts";
import type { Deadlines } from "./deadlines.ts";
import { OP_TOPIC } from "./half.ts";
import type { Identity } from "./identity.ts";
import { OffsetSet } from "./offset_set.ts";

/** What the ends of halves work with. */
export interface HalfEndsParts {
  readonly log: Pick<Log, "append" | "read" | "queue">;
  readonly counters: Counters;
  readonly deadlines: Deadlines;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly lines: Lines;
}

/** Body bytes from which on a record is full (`transactionOpMsgMaxSize`). */
const RECORD_BYTES = 4096;
/** Ends wait so long at the most for others to share a record with, ms. */
const GATHER_MS = 100;
/** How long the log's refusal of a record is heeded, ms. */
const AGAIN_MS = 1000;
/** Ends that may wait for their record. */
const PENDING_MAX = 100_000;
/** Records whose halves are told apart; more are taken together. */
const TRAIL_MAX = 4096;
/** Records that one look at the queue reads. */
const READ_COUNT = 500;
const LOOPBACK = { ip: new Uint8Array([127, 0, 0, 1]), port: 0 };
const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Records up to `end`, none of which speaks of a half beyond `highest`. */
interface Trail {
  readonly end: number;
  readonly highest: number;
}

/**
 * Which halves have ended, by their offsets: in memory a bit each, in the log as RocketMQ's op
 * records, whose bodies are lists of offsets. An end is in memory at once and in the log shortly
 * after.
 */
export class HalfEnds {
  readonly #parts: HalfEndsParts;
  readonly #ended = new OffsetSet();
  #pending: number[] = [];
  #isPlanned = false;
  #trail: Trail[] = [];
  /** All records below it speak only of halves that are seen to. */
  #begin = 0;
  /** Where reading goes on, and ends. */
  #readAt = 0;
  #readTo = 0;

  constructor(parts: HalfEndsParts) {
    this.#parts = parts;
  }

  /** Begins at an offset of the op queue; {@linkcode read} then reads what there is. */
  open(begin: number | undefined): void {
    const queue = this.#parts.log.queue(OP_TOPIC, 0);
    const { offsetMin, offsetMax } = queue;
    this.#begin = this.#readAt = Math.min(Math.max(begin ?? 0, offsetMin), offsetMax);
    this.#readTo = offsetMax;
  }

  /** Has everything been read that was there at the opening? */
  get isRead(): boolean {
    return this.#readAt >= this.#readTo;
  }

  /** Reads some more of it; only offsets within the range count. */
  read(range: { readonly from: number; readonly to: number }): void {
    const { log } = this.#parts;
    const end = Math.min(this.#readTo, this.#readAt + READ_COUNT);
    log.queue(OP_TOPIC, 0).scan(this.#readAt, end - this.#readAt, (offset, position, size) => {
      const bytes = log.read(position, size);
      const halves = bytes === undefined ? [] : halvesOf(bytes);
      const known = halves.filter((half) => half >= range.from && half < range.to);
      for (const half of known) this.#ended.add(half);
      this.#mark(offset, known);
      return true;
    });
    this.#readAt = end;
  }

  has(half: number): boolean {
    return this.#ended.has(half);
  }

  /** Do so many ends wait for their record that no more should come? */
  get isCrowded(): boolean {
    return this.#pending.length >= PENDING_MAX;
  }

  /** A half has ended, and so has everything that it will be found in. */
  add(half: number): void {
    if (!this.#ended.add(half)) return;
    this.#pending.push(half);
    if (this.#pending.length * 8 >= RECORD_BYTES) this.write();
    else this.#plan(GATHER_MS);
  }

  /** Writes what waits; where the log refuses, another try follows. */
  write(): void {
    while (this.#pending.length > 0) {
      const halves = this.#pending;
      let body = "";
      let count = 0;
      while (count < halves.length && body.length < RECORD_BYTES) body += `${halves[count++]},`;
      try {
        this.#append(body, halves.slice(0, count));
      } catch (fault) {
        this.#parts.lines.warn(`The ends of ${halves.length} transactions wait: ${fault}`);
        return this.#plan(AGAIN_MS);
      }
      this.#pending = halves.slice(count);
    }
  }

  /**
   * All halves below are seen to: forgets them, and says from which op record on there is anything
   * else.
   */
  seenTo(half: number): number {
    this.#ended.forgetBelow(half);
    let count = 0;
    while (count < this.#trail.length && this.#trail[count].highest < half) count++;
    if (count > 0) this.#begin = this.#trail[count - 1].end;
    this.#trail.splice(0, count);
    return this.#begin;
  }

  /** Memory that the bits take. */
  get bytes(): number {
    return this.#ended.bytes;
  }

  #append(body: string, halves: readonly number[]): void {
    const { log, counters, clock, identity } = this.#parts;
    const host = identity.address.hostFor(LOOPBACK);
    const stored = log.append({
      topic: OP_TOPIC,
      queueId: 0,
      flag: 0,
      sysFlag: 0,
      bornTimestamp: clock.now(),
      bornHost: host,
      storeHost: host,
      reconsumeTimes: 0,
      preparedPosition: 0,
      properties: "WAIT\u0001true\u0002TAGS\u0001d\u0002",
      body: utf8.encode(body),
    });
    counters.stored(OP_TOPIC, 1, stored.size);
    this.#mark(stored.offset, halves);
  }

  #mark(offset: number, halves: readonly number[]): void {
    let highest = -1;
    for (const half of halves) if (half > highest) highest = half;
    this.#trail.push({ end: offset + 1, highest });
    if (this.#trail.length > TRAIL_MAX) this.#trail = coarser(this.#trail);
  }

  #plan(waitMs: number): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#parts.deadlines.add(this.#parts.clock.monotonic() + waitMs, () => {
      this.#isPlanned = false;
      this.write();
    });
  }
}

/** Offsets in an op record; none where it is of another kind. */
function halvesOf(bytes: Uint8Array): number[] {
  const { properties, body } = decodeRecord(bytes);
  if (getProperty(properties, Property.tags) !== "d") return [];
  return text.decode(body).split(",").filter((part) => /^\d{1,15}$/.test(part)).map(Number);
}

/** Half as many pieces, each of two neighbours. */
function coarser(trail: readonly Trail[]): Trail[] {
  const pairs: Trail[] = [];
  for (let at = 0; at < trail.length; at += 2) {
    const [one, other = one] = trail.slice(at, at + 2);
    pairs.push({ end: other.end, highest: Math.max(one.highest, other.highest) });
  }
  return pairs;
}
