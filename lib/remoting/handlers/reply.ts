import type { Broker } from "../../broker/broker.ts";
import type { Incoming, SendAsk } from "../../broker/intake.ts";
import { Refusal } from "../../model/refusal.ts";
import { ResponseCode } from "../faults.ts";
import { type Answer, type Call, type Row, row } from "../row.ts";
import { branded, brandOf, refused } from "./brand.ts";
import { LONG_NAMES, type SendHeader, SHORT_NAMES, toAsk, toMessage } from "./send_header.ts";

/** Replies to requests that clients sent as messages. */
export function replyRows(broker: Broker): Row[] {
  const brand = brandOf(broker.identity);
  const reply = async (message: Incoming, asked: SendAsk): Promise<Answer> => {
    const { placed, undelivered } = await broker.replies.take(message, asked);
    const isStored = !(placed instanceof Refusal);
    const where = isStored
      ? { msgId: placed.ids, queueId: placed.queueId, queueOffset: placed.offset }
      : { msgId: "0", queueId: message.queueId, queueOffset: 0 };
    const code = undelivered === undefined ? ResponseCode.success : ResponseCode.systemError;
    const remark = undelivered ?? (isStored ? undefined : `It is not stored: ${placed.message}`);
    return { code, remark, header: { ...where, ...brand } };
  };
  const take = (header: SendHeader, call: Call) =>
    reply(toMessage(header, call), toAsk(header, call)).catch((fault) => refused(fault, brand));
  return [
    row({ code: 324, name: "SEND_REPLY_MESSAGE", access: "produce" }, LONG_NAMES, take),
    row({ code: 325, name: "SEND_REPLY_MESSAGE_V2", access: "produce" }, SHORT_NAMES, take),
  ].map((plain) => branded(plain, brand));
}
