import type { Host } from "./host.ts";
import { type Message, SysFlag } from "./message.ts";
import { closed, CRC_PROPERTY_BYTES, Property, withoutProperty } from "./properties.ts";
import { Refusal } from "./refusal.ts";

/**
 * The one binary form of a message, on disk and on the wire (`MessageExtEncoder`, RocketMQ's record
 * versions 1 and 2). All integers big-endian. The stored bytes are the bytes that a pull answers.
 */
export const Magic = {
  v1: 0xdaa320a7 | 0,
  v2: 0xdaa320ab | 0,
  blank: 0xcbd43194 | 0,
} as const;

/** Bytes of the filler at a segment's end: remaining length and magic. */
export const BLANK_BYTES = 8;
/** Signed short: more bytes of properties than this do not fit. */
export const PROPERTIES_MAX_BYTES = 32_767;
/** The smallest record: IPv4 hosts, empty topic, body and properties. */
export const RECORD_MIN_BYTES = 91;

const AT = {
  size: 0,
  magic: 4,
  bodyCrc: 8,
  queueId: 12,
  flag: 16,
  offset: 20,
  position: 28,
  sysFlag: 36,
  bornTimestamp: 40,
  bornHost: 48,
} as const;
const TOPIC_MAX_BYTES_V1 = 127;
const KEY_NAME = new TextEncoder().encode(`${Property.uniqueKey}\u0001`);
const KEY_FRAME_BYTES = KEY_NAME.length + 1;

/** A CRC-32 over bytes, unsigned. */
export type Crc32 = (bytes: Uint8Array) => number;

/** Where to encode: `bytes` and `view` cover the same memory; the record begins at `at`. */
export interface RecordTarget {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: number;
}

/** What only the log knows of a record. */
export interface RecordStamp {
  readonly position: number;
  readonly offset: number;
  readonly storeTimestamp: number;
}

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Bytes that `encodeRecord` may need at the most for this message. */
export function recordCapacity(message: Message): number {
  return RECORD_MIN_BYTES + 1 + 24 + message.body.length + 3 * message.topic.length +
    3 * message.properties.length + 1 + KEY_FRAME_BYTES + (message.givenKey?.length ?? 0) +
    (message.ownProperties?.length ?? 0) + CRC_PROPERTY_BYTES;
}

/**
 * Encodes a record, its CRC property last (an incoming one is dropped), and returns its size.
 * The CRC property covers the whole record but its own 20 bytes (`enabledAppendPropCRC`).
 * @throws {Refusal} `message-illegal` where the properties exceed 32,767 bytes with the CRC's 20.
 */
export function encodeRecord(
  target: RecordTarget,
  message: Message,
  stamp: RecordStamp,
  crc32: Crc32,
): number {
  const { bytes, view } = target;
  const at = target.at | 0;
  const { body, bornHost, storeHost } = message;
  const hostFlags = (bornHost.ip.length === 16 ? SysFlag.bornHostV6 : 0) |
    (storeHost.ip.length === 16 ? SysFlag.storeHostV6 : 0);
  view.setInt32(at + AT.queueId, message.queueId);
  view.setInt32(at + AT.flag, message.flag);
  setLong(view, at + AT.offset, stamp.offset);
  setLong(view, at + AT.position, stamp.position);
  const hostBits = SysFlag.bornHostV6 | SysFlag.storeHostV6;
  view.setInt32(at + AT.sysFlag, (message.sysFlag & ~hostBits) | hostFlags);
  setLong(view, at + AT.bornTimestamp, message.bornTimestamp);
  let to = writeHost(target, at + AT.bornHost, bornHost);
  setLong(view, to, stamp.storeTimestamp);
  to = writeHost(target, to + 8, storeHost);
  view.setInt32(to, message.reconsumeTimes);
  setLong(view, to + 4, message.preparedPosition);
  view.setInt32(to + 12, body.length);
  to += 16;
  const bodyEnd = (to + body.length) | 0;
  if (body instanceof Uint8Array) bytes.set(body, to);
  else body.copyTo(bytes, to);
  view.setInt32(at + AT.bodyCrc, crc32(bytes.subarray(to, bodyEnd)) & 0x7fffffff);
  to = writeTopic(target, bodyEnd, message.topic);
  to = writeProperties(target, to, message);
  view.setInt32(at + AT.size, to - at);
  writeCrcProperty(bytes, to, crc32(bytes.subarray(at, to - CRC_PROPERTY_BYTES)));
  return to - at;
}

