import type { Broker } from "../../broker/broker.ts";
import type { Incoming, SendAsk } from "../../broker/intake.ts";
import type { ReplyOutcome } from "../../broker/replies.ts";
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
    const code = undelivered === undefined ? ResponseCode.success : ResponseCode.systemError;
    const lost = placed instanceof Refusal ? `It is not stored: ${placed.message}` : undefined;
    const header = { ...whereOf(placed, message.queueId), ...brand };
    return { code, remark: undelivered ?? lost, header };
  };
  const take = (header: SendHeader, call: Call) =>
    reply(toMessage(header, call), toAsk(header, call)).catch((fault) => refused(fault, brand));
  return [
    row({ code: 324, name: "SEND_REPLY_MESSAGE", access: "produce" }, LONG_NAMES, take),
    row({ code: 325, name: "SEND_REPLY_MESSAGE_V2", access: "produce" }, SHORT_NAMES, take),
  ].map((plain) => branded(plain, brand));
}

/** What is nowhere has the id 0, for clients read one. */
function whereOf(placed: ReplyOutcome["placed"], asked: number) {
  if ("ids" in placed) {
    return { msgId: placed.ids, queueId: placed.queueId, queueOffset: placed.offset };
  }
  return { msgId: "0", queueId: "unkept" in placed ? placed.unkept : asked, queueOffset: 0 };
}
