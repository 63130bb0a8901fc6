import type { Broker } from "../../broker/broker.ts";
import type { PullAsk, PullResult, PullSubscription } from "../../broker/pull.ts";
import { ResponseCode } from "../faults.ts";
import { type Answer, type Call, type Row, row } from "../row.ts";
import { type Header, int, long, text } from "../shape.ts";

/** Bits of a pull's sysFlag (`PullSysFlag`). */
const PullFlag = { commit: 1, suspend: 2, subscription: 4, classFilter: 8 } as const;

const CODES: Readonly<Record<PullResult["status"], number>> = {
  "found": ResponseCode.success,
  "nothing": ResponseCode.pullNotFound,
  "no-match": ResponseCode.pullRetryImmediately,
  "moved": ResponseCode.pullOffsetMoved,
};

const LITE_PULL = 361;

const shape = {
  group: text("consumerGroup"),
  topic: text("topic"),
  queueId: int("queueId"),
  offset: long("queueOffset"),
  maxMessages: int("maxMsgNums", 32),
  sysFlag: int("sysFlag", 0),
  commitOffset: long("commitOffset", -1),
  suspendMs: long("suspendTimeoutMillis", 0),
  subscription: text("subscription", ""),
  subVersion: long("subVersion", 0),
  expressionType: text("expressionType", "TAG"),
  maxBytes: int("maxMsgBytes", -1),
};
type PullHeader = Header<typeof shape>;

/** Messages going out. */
export function pullRows(broker: Broker): Row[] {
  const release = (records: readonly Uint8Array[]) => broker.fetch.giveBack(records);
  const answer = (result: PullResult) => toAnswer(result, result.count > 0 ? release : undefined);
  const pull = (header: PullHeader, call: Call) => {
    const result = broker.fetch.pull(toAsk(header, call), call.link);
    return result instanceof Promise ? result.then(answer) : answer(result);
  };
  return [
    row({ code: 11, name: "PULL_MESSAGE", access: "consume" }, shape, pull),
    row({ code: LITE_PULL, name: "LITE_PULL_MESSAGE", access: "consume" }, shape, pull),
  ];
}

function toAsk(header: PullHeader, call: Call): PullAsk {
  const { sysFlag, commitOffset, maxBytes } = header;
  const commits = (sysFlag & PullFlag.commit) !== 0 && commitOffset >= 0;
  return {
    group: header.group,
    topic: header.topic,
    queueId: header.queueId,
    offset: header.offset,
    maxMessages: header.maxMessages,
    maxBytes: maxBytes >= 0 ? maxBytes : undefined,
    commitOffset: commits ? commitOffset : undefined,
    suspendMs: (sysFlag & PullFlag.suspend) !== 0 ? header.suspendMs : 0,
    subscription: (sysFlag & PullFlag.subscription) !== 0 ? subscriptionOf(header) : undefined,
    classFilter: (sysFlag & PullFlag.classFilter) !== 0,
    lite: call.code === LITE_PULL,
    subVersion: header.subVersion,
  };
}

function subscriptionOf(header: PullHeader): PullSubscription {
  const { subscription, expressionType, subVersion } = header;
  return { expression: subscription, type: expressionType, version: subVersion };
}

/** The header is whole on every outcome: Java's client reads each of the four numbers unasked. */
function toAnswer(result: PullResult, release: Answer["release"]): Answer {
  return {
    code: CODES[result.status],
    remark: result.reason,
    header: {
      nextBeginOffset: result.nextOffset,
      minOffset: result.offsetMin,
      maxOffset: result.offsetMax,
      suggestWhichBrokerId: result.suggestBrokerId,
      topicSysFlag: result.topicSysFlag,
      groupSysFlag: result.groupSysFlag,
    },
    body: result.records,
    release,
  };
}