/** A record read back. `body` is a slice of the bytes it was read from. */
export interface StoredRecord extends Message {
  readonly body: Uint8Array;
  readonly size: number;
  readonly bodyCrc: number;
  readonly offset: number;
  readonly position: number;
  readonly storeTimestamp: number;
}

/**
 * Decodes the record that begins at `at`; only for records that {@linkcode inspectRecord} found
 * good.
 */
export function decodeRecord(bytes: Uint8Array, at = 0): StoredRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const layout = layoutOf(view, at);
  const sysFlag = view.getInt32(at + AT.sysFlag);
  return {
    size: view.getInt32(at),
    bodyCrc: view.getInt32(at + AT.bodyCrc),
    queueId: view.getInt32(at + AT.queueId),
    flag: view.getInt32(at + AT.flag),
    offset: getLong(view, at + AT.offset),
    position: getLong(view, at + AT.position),
    sysFlag,
    bornTimestamp: getLong(view, at + AT.bornTimestamp),
    bornHost: readHost(bytes, at + AT.bornHost, sysFlag & SysFlag.bornHostV6),
    storeTimestamp: getLong(view, layout.storeTimestamp),
    storeHost: readHost(bytes, layout.storeTimestamp + 8, sysFlag & SysFlag.storeHostV6),
    reconsumeTimes: view.getInt32(layout.body - 16),
    preparedPosition: getLong(view, layout.body - 12),
    body: bytes.subarray(layout.body, layout.body + layout.bodyLength),
    topic: text.decode(bytes.subarray(layout.topic, layout.topic + layout.topicLength)),
    properties: text.decode(bytes.subarray(layout.properties, at + view.getInt32(at))),
  };
}

/** What stands at some place of the log. */
export type Inspection =
  /** A whole record with matching checksums. */
  | { readonly kind: "record"; readonly size: number }
  /** The filler at a segment's end: nothing follows in this segment. */
  | { readonly kind: "blank"; readonly size: number }
  /** Zeros where a record would begin: nothing was written here. */
  | { readonly kind: "empty" }
  /** Bytes that are no record. `size` where the length field alone still looks sound, else 0. */
  | { readonly kind: "damaged"; readonly size: number; readonly why: string };

/**
 * How to look: `position` that the record must claim, and whether its CRC property can be trusted.
 */
export interface InspectOptions {
  readonly position: number;
  /** True only for ranges that this broker wrote: the property must be there and match. */
  readonly crcProperty: boolean;
  readonly crc32: Crc32;
  /** Covers the bytes; for who judges many records of the same ones. */
  readonly view?: DataView;
}

/**
 * Judges the bytes at `from`; `bytes` must reach to the segment's end or to the end of the record.
 */
export function inspectRecord(
  bytes: Uint8Array,
  from: number,
  options: InspectOptions,
): Inspection {
  const at = from | 0;
  const room = bytes.length - at;
  if (room < BLANK_BYTES) return { kind: "damaged", size: 0, why: "fewer than 8 bytes left" };
  const view = options.view ?? viewOver(bytes);
  const size = view.getInt32(at + AT.size);
  const magic = view.getInt32(at + AT.magic);
  if (magic === Magic.blank) return { kind: "blank", size };
  if (size === 0 && magic === 0) return { kind: "empty" };
  if (magic !== Magic.v1 && magic !== Magic.v2) {
    return { kind: "damaged", size: 0, why: `magic 0x${(magic >>> 0).toString(16)}` };
  }
  if (size < RECORD_MIN_BYTES || size > room) {
    return { kind: "damaged", size: 0, why: `length ${size} with ${room} bytes left` };
  }
  const why = faultOf({ bytes, view, at }, size, options);
  return why === undefined ? { kind: "record", size } : { kind: "damaged", size, why };
}

