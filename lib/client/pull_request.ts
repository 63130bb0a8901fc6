import { decodeRecord, layoutOf, RECORD_MIN_BYTES, type StoredRecord } from "../model/record.ts";
import type { Request } from "../remoting/caller.ts";
import type { Command } from "../remoting/command.ts";
import { headerReader, long } from "../remoting/shape.ts";
import { ClientError, refusedError } from "./client_error.ts";

/** How an expression is to be read: tags with `||` between, or a condition on properties. */
export type FilterType = "TAG" | "SQL92";

/** What to take from a queue. */
export interface PullAsk {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  /** Messages at the most; brokers have a limit of their own. */
  readonly max?: number;
  /** How long the broker may wait for a message to come, ms; 0: not at all. */
  readonly waitMs?: number;
  /** `*`, or what its type says. */
  readonly expression?: string;
  readonly filterType?: FilterType;
  /** Progress to commit on the way. */
  readonly progress?: number;
}

/** What came of it. */
export interface Pulled {
  /**
   * `nothing`: no message at that offset yet; `no-match`: those looked at do not match, go on at
   * `nextOffset`; `moved`: that offset is not, or no longer, in the queue.
   */
  readonly status: "found" | "nothing" | "no-match" | "moved";
  readonly nextOffset: number;
  readonly offsetMin: number;
  readonly offsetMax: number;
  /** Records one behind another, see {@linkcode recordsIn}. */
  readonly records: Uint8Array;
}

const PULL = 11;
const PullFlag = { commit: 1, wait: 2, subscription: 4 } as const;
const MESSAGES_MAX = 32;
const STATUS: ReadonlyMap<number, Pulled["status"]> = new Map([
  [0, "found"],
  [19, "nothing"],
  [20, "no-match"],
  [21, "moved"],
]);

const readNumbers = headerReader({
  nextOffset: long("nextBeginOffset"),
  offsetMin: long("minOffset", 0),
  offsetMax: long("maxOffset", 0),
});

/** The request that asks for messages (`PULL_MESSAGE`). */
export function pullRequest(ask: PullAsk): Request {
  const { progress, waitMs = 0 } = ask;
  const waits = waitMs > 0 ? PullFlag.wait : 0;
  const commits = progress === undefined ? 0 : PullFlag.commit;
  return {
    code: PULL,
    header: {
      consumerGroup: ask.group,
      topic: ask.topic,
      queueId: ask.queueId,
      queueOffset: ask.offset,
      maxMsgNums: ask.max ?? MESSAGES_MAX,
      sysFlag: PullFlag.subscription | waits | commits,
      commitOffset: progress ?? 0,
      suspendTimeoutMillis: waitMs,
      subscription: ask.expression ?? "*",
      subVersion: 0,
      expressionType: ask.filterType ?? "TAG",
    },
  };
}

/** @throws {ClientError} `refused` */
export function pulledOf(answer: Command): Pulled {
  const status = STATUS.get(answer.code);
  if (status === undefined) throw refusedError("pull", answer);
  return { status, ...readNumbers(answer), records: answer.body };
}

/** The messages of a pull's answer; bodies are slices of it. */
export function* recordsIn(records: Uint8Array): Iterable<StoredRecord> {
  for (let at = 0; at < records.length;) {
    const record = decodeRecord(records, at);
    yield record;
    at += record.size;
  }
}

/**
 * Shows the body of each message of a pull's answer, and where its record begins, and makes nothing
 * else of them. @throws {ClientError} `garbled` where lengths lead out of it.
 */
export function visitBodies(
  records: Uint8Array,
  visit: (body: Uint8Array, at: number) => void,
): void {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at < records.length;) {
    const left = records.length - at;
    const size = left < RECORD_MIN_BYTES ? 0 : view.getInt32(at);
    const layout = size < RECORD_MIN_BYTES || size > left ? undefined : layoutOf(view, at);
    if (layout === undefined || layout.properties > at + size) {
      const where = `at byte ${at} of ${records.length}`;
      throw new ClientError("garbled", `A pull's answer does not read: no record ${where}.`);
    }
    visit(records.subarray(layout.body, layout.body + layout.bodyLength), at);
    at += size;
  }
}
