import type { Clock } from "../port/clock.ts";
import type { Lines } from "../port/lines.ts";
import type { Admission, Admitted } from "./admission.ts";
import type { BatchReader } from "./batch_reader.ts";
import type { Counters } from "./counters.ts";
import type { Link } from "./link.ts";
import type { Progress } from "./progress.ts";
import type { PullAsk, PullResult } from "./pull.ts";
import type { PullOffsets } from "./pull_offsets.ts";
import type { Queues } from "./queues.ts";
import type { Resets } from "./resets.ts";
import type { BrokerSettings } from "./settings.ts";
import type { Waiters } from "./waiters.ts";

export type { PullAsk, PullResult, PullSubscription } from "./pull.ts";

/** What pulls work with. */
export interface FetchParts {
  readonly admission: Admission;
  readonly reader: BatchReader;
  readonly queues: Queues;
  readonly waiters: Waiters;
  readonly progress: Progress;
  readonly pullOffsets: PullOffsets;
  readonly resets: Resets;
  readonly counters: Counters;
  readonly settings: BrokerSettings;
  readonly clock: Clock;
  readonly lines: Lines;
}

/** The smallest and largest number of bytes that one pull may be limited to, as upstream. */
const BYTES_MIN = 100;
const BYTES_MAX = 128 * 1024 * 1024;
/** Entries of a queue file: where nothing of one can be read, the pull goes on with the next. */
const FILE_ENTRIES = 300_000;
/** What a pull hears whose group a tool has sent elsewhere. */
const OFFSET_RESET = "OFFSET_RESET";
/** One line a second at most tells of pulls that were sent elsewhere. */
const MOVED_LINE_MS = 1000;

/** Pulls, and their long polls. */
export class Fetch {
  readonly #parts: FetchParts;
  #movedAt = -Infinity;
  #movedUntold = 0;

  constructor(parts: FetchParts) {
    this.#parts = parts;
  }

  /**
   * Answers a pull at once, or when something comes, the hold ends, the link closes or the broker
   * stops.
   * @throws {Refusal} in the order of reference §4.3; it may also reject with one after a hold.
   */
  pull(ask: PullAsk, link: Link): PullResult | Promise<PullResult> {
    const admitted = this.#parts.admission.admit(ask);
    const result = this.#read(ask, admitted);
    if (result.reason !== OFFSET_RESET) this.#commit(ask);
    if (result.status !== "nothing" || ask.suspendMs <= 0) return result;
    return this.#hold({ ask, link, admitted, result });
  }

