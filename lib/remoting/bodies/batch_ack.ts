import type { HeldMessages } from "../../broker/receipts.ts";
import { Bean } from "../../model/bean.ts";
import { realTopic } from "../../model/receipt.ts";

/** Bytes of one bit set: 32 messages take four, Java's longs eight. */
const BITS_MAX_BYTES = 512;

/** `BatchAckMessageRequestBody`. */
export function readBatchAck(body: Uint8Array): HeldMessages[] {
  return Bean.read(body).beans("acks").map((ack) => {
    const group = ack.text("c");
    const start = ack.whole("so", 0);
    return {
      group,
      topic: realTopic(ack.text("t"), group, ack.text("r", "0")),
      queueId: ack.whole("q", -1),
      offsets: bitsOf(ack.text("b")).map((bit) => start + bit),
      receipt: {
        start,
        popMs: ack.whole("pt", 0),
        invisibleMs: ack.whole("it", 0),
        reviveQueue: ack.whole("rq", 0),
      },
    };
  });
}

/** The numbers of the bits in Java's `BitSet.toByteArray`, as fastjson writes it: base64. */
function bitsOf(base64: string): number[] {
  const bits: number[] = [];
  decodeBase64(base64).subarray(0, BITS_MAX_BYTES).forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) bits.push(at * 8 + bit);
  });
  return bits;
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}
