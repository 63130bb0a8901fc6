import { OWN_VERSION } from "./command.ts";
import { FORM_JSON, FORM_ROCKETMQ } from "./frame.ts";
import type { Answer } from "./row.ts";

/** Header values as text; undefined ones are left out. */
export type HeaderValues = NonNullable<Answer["header"]>;

/** A command on its way out, ours: language JAVA, version 513. */
export interface Outgoing {
  readonly form: number;
  readonly code: number;
  readonly opaque: number;
  readonly flag: number;
  readonly remark?: string;
  readonly header?: HeaderValues;
  readonly body?: Uint8Array | readonly Uint8Array[];
}

/** Pieces of a body from this size on go out as they are; smaller ones are copied together. */
const OWN_PIECE_BYTES = 64 * 1024;
const SCRATCH_BYTES = 64 * 1024;
/** A scratch that grew beyond this is not kept; what fills so much goes out as a piece. */
const SCRATCH_KEPT_BYTES = 1024 * 1024;
const PIECE_MAX_BYTES = 256 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const JSON_END = `,"serializeTypeCurrentRPC":"JSON","version":${OWN_VERSION}}`;
const utf8 = new TextEncoder();

/** Bytes of a command's body. */
export function bodyBytes(body: Outgoing["body"]): number {
  if (body === undefined) return 0;
  if (body instanceof Uint8Array) return body.length;
  return body.reduce((sum, piece) => sum + piece.length, 0);
}

/**
 * Writes commands one behind another into few pieces of memory. One writer serves many connections:
 * each writes all it has and takes the pieces.
 */
export class CommandWriter {
  #bytes = new Uint8Array(SCRATCH_BYTES);
  #at = 0;
  #pieces: Uint8Array[] = [];

  /** Adds a command. */
  write(command: Outgoing): void {
    const total = bodyBytes(command.body);
    const start = this.#at;
    this.#reserve(8);
    this.#at += 8;
    if (command.form === FORM_ROCKETMQ) this.#binaryHeader(command);
    else this.#jsonHeader(command);
    const headerLength = this.#at - start - 8;
    this.#setInt(start, 4 + headerLength + total);
    this.#setInt(start + 4, ((command.form === FORM_JSON ? 0 : 1) << 24) | headerLength);
    if (command.body !== undefined) this.#body(command.body);
    if (this.#at >= PIECE_MAX_BYTES) this.#cut();
  }

  /** All that was written since the last call, for the taker to keep. */
  take(): readonly Uint8Array[] {
    this.#cut();
    const pieces = this.#pieces;
    this.#pieces = [];
    if (this.#bytes.length > SCRATCH_KEPT_BYTES) this.#bytes = new Uint8Array(SCRATCH_BYTES);
    return pieces;
  }

  #body(body: Uint8Array | readonly Uint8Array[]): void {
    if (body instanceof Uint8Array) return this.#piece(body);
    for (const piece of body) this.#piece(piece);
  }

  #piece(bytes: Uint8Array): void {
    if (bytes.length >= OWN_PIECE_BYTES) {
      this.#cut();
      this.#pieces.push(bytes);
      return;
    }
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #cut(): void {
    if (this.#at > 0) this.#pieces.push(this.#bytes.slice(0, this.#at));
    this.#at = 0;
  }

  /** As fastjson writes it: keys in alphabetical order, nulls left out, every field a text. */
  #jsonHeader({ code, header, flag, opaque, remark }: Outgoing): void {
    this.#plain(`{"code":${code}`);
    let before = `,"extFields":{"`;
    for (const name in header) {
      const value = header[name];
      if (value === undefined) continue;
      this.#plain(before);
      this.#plain(name);
      before = `,"`;
      this.#plain(`":`);
      this.#quoted(typeof value === "string" ? value : `${value}`);
    }
    if (before === `,"`) this.#plain("}");
    this.#plain(`,"flag":${flag},"language":"JAVA","opaque":${opaque}`);
    if (remark !== undefined) {
      this.#plain(`,"remark":`);
      this.#quoted(remark);
    }
    this.#plain(JSON_END);
  }

  /** ASCII text: written byte by byte, which is faster than to make one text and encode it. */
  #plain(text: string): void {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let to = this.#at;
    for (let at = 0; at < text.length; at++) bytes[to++] = text.charCodeAt(at);
    this.#at = to;
  }

  /** A JSON text; one with anything to escape goes the slow way. */
  #quoted(text: string): void {
    this.#reserve(text.length + 2);
    const bytes = this.#bytes;
    let to = this.#at;
    bytes[to++] = QUOTE;
    for (let at = 0; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (char < 0x20 || char > 0x7e || char === QUOTE || char === BACKSLASH) {
        return this.#text(JSON.stringify(text));
      }
      bytes[to++] = char;
    }
    bytes[to++] = QUOTE;
    this.#at = to;
  }

  /** As `readBinaryHeader` reads it. */
  #binaryHeader(command: Outgoing): void {
    this.#reserve(13);
    this.#setShort(this.#at, command.code);
    this.#bytes[this.#at + 2] = 0;
    this.#setShort(this.#at + 3, OWN_VERSION);
    this.#setInt(this.#at + 5, command.opaque);
    this.#setInt(this.#at + 9, command.flag);
    this.#at += 13;
    this.#longText(command.remark ?? "");
    this.#reserve(4);
    const start = this.#at;
    this.#at += 4;
    for (const name in command.header) this.#field(name, command.header[name]);
    this.#setInt(start, this.#at - start - 4);
  }

  #field(name: string, value: string | number | boolean | undefined): void {
    if (value === undefined) return;
    this.#reserve(2);
    const start = this.#at;
    this.#at += 2;
    this.#text(name);
    this.#setShort(start, this.#at - start - 2);
    this.#longText(String(value));
  }

  #longText(text: string): void {
    this.#reserve(4);
    const start = this.#at;
    this.#at += 4;
    this.#text(text);
    this.#setInt(start, this.#at - start - 4);
  }

  #text(text: string): void {
    this.#reserve(3 * text.length);
    this.#at += utf8.encodeInto(text, this.#bytes.subarray(this.#at)).written;
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + count));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }

  #setShort(at: number, value: number): void {
    this.#bytes[at] = value >> 8;
    this.#bytes[at + 1] = value;
  }

  #setInt(at: number, value: number): void {
    this.#setShort(at, value >> 16);
    this.#setShort(at + 2, value);
  }
}
