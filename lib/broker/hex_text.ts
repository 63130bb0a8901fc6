import type { Host } from "../model/host.ts";
import { offsetId } from "../model/ids.ts";
import { asciiText } from "../port/span.ts";

const POSITION_DIGITS = 16;
const COMMA = 0x2c;

/** A text of ASCII whose last hex digits change from time to time, made in one piece. */
export class HexText {
  readonly bytes: Uint8Array;

  constructor(text: string) {
    this.bytes = new TextEncoder().encode(text);
  }

  /** The text with a whole number of 0 to 2 ** 53 in its last digits. */
  with(value: number, digits: number): string {
    this.set(value, digits);
    return asciiText(this.bytes, 0, this.bytes.length);
  }

  /** Writes the digits. Two halves of 32 bits: whole numbers are quicker than doubles. */
  set(value: number, digits: number): void {
    const end = this.bytes.length;
    this.#digits(value | 0, end, Math.min(digits, 8));
    if (digits > 8) this.#digits((value / 0x1_0000_0000) | 0, end - 8, digits - 8);
  }

  #digits(value: number, end: number, digits: number): void {
    const { bytes } = this;
    let rest = value;
    for (let at = end - 1; at >= end - digits; at--) {
      const digit = rest & 15;
      bytes[at] = digit < 10 ? 48 + digit : 55 + digit;
      rest >>>= 4;
    }
  }
}

/** Makes the offset ids of one store host. */
export class OffsetIds {
  readonly #text: HexText;

  constructor(storeHost: Host) {
    this.#text = new HexText(offsetId(storeHost, 0));
  }

  /** The id of the record at this position. */
  at(position: number): string {
    return this.#text.with(position, POSITION_DIGITS);
  }

  /** The ids of several records, with commas between them. */
  of(records: readonly { readonly position: number }[]): string {
    const { bytes } = this.#text;
    const step = bytes.length + 1;
    const all = new Uint8Array(step * records.length);
    for (let at = 0; at < records.length; at++) {
      this.#text.set(records[at].position, POSITION_DIGITS);
      all.set(bytes, at * step);
      all[at * step + bytes.length] = COMMA;
    }
    return asciiText(all, 0, Math.max(0, all.length - 1));
  }
}