/**
 * The 20 bytes of the CRC property for this record text, or undefined where it has none at its end.
 */
export function crcPropertyOf(record: Uint8Array): number | undefined {
  return crcPropertyIn(record, 0, record.length);
}

function crcPropertyIn(bytes: Uint8Array, from: number, to: number): number | undefined {
  const start = to - CRC_PROPERTY_BYTES;
  if (start - from < RECORD_MIN_BYTES || bytes[to - 1] !== 2 || bytes[start + 8] !== 1) {
    return undefined;
  }
  for (let at = 0; at < 8; at++) {
    if (bytes[start + at] !== Property.crc32.charCodeAt(at)) return undefined;
  }
  let value = 0;
  for (let at = 9; at >= 0; at--) value = value * 10 + (bytes[start + 9 + at] - 48);
  return value;
}

function viewOver(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function faultOf(target: RecordTarget, size: number, options: InspectOptions): string | undefined {
  const { bytes, view, at } = target;
  const end = at + size;
  const position = getLong(view, at + AT.position);
  if (position !== options.position) return `it claims position ${position}`;
  if (options.crcProperty) {
    const stored = crcPropertyIn(bytes, at, end);
    if (stored === undefined) return "no CRC property";
    const actual = options.crc32(bytes.subarray(at, end - CRC_PROPERTY_BYTES));
    return stored === (actual & 0x7fffffff) ? undefined : "CRC of the record";
  }
  const layout = layoutOf(view, at);
  const propertiesLength = layout.properties <= end ? view.getInt16(layout.properties - 2) : -1;
  if (propertiesLength < 0 || layout.properties + propertiesLength !== end) {
    return "lengths of body, topic and properties";
  }
  const body = bytes.subarray(layout.body, layout.body + layout.bodyLength);
  const bodyCrc = view.getInt32(at + AT.bodyCrc);
  if (layout.bodyLength === 0) return undefined;
  return bodyCrc === (options.crc32(body) & 0x7fffffff) ? undefined : "CRC of the body";
}

/** The position that the record which begins here says it has; -1 where none begins here. */
export function claimedPosition({ view, at }: RecordTarget): number {
  const magic = view.getInt32(at + AT.magic);
  const isRecord = magic === Magic.v1 || magic === Magic.v2;
  return isRecord ? getLong(view, at + AT.position) : -1;
}

/** Where the parts of a record lie, counted like the place that it was read at. */
export interface RecordLayout {
  readonly storeTimestamp: number;
  readonly body: number;
  readonly bodyLength: number;
  readonly topic: number;
  readonly topicLength: number;
  readonly properties: number;
}

/** The layout of the record at `from`; all beyond the view's end where a length is not sound. */
export function layoutOf(view: DataView, from: number): RecordLayout {
  const at = from | 0;
  const sysFlag = view.getInt32(at + AT.sysFlag);
  const storeTimestamp = at + AT.bornHost + (sysFlag & SysFlag.bornHostV6 ? 20 : 8);
  const body = storeTimestamp + 8 + (sysFlag & SysFlag.storeHostV6 ? 20 : 8) + 16;
  if (body > view.byteLength) return unsound(view, storeTimestamp, body);
  const bodyLength = view.getInt32(body - 4);
  const v2 = view.getInt32(at + AT.magic) === Magic.v2;
  const topic = body + bodyLength + (v2 ? 2 : 1);
  if (bodyLength < 0 || topic > view.byteLength) return unsound(view, storeTimestamp, body);
  const topicLength = v2 ? view.getUint16(topic - 2) : view.getUint8(topic - 1);
  const properties = topic + topicLength + 2;
  return { storeTimestamp, body, bodyLength, topic, topicLength, properties };
}

function unsound(view: DataView, storeTimestamp: number, body: number): RecordLayout {
  const beyond = view.byteLength + 1;
  return { storeTimestamp, body, bodyLength: 0, topic: 0, topicLength: 0, properties: beyond };
}

function writeHost(target: RecordTarget, at: number, host: Host): number {
  const { bytes } = target;
  const { ip, port } = host;
  const end = at + ip.length;
  for (let index = 0; index < ip.length; index++) bytes[at + index] = ip[index];
  target.view.setInt32(end, port);
  return end + 4;
}

function readHost(bytes: Uint8Array, at: number, isV6: number): Host {
  const length = isV6 ? 16 : 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + length, 4);
  return { ip: bytes.slice(at, at + length), port: view.getInt32(0) };
}

