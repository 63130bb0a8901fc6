import { Property } from "../model/properties.ts";

const BETWEEN = 1;
const AFTER = 2;
const NAMES = [Property.uniqueKey, Property.keys, Property.tags] as const;

/** Where one property's value lies; `from` -1: there is none. */
export interface NamedRange {
  readonly name: string;
  from: number;
  to: number;
}

/**
 * Where the values lie that the views look for, in a record's properties as bytes. One object is
 * filled anew for each record. Of properties of the same name the last counts, and empty ones are
 * passed over, as where Java makes a map of them.
 */
export class NamedRanges {
  readonly uniqueKey: NamedRange = { name: NAMES[0], from: -1, to: -1 };
  readonly keys: NamedRange = { name: NAMES[1], from: -1, to: -1 };
  readonly tags: NamedRange = { name: NAMES[2], from: -1, to: -1 };
  /** Is all of it ASCII? Then bytes and UTF-16 units are the same. */
  isAscii = true;
  bytes: Uint8Array = new Uint8Array(0);

  /** Looks through the properties from `from` to `to`. */
  look(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.uniqueKey.from = -1;
    this.keys.from = -1;
    this.tags.from = -1;
    let bits = 0;
    for (let at = from; at < to;) {
      const range = this.#rangeFor(bytes, at);
      const start = at;
      for (; at < to && bytes[at] !== AFTER; at++) bits |= bytes[at];
      if (range !== undefined && start + range.name.length + 1 < at) {
        range.from = start + range.name.length + 1;
        range.to = at;
      }
      at++;
    }
    this.isAscii = bits < 0x80;
  }

  /** Goes on with a Java hash over the bytes from `from` to `to`. */
  hash(start: number, from: number, to: number): number {
    const { bytes } = this;
    let hash = start;
    for (let at = from; at < to; at++) hash = (Math.imul(31, hash) + bytes[at]) | 0;
    return hash;
  }

  #rangeFor(bytes: Uint8Array, at: number): NamedRange | undefined {
    const first = bytes[at];
    if (first === 0x55) return isNamed(bytes, at, this.uniqueKey);
    if (first === 0x4b) return isNamed(bytes, at, this.keys);
    return first === 0x54 ? isNamed(bytes, at, this.tags) : undefined;
  }
}

function isNamed(bytes: Uint8Array, at: number, range: NamedRange): NamedRange | undefined {
  const { name } = range;
  for (let index = 0; index < name.length; index++) {
    if (bytes[at + index] !== name.charCodeAt(index)) return undefined;
  }
  return bytes[at + name.length] === BETWEEN ? range : undefined;
}
