import type { Incoming, SendAsk } from "../../broker/intake.ts";
import { DEFAULT_TOPIC } from "../../model/topic.ts";
import type { Call } from "../row.ts";
import { flag, type Header, int, long, text } from "../shape.ts";

/** Absent from the header: a number that stands for "not said". */
const NOT_SAID = -1;

/** A send's header with its long names (`SendMessageRequestHeader`). */
export const LONG_NAMES = {
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
export const SHORT_NAMES = {
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

export type SendHeader = Header<typeof LONG_NAMES>;

export function toMessage(header: SendHeader, call: Call): Incoming {
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
    body: call.span,
  };
}

export function toAsk(header: SendHeader, call: Call): SendAsk {
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
