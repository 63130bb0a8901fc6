import { Refusal } from "./refusal.ts";

/** One message inside a batch body. */
export interface BatchPart<Body = Uint8Array> {
  readonly flag: number;
  readonly body: Body;
  readonly properties: string;
}

/** How to take pieces out of bytes: from, to. */
export interface Cutter<Body> {
  text(bytes: Uint8Array, from: number, to: number): string;
  body(bytes: Uint8Array, from: number, to: number): Body;
}

const decoder = new TextDecoder();

/** Bodies are views. */
const views: Cutter<Uint8Array> = {
  text: (bytes, from, to) => decoder.decode(bytes.subarray(from, to)),
  body: (bytes, from, to) => bytes.subarray(from, to),
};

const utf8 = new TextEncoder();
const HEAD_BYTES = 20;

/**
 * Splits a batch body (`MessageDecoder.encodeMessages`): per message total length, magic 0, CRC 0,
 * flag, body length and body, properties length (int16) and properties. Bodies lie where they lay.
 * @throws {Refusal} `message-illegal` where lengths do not add up or nothing is in it.
 */
export function decodeBatch(bytes: Uint8Array): BatchPart[];
export function decodeBatch<Body>(bytes: Uint8Array, cut: Cutter<Body>): BatchPart<Body>[];
export function decodeBatch(
  bytes: Uint8Array,
  cut: Cutter<unknown> = views,
): BatchPart<unknown>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: BatchPart<unknown>[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = at + HEAD_BYTES + 2 <= bytes.length ? view.getInt32(at) : 0;
    const bodyLength = size >= HEAD_BYTES + 2 ? view.getInt32(at + 16) : -1;
    const properties = at + HEAD_BYTES + bodyLength + 2;
    const sound = bodyLength >= 0 && at + size <= bytes.length && properties <= at + size;
    const propertiesLength = sound ? view.getInt16(properties - 2) : -1;
    if (propertiesLength < 0 || properties + propertiesLength !== at + size) {
      throw new Refusal(
        "message-illegal",
        `Cannot split the batch: message ${parts.length} at byte ${at} of ${bytes.length} has ` +
          `lengths that do not add up. Encode it as RocketMQ's clients do.`,
      );
    }
    parts.push({
      flag: view.getInt32(at + 12),
      body: cut.body(bytes, at + HEAD_BYTES, at + HEAD_BYTES + bodyLength),
      properties: cut.text(bytes, properties, properties + propertiesLength),
    });
    at += size;
  }
  if (parts.length === 0) throw new Refusal("message-illegal", "The batch holds no message.");
  return parts;
}

/** The body of a batch: what {@linkcode decodeBatch} splits. */
export function encodeBatch(parts: readonly BatchPart[]): Uint8Array {
  const properties = parts.map((part) => utf8.encode(part.properties));
  const sizes = parts.map(({ body }, at) => HEAD_BYTES + body.length + 2 + properties[at].length);
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, { body, flag }] of parts.entries()) {
    view.setInt32(at, sizes[index]);
    view.setInt32(at + 12, flag);
    view.setInt32(at + 16, body.length);
    bytes.set(body, at + HEAD_BYTES);
    view.setInt16(at + HEAD_BYTES + body.length, properties[index].length);
    bytes.set(properties[index], at + HEAD_BYTES + body.length + 2);
    at += sizes[index];
  }
  return bytes;
}
