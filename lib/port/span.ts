import { Buffer } from "node:buffer";
import type { Span } from "../model/message.ts";

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

/** The text that these bytes are, which must be ASCII. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  return latin1.latin1Slice.call(bytes, from, to);
}
