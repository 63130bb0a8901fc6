/** A stored message as the bytes of its record tell it. */
export interface StoredRecord {
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly position: number;
  readonly body: string;
  readonly properties: ReadonlyMap<string, string>;
  /** The record itself. */
  readonly bytes: Uint8Array;
}

const MAGIC_V2 = 0xdaa320ab | 0;
const decoder = new TextDecoder();

/** Records one after the other, as a pull's body holds them. */
export function recordsIn(body: Uint8Array): StoredRecord[] {
  const records: StoredRecord[] = [];
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  for (let at = 0; at < body.length; at += view.getInt32(at)) {
    records.push(recordIn(body.subarray(at, at + view.getInt32(at))));
  }
  return records;
}

function recordIn(bytes: Uint8Array): StoredRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getInt32(36);
  const bornHost = (flags & 0x10) === 0 ? 8 : 20;
  const storeHost = (flags & 0x20) === 0 ? 8 : 20;
  let at = 48 + bornHost + 8 + storeHost + 4 + 8;
  const bodyLength = view.getInt32(at);
  const body = bytes.subarray(at + 4, at + 4 + bodyLength);
  at += 4 + bodyLength;
  const isV2 = view.getInt32(4) === MAGIC_V2;
  const topicLength = isV2 ? view.getInt16(at) : view.getInt8(at);
  at += isV2 ? 2 : 1;
  const topic = decoder.decode(bytes.subarray(at, at + topicLength));
  at += topicLength;
  const properties = decoder.decode(bytes.subarray(at + 2, at + 2 + view.getInt16(at)));
  return {
    topic,
    queueId: view.getInt32(12),
    offset: Number(view.getBigInt64(20)),
    position: Number(view.getBigInt64(28)),
    body: decoder.decode(body),
    properties: new Map(
      properties.split("\x02").filter((pair) => pair.includes("\x01")).map((pair) => {
        const [key, value] = pair.split("\x01");
        return [key, value];
      }),
    ),
    bytes: bytes.slice(),
  };
}
