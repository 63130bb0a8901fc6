import type { Broker } from "../../broker/broker.ts";
import type { Accepted, Incoming, SendAsk } from "../../broker/intake.ts";
import { Refusal } from "../../model/refusal.ts";
import { DEFAULT_TOPIC } from "../../model/topic.ts";
import { refusalAnswer, ResponseCode } from "../faults.ts";
import { type Answer, type Call, type Row, row } from "../row.ts";
import { flag, type Header, int, long, text } from "../shape.ts";

/** Absent from the header: a number that stands for "not said". */
const NOT_SAID = -1;

/** A send's header with its long names (`SendMessageRequestHeader`). */
const LONG_NAMES = {
  producerGroup: text("producerGroup", ""),
  topic: text("topic"),
  defaultTopic: text("defaultTopic", DEFAULT_TOPIC),
  defaultTopicQueues: int("defaultTopicQueueNums", 4),
  queueId: int("queueId", -1),
  sysFlag: int("sysFlag", 0),
  bornTimestamp: long("bornTimestamp", 0),
  flag: int("flag", 0),
  properties: text("properties", ""),
  reconsumeTimes: int("reconsumeTimes", 0),
  unitMode: flag("unitMode", false),
  maxReconsumeTimes: int("maxReconsumeTimes", NOT_SAID),
  batch: flag("batch", false),
};

/** The same with its short names (`SendMessageRequestHeaderV2`). */
const SHORT_NAMES = {
  producerGroup: text("a", ""),
  topic: text("b"),
  defaultTopic: text("c", DEFAULT_TOPIC),
  defaultTopicQueues: int("d", 4),
  queueId: int("e", -1),
  sysFlag: int("f", 0),
  bornTimestamp: long("g", 0),
  flag: int("h", 0),
  properties: text("i", ""),
  reconsumeTimes: int("j", 0),
  unitMode: flag("k", false),
  maxReconsumeTimes: int("l", NOT_SAID),
  batch: flag("m", false),
};

type SendHeader = Header<typeof LONG_NAMES>;

/** What every answer to a send names: Java's client relies on it. */
interface Brand {
  readonly MSG_REGION: string;
  readonly TRACE_ON: boolean;
}

/** Messages coming in. */
export function sendRows(broker: Broker): Row[] {
  const { intake, identity } = broker;
  const brand = { MSG_REGION: identity.region, TRACE_ON: identity.traceOn };
  const onRefusal = (error: unknown) => refused(error, brand);
  const otherwise = (fault: unknown, answer: Answer) => {
    return isLate(fault) ? { ...answer, ...LATE } : refused(fault, brand);
  };
  const onAccepted = (accepted: Accepted): Answer => {
    const { ids, queueId, offset, transactionId, batchUniqueId, recallHandle, settled } = accepted;
    const { MSG_REGION, TRACE_ON } = brand;
    return {
      header: {
        msgId: ids,
        queueId,
        queueOffset: offset,
        transactionId,
        batchUniqId: batchUniqueId,
        recallHandle,
        MSG_REGION,
        TRACE_ON,
      },
      after: settled,
      otherwise,
    };
  };
  const send = (header: SendHeader, call: Call): Answer | Promise<Answer> => {
    const message = toMessage(header, call);
    const asked = toAsk(header, call);
    const accepted = header.batch
      ? intake.acceptBatch(message, asked)
      : intake.accept(message, asked);
    return accepted instanceof Promise
      ? accepted.then(onAccepted, onRefusal)
      : onAccepted(accepted);
  };
  const batch = (header: SendHeader, call: Call) => send({ ...header, batch: true }, call);
  return [
    row({ code: 10, name: "SEND_MESSAGE", access: "produce" }, LONG_NAMES, send),
    row({ code: 310, name: "SEND_MESSAGE_V2", access: "produce" }, SHORT_NAMES, send),
    row({ code: 320, name: "SEND_BATCH_MESSAGE", access: "produce" }, SHORT_NAMES, batch),
  ].map((plain) => ({ ...plain, answer: (call) => answerBranded(plain, call, brand) }));
}

/** A header that does not read is refused before {@linkcode sendRows} has a say. */
function answerBranded(plain: Row, call: Call, brand: Brand): ReturnType<Row["answer"]> {
  try {
    return plain.answer(call);
  } catch (error) {
    return refused(error, brand);
  }
}

function refused(error: unknown, brand: Brand): Answer {
  if (error instanceof Refusal) return { ...refusalAnswer(error), header: { ...brand } };
  throw error;
}

function toMessage(header: SendHeader, call: Call): Incoming {
  return {
    topic: header.topic,
    queueId: header.queueId,
    flag: header.flag,
    sysFlag: header.sysFlag,
    bornTimestamp: header.bornTimestamp,
    bornHost: call.remote,
    reconsumeTimes: header.reconsumeTimes,
    preparedPosition: 0,
    properties: header.properties,
    body: call.body,
  };
}

function toAsk(header: SendHeader, call: Call): SendAsk {
  const { maxReconsumeTimes } = header;
  return {
    producerGroup: header.producerGroup,
    defaultTopic: header.defaultTopic,
    defaultTopicQueues: header.defaultTopicQueues,
    unitMode: header.unitMode,
    maxReconsumeTimes: maxReconsumeTimes === NOT_SAID ? undefined : maxReconsumeTimes,
    version: call.version,
    local: call.local,
  };
}

const LATE = {
  code: ResponseCode.flushDiskTimeout,
  remark: "The message is stored, but the disk did not confirm it in time.",
} as const;

function isLate(fault: unknown): boolean {
  return fault instanceof Refusal && fault.kind === "flush-timeout";
}
