import { asciiText } from "../port/span.ts";
import { readInt } from "./frame.ts";

const FIELDS_MAX = 64;
const HEX_DIGITS = 4;
const NONE = new Uint8Array(0);

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** What a value's bytes are. */
const Kind = { ascii: 0, wide: 1, escaped: 2 } as const;

/**
 * The fields of one header as they lie in its frame: where names and values are, nothing decoded.
 * One table serves all frames, one after the other; a field's text is made when it is asked for.
 */
export class FieldTable {
  /** The frame that the fields lie in. */
  frame: Uint8Array = NONE;
  count = 0;
  readonly #hashes = new Int32Array(FIELDS_MAX);
  readonly #nameFrom = new Int32Array(FIELDS_MAX);
  readonly #nameTo = new Int32Array(FIELDS_MAX);
  readonly #from = new Int32Array(FIELDS_MAX);
  readonly #to = new Int32Array(FIELDS_MAX);
  readonly #kinds = new Uint8Array(FIELDS_MAX);
  #scratch = new Uint8Array(1024);
  /** Is there more than ASCII in the scratch? */
  #isWide = false;

  /** Begins anew with the fields of this frame. */
  begin(frame: Uint8Array): void {
    this.frame = frame;
    this.count = 0;
  }

  /** The table holds no frame's fields any more. */
  drop(): void {
    this.begin(NONE);
  }

  /**
   * Takes up `"name":"value"` of a JSON object, whose name begins behind the quote at `at`; returns
   * where it goes on behind the value's quote, or -1 where that is no plain field.
   */
  addJson(at: number, end: number): number {
    const { frame, count } = this;
    if (count === FIELDS_MAX) return -1;
    let hash = 0;
    let to = at;
    for (; to < end && frame[to] !== 0x22; to++) {
      const byte = frame[to];
      if (byte === 0x5c || byte < 0x20 || byte > 0x7e) return -1;
      hash = (Math.imul(31, hash) + byte) | 0;
    }
    this.#hashes[count] = hash;
    this.#nameFrom[count] = at;
    this.#nameTo[count] = to;
    if (to + 2 >= end || frame[to + 1] !== 0x3a || frame[to + 2] !== 0x22) return -1;
    return this.#value(to + 3, end);
  }

  /**
   * Takes up a field of a ROCKETMQ header at `at`: length of two bytes and name, length of four
   * bytes and value. Returns where it goes on, or -1 where that leads past `end`.
   */
  addBinary(at: number, end: number): number {
    const { frame, count } = this;
    if (count === FIELDS_MAX || at + 2 > end) return -1;
    const name = at + 2;
    const to = name + ((frame[at] << 8) | frame[at + 1]);
    if (to + 4 > end) return -1;
    let hash = 0;
    for (let index = name; index < to; index++) hash = (Math.imul(31, hash) + frame[index]) | 0;
    const length = readInt(frame, to);
    const from = to + 4;
    if (length < 0 || length > end - from) return -1;
    let bits = 0;
    for (let index = from; index < from + length; index++) bits |= frame[index];
    this.#hashes[count] = hash;
    this.#nameFrom[count] = name;
    this.#nameTo[count] = to;
    this.#from[count] = from;
    this.#to[count] = from + length;
    this.#kinds[count] = bits < 0x80 ? Kind.ascii : Kind.wide;
    this.count++;
    return from + length;
  }