  /** Parks the pull; it is run again, without a hold, when it ends. */
  #hold(pull: {
    readonly ask: PullAsk;
    readonly link: Link;
    readonly admitted: Admitted;
    readonly result: PullResult;
  }): Promise<PullResult> {
    const { ask, link, admitted, result } = pull;
    const { settings, waiters, clock } = this.#parts;
    const askedMs = settings.longPolling ? ask.suspendMs : settings.shortPollingMs;
    const until = clock.monotonic() + Math.min(askedMs, settings.pullHoldMaxMs);
    const { topic, queueId } = ask;
    return new Promise((resolve, reject) => {
      const wait = (offset: number) => {
        const waiter = { topic, queueId, offset, filter: admitted.filter, link, end };
        waiters.add(waiter, until - clock.monotonic());
      };
      let last = result;
      const end = (answer: boolean) => {
        if (!answer) return resolve(last);
        try {
          const from = last.nextOffset;
          last = this.#again(ask, last);
          const goesOn = admitted.sql !== undefined && last.status === "no-match" &&
            last.nextOffset > from && last.nextOffset === last.offsetMax &&
            clock.monotonic() < until;
          if (goesOn) wait(last.nextOffset);
          else resolve(last);
        } catch (fault) {
          reject(fault);
        }
      };
      wait(ask.offset);
    });
  }

  /** Takes back the records of a result that nobody looks at any more. */
  giveBack(records: readonly Uint8Array[]): void {
    this.#parts.reader.giveBack(records);
  }

  /**
   * Reads once more for a pull that was held, from where it has come to: what a filter by
   * properties passed over is not looked at again, and is told as such in the end.
   */
  #again(ask: PullAsk, last: PullResult): PullResult {
    const passed = last.status === "no-match";
    const from = passed ? { ...ask, offset: last.nextOffset } : ask;
    const next = this.#read(from, this.#parts.admission.admit(ask));
    return passed && next.status === "nothing" ? { ...last, offsetMax: next.offsetMax } : next;
  }

  #commit(ask: PullAsk): void {
    const { group, topic, queueId, commitOffset: offset } = ask;
    if (offset === undefined || !Number.isSafeInteger(offset) || offset < 0) return;
    this.#parts.progress.commit({ group, topic, queueId, offset });
  }

  #read(ask: PullAsk, admitted: Admitted): PullResult {
    const startedAt = this.#parts.clock.monotonic();
    const found = this.#find(ask, admitted);
    const { counters, pullOffsets } = this.#parts;
    if (found.status === "found") {
      counters.found.total++;
      counters.transferred.total += found.count;
      counters.groupGets.add(`${ask.topic}@${ask.group}`, found.count);
    } else {
      counters.missed.total++;
      if (found.status === "moved" && found.reason !== OFFSET_RESET) this.#logMoved(ask, found);
    }
    counters.pullTook(this.#parts.clock.monotonic() - startedAt);
    pullOffsets.note(ask, found.nextOffset);
    return found;
  }

  #find(ask: PullAsk, admitted: Admitted): PullResult {
    const queue = this.#parts.queues.open(ask.topic, ask.queueId);
    const offsetMin = queue?.offsetMin ?? 0;
    const offsetMax = queue?.offsetMax ?? 0;
    const answer = {
      offsetMin,
      offsetMax,
      suggestBrokerId: 0,
      topicSysFlag: admitted.topic.sysFlag,
      groupSysFlag: admitted.group.sysFlag,
      records: NO_RECORDS,
      count: 0,
    };
    const { offset } = ask;
    const to = this.#parts.resets.size > 0 ? this.#parts.resets.take(ask) : undefined;
    if (to !== undefined && to !== offset) {
      return { ...answer, status: "moved", reason: OFFSET_RESET, nextOffset: to };
    }
    if (queue === undefined || offsetMax === 0) {
      const status = offset === 0 ? "nothing" : "moved";
      return { ...answer, status, reason: "NO_MESSAGE_IN_QUEUE", nextOffset: 0 };
    }
    if (offset < offsetMin) {
      return { ...answer, status: "moved", reason: "OFFSET_TOO_SMALL", nextOffset: offsetMin };
    }
    if (offset === offsetMax) {
      return { ...answer, status: "nothing", reason: "OFFSET_OVERFLOW_ONE", nextOffset: offset };
    }
    if (offset > offsetMax) {
      return { ...answer, status: "moved", reason: "OFFSET_OVERFLOW_BADLY", nextOffset: offsetMax };
    }
    const bytes = Math.max(BYTES_MIN, Math.min(BYTES_MAX, ask.maxBytes ?? BYTES_MAX));
    const { maxMessages } = ask;
    const { filter, sql } = admitted;
    const wanted = { offset, maxMessages, maxBytes: bytes, filter, sql };
    const { records, count, nextOffset, lost } = this.#parts.reader.read(queue, wanted);
    if (count > 0) {
      return { ...answer, status: "found", reason: "FOUND", nextOffset, records, count };
    }
    if (nextOffset === offset) {
      const next = Math.min(offsetMax, (Math.floor(offset / FILE_ENTRIES) + 1) * FILE_ENTRIES);
      return { ...answer, status: "no-match", reason: "MESSAGE_WAS_REMOVING", nextOffset: next };
    }
    const reason = lost > 0 ? "MESSAGE_WAS_REMOVING" : "NO_MATCHED_MESSAGE";
    return { ...answer, status: "no-match", reason, nextOffset };
  }

  #logMoved(ask: PullAsk, result: PullResult): void {
    const now = this.#parts.clock.monotonic();
    if (now - this.#movedAt < MOVED_LINE_MS) {
      this.#movedUntold++;
      return;
    }
    const more = this.#movedUntold > 0 ? ` ${this.#movedUntold} more before it.` : "";
    this.#movedAt = now;
    this.#movedUntold = 0;
    this.#parts.lines.warn(
      `The group ${ask.group} pulled ${ask.topic} queue ${ask.queueId} at offset ${ask.offset}, ` +
        `which has ${result.offsetMin} to ${result.offsetMax}: it was sent to ` +
        `${result.nextOffset} (${result.reason}).${more}`,
    );
  }
}

const NO_RECORDS: readonly Uint8Array[] = [];