function writeTopic(target: RecordTarget, at: number, topic: string): number {
  const { bytes, view } = target;
  const written = writeText(bytes, at + 1, topic);
  if (written <= TOPIC_MAX_BYTES_V1) {
    view.setUint8(at, written);
    view.setInt32(target.at + AT.magic, Magic.v1);
    return at + 1 + written;
  }
  bytes.copyWithin(at + 2, at + 1, at + 1 + written);
  view.setUint16(at, written);
  view.setInt32(target.at + AT.magic, Magic.v2);
  return at + 2 + written;
}

/** Returns the bytes written. Texts are ASCII, as good as always, and short. */
function writeText(bytes: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char > 0x7f) return utf8.encodeInto(text, bytes.subarray(at)).written;
    bytes[at + index] = char;
  }
  return text.length;
}

function writeProperties(target: RecordTarget, at: number, message: Message): number {
  const { bytes, view } = target;
  const { givenKey, ownProperties } = message;
  const given = closed(withoutProperty(message.properties, Property.crc32));
  let written = writeText(bytes, at + 2, given);
  if (givenKey !== undefined) written += writeKey(bytes, at + 2 + written, givenKey);
  if (ownProperties !== undefined) {
    bytes.set(ownProperties, at + 2 + written);
    written += ownProperties.length;
  }
  const length = written + CRC_PROPERTY_BYTES;
  if (length > PROPERTIES_MAX_BYTES) {
    throw new Refusal(
      "message-illegal",
      `The message's properties take ${written} bytes; at most ` +
        `${PROPERTIES_MAX_BYTES - CRC_PROPERTY_BYTES} fit. Move data from properties to the body.`,
    );
  }
  view.setInt16(at, length);
  return at + 2 + length;
}

/** The unique key as a property; returns the bytes written. */
function writeKey(bytes: Uint8Array, at: number, key: string): number {
  bytes.set(KEY_NAME, at);
  const end = at + KEY_NAME.length + writeText(bytes, at + KEY_NAME.length, key);
  bytes[end] = 2;
  return end + 1 - at;
}

/**
 * `__CRC32#` 0x01, ten decimal digits with the lowest first, 0x02 (`MessageDecoder.createCrc32`).
 */
function writeCrcProperty(bytes: Uint8Array, end: number, crc: number): void {
  const start = end - CRC_PROPERTY_BYTES;
  for (let at = 0; at < 8; at++) bytes[start + at] = Property.crc32.charCodeAt(at);
  bytes[start + 8] = 1;
  let rest = crc & 0x7fffffff;
  for (let at = 9; at < 19; at++) {
    const tens = (rest / 10) | 0;
    bytes[start + at] = 48 + rest - tens * 10;
    rest = tens;
  }
  bytes[end - 1] = 2;
}

/**
 * Writes a whole number of up to 53 bits as int64. The `| 0` are there for Bun's compiler: a place
 * or a value for a DataView that is held as a double, whole or not, throws its code away each time.
 */
export function setLong(view: DataView, at: number, value: number): void {
  const place = at | 0;
  view.setInt32(place, Math.floor(value / 0x1_0000_0000) | 0);
  view.setInt32(place + 4, value | 0);
}

/** Reads an int64 as a number; beyond 53 bits it loses its low digits. */
export function getLong(view: DataView, at: number): number {
  const place = at | 0;
  return view.getInt32(place) * 0x1_0000_0000 + (view.getInt32(place + 4) >>> 0);
}
