import { Buffer } from "node:buffer";
import type { Span } from "../model/message.ts";

const utf8 = new TextDecoder();

/** Reads bytes as texts of one byte a character, without a view of them. */
const latin1 = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, from: number, to: number): string;
};

/**
 * Bytes from `from` to `to` of others. A view costs more than the bytes are worth where those came
 * from a socket: the runtime makes an `ArrayBuffer` for it, which the collector frees in its pause.
 */
export class SpanOf implements Span {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #from: number;
  #view: Uint8Array | undefined;

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.length = to - from;
    this.#bytes = bytes;
    this.#from = from;
  }

  copyTo(target: Uint8Array, at: number): void {
    const from = this.#from;
    Buffer.prototype.copy.call(this.#bytes, target, at, from, from + this.length);
  }

  view(): Uint8Array {
    return this.#view ??= this.#bytes.subarray(this.#from, this.#from + this.length);
  }
}

/** Takes bodies, as spans, and texts, of UTF-8, out of a batch's bytes. */
export const spanCutter = {
  body: (bytes: Uint8Array, from: number, to: number): Span => new SpanOf(bytes, from, to),
  text: (bytes: Uint8Array, from: number, to: number): string => {
    let bits = 0;
    for (let at = from; at < to; at++) bits |= bytes[at];
    return bits < 0x80 ? asciiText(bytes, from, to) : utf8.decode(bytes.subarray(from, to));
  },
};

/** The text that these bytes are, which must be ASCII. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  return latin1.latin1Slice.call(bytes, from, to);
}
