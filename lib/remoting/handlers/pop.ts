import type { Broker } from "../../broker/broker.ts";
import type { PopAsk, PopResult } from "../../broker/pop.ts";
import type { HeldMessage } from "../../broker/receipts.ts";
import { Refusal } from "../../model/refusal.ts";
import { parseReceipt } from "../../model/receipt.ts";
import { readBatchAck } from "../bodies/batch_ack.ts";
import { type Answer, type Call, type Row, row } from "../row.ts";
import { flag, type Header, int, long, type Shape, text } from "../shape.ts";

const NO_MESSAGE = 208;
const CODES: Readonly<Record<PopResult["status"], number>> = {
  "found": 0,
  "full": 209,
  "timeout": 210,
};

const place = {
  group: text("consumerGroup"),
  topic: text("topic"),
  queueId: int("queueId"),
  pollMs: long("pollTime"),
  bornMs: long("bornTime", 0),
  order: flag("order", false),
  attemptId: text("attemptId", ""),
};
const popShape = {
  ...place,
  maxMessages: int("maxMsgNums"),
  invisibleMs: long("invisibleTime"),
  initMode: int("initMode"),
  expressionType: text("expType", "TAG"),
  expression: text("exp", ""),
};
const waitingShape = { group: place.group, topic: place.topic, queueId: place.queueId };
const ackShape = {
  group: text("consumerGroup"),
  topic: text("topic"),
  queueId: int("queueId"),
  receipt: text("extraInfo"),
  offset: long("offset"),
};
const prolongShape = { ...ackShape, invisibleMs: long("invisibleTime") };

/** Messages popped, acknowledged and kept for longer. */
export function popRows(broker: Broker): Row[] {
  const { pop, receipts } = broker;
  return [
    ...popRow({ code: 200050, name: "POP_MESSAGE" }, popShape, (header, { link }) => {
      const result = pop.pop(toAsk(header), link);
      return result instanceof Promise ? result.then(toAnswer) : toAnswer(result);
    }),
    ...popRow({ code: 200051, name: "ACK_MESSAGE" }, ackShape, (header) => {
      return { after: receipts.acknowledge(toHeld(header)) };
    }),
    ...popRow({ code: 200151, name: "BATCH_ACK_MESSAGE" }, {}, (_header, { body }) => {
      const batches = body.length === 0 ? [] : readBatchAck(body);
      if (batches.length === 0) return { code: NO_MESSAGE, remark: NO_ACKS };
      return { after: receipts.acknowledgeBatch(batches) };
    }),
    ...popRow({ code: 200053, name: "CHANGE_MESSAGE_INVISIBLETIME" }, prolongShape, (header) => {
      const { prolonged, after } = receipts.prolong(toHeld(header), header.invisibleMs);
      if (prolonged === undefined) return { after };
      const { popMs, invisibleMs, reviveQueue } = prolonged;
      const told = { popTime: popMs, invisibleTime: invisibleMs, reviveQid: reviveQueue };
      return { header: told, after };
    }),
    ...popRow({ code: 200054, name: "NOTIFICATION" }, place, async (header, { link }) => {
      const { hasAny, isFull } = await pop.hasAny(toPlace(header), link);
      return { header: { hasMsg: hasAny, pollingFull: isFull } };
    }),
    ...popRow({ code: 200055, name: "POLLING_INFO" }, waitingShape, (header) => {
      const asked = { pollMs: 0, bornMs: 0, order: false, attemptId: undefined };
      return { header: { pollingNum: pop.waiting({ ...header, ...asked }) } };
    }),
  ];
}

const NO_ACKS = "The body names nothing to acknowledge. Send acks with a bit for each message.";

/**
 * The request under its code, and under what is left of it where the header is RocketMQ's binary
 * one, which has 16 bits for it.
 */
function popRow<S extends Shape>(
  { code, name }: { readonly code: number; readonly name: string },
  shape: S,
  run: (header: Header<S>, call: Call) => Answer | Promise<Answer>,
): Row[] {
  return [code, code & 0xffff].map((one) => {
    return row({ code: one, name, access: "consume" }, shape, run);
  });
}

function toPlace({ attemptId, ...header }: Header<typeof place>) {
  return { ...header, attemptId: attemptId === "" ? undefined : attemptId };
}

function toAsk({ initMode, ...header }: Header<typeof popShape>): PopAsk {
  return { ...header, ...toPlace(header), from: initMode === 0 ? "first" : "last" };
}

function toHeld(header: Header<typeof ackShape>): HeldMessage {
  const receipt = parseReceipt(header.receipt);
  const { group, topic, queueId, offset } = header;
  if (receipt !== undefined) return { group, topic, queueId, offset, receipt };
  throw new Refusal(
    "failed",
    `The header field extraInfo is ${JSON.stringify(header.receipt.slice(0, 80))}, which is no ` +
      `receipt: eight words, the first four numbers. Send what the pop gave.`,
  );
}

function toAnswer(result: PopResult): Answer {
  const { status, queues } = result;
  const orders = queues.flatMap(({ retry, queueId, counts, offsets }) => {
    if (counts.size === 0) return [`${retry} ${queueId} 0`];
    const single = [...counts].map(([offset, count]) => `${retry} qo${queueId}%${offset} ${count}`);
    const least = counts.size === offsets.length ? Math.min(...counts.values()) : 0;
    return [...single, `${retry} ${queueId} ${least}`];
  });
  return {
    code: CODES[status],
    remark: result.reason,
    header: {
      popTime: result.popMs,
      invisibleTime: result.invisibleMs,
      reviveQid: result.reviveQueue,
      restNum: result.rest,
      startOffsetInfo: queues.map((one) => `${one.retry} ${one.queueId} ${one.start}`).join(";"),
      msgOffsetInfo: queues.map((one) => `${one.retry} ${one.queueId} ${one.offsets.join(",")}`)
        .join(";"),
      orderCountInfo: result.reviveQueue === ORDERED ? orders.join(";") : undefined,
    },
    body: result.records,
    after: result.after,
  };
}

const ORDERED = 999;
