import type { Connection } from "../port/tcp.ts";
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
  /** Takes back the memory of a body that was copied. */
  readonly release?: (body: readonly Uint8Array[]) => void;
}

/** Pieces of a body from this size on go out as they are; smaller ones are copied together. */
const OWN_PIECE_BYTES = 64 * 1024;
const BLOCK_BYTES = 64 * 1024;
const PIECE_MAX_BYTES = 256 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Of a safe integer. */
const DIGITS_MAX = 16;
const JSON_END = `,"serializeTypeCurrentRPC":"JSON","version":${OWN_VERSION}}`;
const utf8 = new TextEncoder();

/** Bytes of a command's body. */
export function bodyBytes(body: Outgoing["body"]): number {
  if (body === undefined) return 0;
  if (body instanceof Uint8Array) return body.length;
  return body.reduce((sum, piece) => sum + piece.length, 0);
}

/** Where what was written goes. */
export type Outlet = Pick<Connection, "write" | "lend">;

/**
 * Writes commands one behind another into one piece of memory, which is used again and again. One
 * writer serves many connections: each writes all it has and sends it.
 */
export class CommandWriter {
  #bytes = new Uint8Array(BLOCK_BYTES);
  #at = 0;
  /** Pieces too large to copy, and before which byte each belongs. */
  #large: { readonly at: number; readonly piece: Uint8Array }[] = [];

  /** Adds a command. */
  write(command: Outgoing): void {
    const total = bodyBytes(command.body);
    const head = this.#at;
    this.#reserve(8);
    this.#at += 8;
    if (command.form === FORM_ROCKETMQ) this.#binaryHeader(command);
    else this.#jsonHeader(command);
    const headerLength = this.#at - head - 8;
    this.#setInt(head, 4 + headerLength + total);
    this.#setInt(head + 4, ((command.form === FORM_JSON ? 0 : 1) << 24) | headerLength);
    if (command.body !== undefined) this.#body(command.body);
    if (command.release !== undefined) this.#release(command);
  }

  /** Has so much gathered that it should be sent before more is written? */
  get isFull(): boolean {
    return this.#at >= PIECE_MAX_BYTES;
  }

  /** Sends all that was written since the last call. */
  sendTo(outlet: Outlet): void {
    let from = 0;
    for (const { at, piece } of this.#large) {
      if (at > from) outlet.lend(this.#bytes, from, at);
      outlet.write(piece);
      from = at;
    }
    if (this.#at > from) outlet.lend(this.#bytes, from, this.#at);
    this.#at = 0;
    if (this.#large.length > 0) this.#large = [];
    if (this.#bytes.length > 2 * PIECE_MAX_BYTES) this.#bytes = new Uint8Array(BLOCK_BYTES);
  }

  #body(body: Uint8Array | readonly Uint8Array[]): void {
    if (body instanceof Uint8Array) return this.#piece(body);
    for (const piece of body) this.#piece(piece);
  }

  #release({ body, release }: Outgoing): void {
    if (!(body instanceof Array)) return;
    if (body.every((piece) => piece.length < OWN_PIECE_BYTES)) release?.(body);
  }

  #piece(bytes: Uint8Array): void {
    if (bytes.length >= OWN_PIECE_BYTES) {
      this.#large.push({ at: this.#at, piece: bytes });
      return;
    }
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** As fastjson writes it: nulls left out, every field a text. */
  #jsonHeader(command: Outgoing): void {
    const { header, remark } = command;
    this.#ascii('{"code":');
    this.#number(command.code);
    let isFirst = true;
    for (const name in header) {
      const value = header[name];
      if (value === undefined) continue;
      this.#ascii(isFirst ? ',"extFields":{' : ",");
      isFirst = false;
      this.#quoted(name);
      this.#ascii(":");
      if (typeof value === "string") this.#quoted(value);
      else this.#quotedValue(value);
    }
    this.#ascii(isFirst ? ',"flag":' : '},"flag":');
    this.#number(command.flag);
    this.#ascii(',"language":"JAVA","opaque":');
    this.#number(command.opaque);
    if (remark !== undefined) {
      this.#ascii(',"remark":');
      this.#quoted(remark);
    }
    this.#ascii(JSON_END);
  }

  #quotedValue(value: number | boolean): void {
    this.#ascii('"');
    if (typeof value === "number") this.#number(value);
    else this.#ascii(value ? "true" : "false");
    this.#ascii('"');
  }

  /** A JSON string. */
  #quoted(text: string): void {
    this.#reserve(text.length + 2);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = QUOTE;
    for (let index = 0; index < text.length; index++) {
      const char = text.charCodeAt(index);
      if (char < 0x20 || char > 0x7e || char === QUOTE || char === BACKSLASH) {
        return this.#text(JSON.stringify(text));
      }
      bytes[at++] = char;
    }
    bytes[at++] = QUOTE;
    this.#at = at;
  }

  #ascii(text: string): void {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
    this.#at = at + text.length;
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) return this.#ascii(String(value));
    this.#reserve(DIGITS_MAX);
    let digits = 1;
    for (let bound = 10; bound <= value; bound *= 10) digits++;
    let rest = value;
    for (let at = this.#at + digits - 1; at >= this.#at; at--) {
      const tens = rest > 0x7fffffff ? Math.floor(rest / 10) : (rest / 10) | 0;
      this.#bytes[at] = 48 + rest - 10 * tens;
      rest = tens;
    }
    this.#at += digits;
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
    if (typeof value !== "number") return this.#longText(String(value));
    this.#reserve(4);
    const place = this.#at;
    this.#at += 4;
    this.#number(value);
    this.#setInt(place, this.#at - place - 4);
  }

  #longText(text: string): void {
    this.#reserve(4);
    const start = this.#at;
    this.#at += 4;
    this.#text(text);
    this.#setInt(start, this.#at - start - 4);
  }

  /** Texts are ASCII, as good as always, and short. */
  #text(text: string): void {
    this.#reserve(3 * text.length);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let index = 0; index < text.length; index++) {
      const char = text.charCodeAt(index);
      if (char > 0x7f) {
        this.#at += utf8.encodeInto(text, bytes.subarray(at)).written;
        return;
      }
      bytes[at + index] = char;
    }
    this.#at = at + text.length;
  }

  /** Sees to room for so many bytes more. */
  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + count));
    bytes.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = bytes;
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