  /** Is this the field's name? `hash` is {@linkcode nameHash} of it. */
  isNamed(field: number, name: string, hash: number): boolean {
    const from = this.#nameFrom[field];
    if (this.#hashes[field] !== hash || this.#nameTo[field] - from !== name.length) return false;
    for (let at = 0; at < name.length; at++) {
      if (this.frame[from + at] !== name.charCodeAt(at)) return false;
    }
    return true;
  }

  hashOf(field: number): number {
    return this.#hashes[field];
  }

  /** Is the value this text, of ASCII? */
  isText(field: number, text: string): boolean {
    const from = this.#from[field];
    if (this.#kinds[field] !== Kind.ascii || this.#to[field] - from !== text.length) return false;
    for (let at = 0; at < text.length; at++) {
      if (this.frame[from + at] !== text.charCodeAt(at)) return false;
    }
    return true;
  }

  /** The value as a text; undefined where its escapes are not plain ones. */
  textOf(field: number): string | undefined {
    const from = this.#from[field];
    const to = this.#to[field];
    if (from === to) return "";
    if (this.#kinds[field] === Kind.ascii) return asciiText(this.frame, from, to);
    if (this.#kinds[field] === Kind.wide) return utf8.decode(this.frame.subarray(from, to));
    const length = this.#unescape(from, to);
    if (length < 0) return undefined;
    return this.#isWide
      ? utf8.decode(this.#scratch.subarray(0, length))
      : asciiText(this.#scratch, 0, length);
  }

  /** The value as a whole number of up to 15 digits; NaN where it is anything else. */
  numberOf(field: number): number {
    const { frame } = this;
    let at = this.#from[field];
    const to = this.#to[field];
    const isNegative = frame[at] === 0x2d;
    if (isNegative) at++;
    if (at >= to || to - at > 15) return NaN;
    let value = 0;
    for (; at < to; at++) {
      const digit = frame[at] - 48;
      if (digit < 0 || digit > 9) return NaN;
      value = value * 10 + digit;
    }
    return isNegative && value !== 0 ? -value : value;
  }

  #value(from: number, end: number): number {
    const { frame, count } = this;
    let kind: number = Kind.ascii;
    let to = from;
    for (; to < end && frame[to] !== 0x22; to++) {
      const byte = frame[to];
      if (byte < 0x20) return -1;
      if (byte > 0x7e && kind === Kind.ascii) kind = Kind.wide;
      if (byte !== 0x5c) continue;
      kind = Kind.escaped;
      to = escapeEnd(frame, to);
      if (to < 0) return -1;
    }
    if (to >= end) return -1;
    this.#from[count] = from;
    this.#to[count] = to;
    this.#kinds[count] = kind;
    this.count++;
    return to + 1;
  }

  /** Bytes in the scratch; -1 where an escape stands for more than ASCII. */
  #unescape(from: number, to: number): number {
    if (this.#scratch.length < to - from) this.#scratch = new Uint8Array(2 * (to - from));
    const { frame } = this;
    const scratch = this.#scratch;
    let length = 0;
    let bits = 0;
    for (let at = from; at < to; at++) {
      let byte = frame[at];
      bits |= byte;
      if (byte === 0x5c) {
        byte = SHORT_ESCAPES[frame[++at]];
        if (byte === UNICODE) byte = hexIn(frame, at + 1);
        if (byte > 0x7f) return -1;
        if (frame[at] === 0x75) at += HEX_DIGITS;
      }
      scratch[length++] = byte;
    }
    this.#isWide = bits > 0x7f;
    return length;
  }
}

const INVALID = 255;
const UNICODE = 254;

/** What a backslash and this byte stand for. */
const SHORT_ESCAPES = new Uint8Array(256).fill(INVALID);
for (const [escape, byte] of Object.entries({ '"': 0x22, "\\": 0x5c, "/": 0x2f, u: UNICODE })) {
  SHORT_ESCAPES[escape.charCodeAt(0)] = byte;
}
for (const [escape, byte] of Object.entries({ b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  SHORT_ESCAPES[escape.charCodeAt(0)] = byte;
}

/** The last byte of the escape that begins at `at`; -1 where JSON has no such escape. */
function escapeEnd(bytes: Uint8Array, at: number): number {
  const escape = SHORT_ESCAPES[bytes[at + 1]];
  if (escape === INVALID) return -1;
  if (escape !== UNICODE) return at + 1;
  for (let digit = 2; digit < 2 + HEX_DIGITS; digit++) {
    if (hexDigit(bytes[at + digit]) < 0) return -1;
  }
  return at + 1 + HEX_DIGITS;
}

/** Four hex digits below 0x80; 255 for any other. */
function hexIn(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0x30 || bytes[at + 1] !== 0x30) return INVALID;
  const high = bytes[at + 2] - 48;
  const low = hexDigit(bytes[at + 3]);
  return high < 0 || high > 7 || low < 0 ? INVALID : high * 16 + low;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** As the table counts it for names of ASCII. */
export function nameHash(name: string): number {
  let hash = 0;
  for (let at = 0; at < name.length; at++) hash = (Math.imul(31, hash) + name.charCodeAt(at)) | 0;
  return hash;
}
