import { FieldTable } from "./field_table.ts";
import { readInt } from "./frame.ts";
import { languageName, languageOfByte } from "./languages.ts";

const QUOTE = 0x22;
const MINUS = 0x2d;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** A number of 32 bits has no more. */
const DIGITS_MAX = 10;
const WORD_MAX = 40;
/** Of a binary header before its fields: 13 that are fixed, two lengths. */
const BINARY_BYTES = 21;

type WholeName = "code" | "version" | "opaque" | "flag";

/** Where a header lies. */
export interface Place {
  readonly bytes: Uint8Array;
  readonly begin: number;
  readonly end: number;
}

/**
 * A header as clients write it, read without making any object: no blanks between the parts of
 * JSON, fields that are texts, no remark. Every other header, sound or not, is left to the general
 * reader. One object is filled anew for each frame.
 */
export class PlainHeader {
  code = 0;
  version = 0;
  opaque = 0;
  flag = 0;
  language = "OTHER";
  readonly fields = new FieldTable();
  /** Which header it is that was read last. */
  place: Place | undefined;
  #frame = this.fields.frame;
  #end = 0;
  /** The language's name as it came last, and what became of it. */
  #languageGiven = "";
  #languageKnown = "OTHER";

  /** Reads the header that lies there; false: it is not plain, and nothing was read. */
  read(place: Place): boolean {
    const { bytes, begin, end } = place;
    this.#frame = bytes;
    this.#end = end;
    this.fields.begin(bytes);
    this.code = 0;
    this.version = 0;
    this.opaque = 0;
    this.flag = 0;
    this.language = "OTHER";
    this.place = place;
    if (bytes[begin] === OPEN && this.#members(begin + 1)) return true;
    this.place = undefined;
    this.fields.drop();
    return false;
  }

  /**
   * The same for a header in ROCKETMQ's form: code, language, version, opaque, flag, no remark,
   * fields.
   */
  readBinary(place: Place): boolean {
    const { bytes, begin, end } = place;
    this.fields.begin(bytes);
    this.place = place;
    if (end - begin >= BINARY_BYTES && readInt(bytes, begin + 13) === 0) {
      this.code = (readInt(bytes, begin) | 0) >> 16;
      this.language = languageOfByte(bytes[begin + 2]);
      this.version = (readInt(bytes, begin + 1) << 16) >> 16;
      this.opaque = readInt(bytes, begin + 5);
      this.flag = readInt(bytes, begin + 9);
      let at = begin + BINARY_BYTES;
      if (readInt(bytes, at - 4) !== end - at) at = -1;
      while (at >= 0 && at < end) at = this.fields.addBinary(at, end);
      if (at === end) return true;
    }
    this.place = undefined;
    this.fields.drop();
    return false;
  }

  #members(from: number): boolean {
    const frame = this.#frame;
    const end = this.#end;
    let at = from;
    while (at < end && frame[at] === QUOTE) {
      const name = at + 1;
      let to = name;
      while (to < end && frame[to] !== QUOTE) to++;
      if (frame[to + 1] !== COLON) return false;
      at = this.#member(name, to - name, to + 2);
      if (at < 0 || at >= end) return false;
      if (frame[at] === CLOSE) return at === end - 1;
      if (frame[at++] !== COMMA) return false;
    }
    return false;
  }

  /** Reads the value at `at`; returns where it goes on behind it, or -1. */
  #member(name: number, length: number, at: number): number {
    switch (length) {
      case 4:
        if (this.#isAt(name, "code")) return this.#whole("code", at);
        return this.#isAt(name, "flag") ? this.#whole("flag", at) : -1;
      case 6:
        if (this.#isAt(name, "opaque")) return this.#whole("opaque", at);
        return this.#isAt(name, "remark") && this.#isAt(at, "null") ? at + 4 : -1;
      case 7:
        return this.#isAt(name, "version") ? this.#whole("version", at) : -1;
      case 8:
        return this.#isAt(name, "language") ? this.#language(at) : -1;
      case 9:
        return this.#isAt(name, "extFields") ? this.#fields(at) : -1;
      case 23:
        return this.#isAt(name, "serializeTypeCurrentRPC") ? this.#pass(at) : -1;
      default:
        return -1;
    }
  }

  #isAt(at: number, text: string): boolean {
    const frame = this.#frame;
    for (let index = 0; index < text.length; index++) {
      if (frame[at + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  #whole(name: WholeName, from: number): number {
    const frame = this.#frame;
    const first = frame[from] === MINUS ? from + 1 : from;
    let at = first;
    let value = 0;
    for (; at < this.#end && frame[at] >= 48 && frame[at] <= 57; at++) {
      value = value * 10 + frame[at] - 48;
    }
    const digits = at - first;
    if (digits === 0 || digits > DIGITS_MAX || (frame[first] === 48 && digits > 1)) return -1;
    if (first !== from) value = -value;
    if ((value | 0) !== value) return -1;
    this[name] = value | 0;
    return at;
  }

  #language(at: number): number {
    const to = this.#pass(at);
    if (to < 0) return -1;
    const length = to - at - 2;
    if (length !== this.#languageGiven.length || !this.#isAt(at + 1, this.#languageGiven)) {
      this.#languageGiven = String.fromCharCode(...this.#frame.subarray(at + 1, to - 1));
      this.#languageKnown = languageName(this.#languageGiven);
    }
    this.language = this.#languageKnown;
    return to;
  }

  /** Where it goes on behind a short text of ASCII without escapes. */
  #pass(at: number): number {
    const frame = this.#frame;
    if (frame[at] !== QUOTE) return -1;
    const most = Math.min(this.#end, at + WORD_MAX);
    for (let to = at + 1; to < most; to++) {
      const byte = frame[to];
      if (byte === QUOTE) return to + 1;
      if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return -1;
    }
    return -1;
  }

  #fields(from: number): number {
    const frame = this.#frame;
    const end = this.#end;
    if (this.#isAt(from, "null")) return from + 4;
    if (frame[from] !== OPEN || this.fields.count > 0) return -1;
    if (frame[from + 1] === CLOSE) return from + 2;
    let at = from + 1;
    while (at < end && frame[at] === QUOTE) {
      at = this.fields.addJson(at + 1, end);
      if (at < 0 || at >= end) return -1;
      if (frame[at] === CLOSE) return at + 1;
      if (frame[at++] !== COMMA) return -1;
    }
    return -1;
  }
}
