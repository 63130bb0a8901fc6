import type { Broker } from "../../broker/broker.ts";
import type { Accepted } from "../../broker/intake.ts";
import { Refusal } from "../../model/refusal.ts";
import { ResponseCode } from "../faults.ts";
import { type Answer, type Call, type Row, row } from "../row.ts";
import { branded, brandOf, refused } from "./brand.ts";
import { LONG_NAMES, type SendHeader, SHORT_NAMES, toAsk, toMessage } from "./send_header.ts";

/** Messages coming in. */
export function sendRows(broker: Broker): Row[] {
  const { intake, identity } = broker;
  const brand = brandOf(identity);
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
  ].map((plain) => branded(plain, brand));
}

const LATE = {
  code: ResponseCode.flushDiskTimeout,
  remark: "The message is stored, but the disk did not confirm it in time.",
} as const;

function isLate(fault: unknown): boolean {
  return fault instanceof Refusal && fault.kind === "flush-timeout";
}
