import type { Found, Place } from "./ledger.ts";

const ID_BYTES = 8;

/** The body of message `id`: the id, then bytes that follow from it. */
export function bodyOf(id: number): Uint8Array {
  const body = new Uint8Array(ID_BYTES + (id * 7919) % 1500);
  new DataView(body.buffer).setFloat64(0, id);
  for (let at = ID_BYTES; at < body.length; at++) body[at] = (id * 31 + at * 7) & 0xff;
  return body;
}

/** A batch body of these messages, as RocketMQ's clients encode it. */
export function batchOf(ids: readonly number[]): Uint8Array {
  const parts = ids.map((id) => {
    const body = bodyOf(id);
    const part = new Uint8Array(20 + body.length + 2);
    const view = new DataView(part.buffer);
    view.setInt32(0, part.length);
    view.setInt32(16, body.length);
    part.set(body, 20);
    return part;
  });
  const batch = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    batch.set(part, at);
    at += part.length;
  }
  return batch;
}

/**
 * Cuts a pull's body into messages, by offsets of RocketMQ's record (IPv4 hosts) and nothing of
 * ours.
 */
export function readMessages(bytes: Uint8Array, queue: Omit<Place, "offset">): Found[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Found[] = [];
  for (let at = 0; at < bytes.length; at += view.getInt32(at)) {
    const length = view.getInt32(at + 84);
    const body = bytes.subarray(at + 88, at + 88 + length);
    const id = length < ID_BYTES ? -1 : view.getFloat64(at + 88);
    const wanted = bodyOf(id > 0 && Number.isInteger(id) ? id : 1);
    const isIntact = wanted.length === body.length && wanted.every((byte, i) => byte === body[i]);
    found.push({ ...queue, offset: Number(view.getBigInt64(at + 20)), id, intact: isIntact });
  }
  return found;
}
