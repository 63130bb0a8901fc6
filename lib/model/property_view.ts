const BETWEEN = 1;
const AFTER = 2;
/** Numbers kept of each property: where its name begins and ends, and where its value ends. */
const MARKS = 3;

const utf8 = new TextDecoder();

/**
 * The properties of one stored message, looked up in its bytes: `name 0x01 value 0x02`, repeated.
 * One view serves message after message; what is asked for first goes over the bytes once, and
 * nothing becomes a text but the values that are asked for. Of a name that stands there twice the
 * last value holds, and empty names and values are passed over, as where Java makes a map of it.
 */
export class PropertyView {
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #marks = new Int32Array(32 * MARKS);
  /** Properties found; -1: not looked yet. */
  #count = 0;

  /** Looks at the properties that lie in `bytes` between `from` and `to`. */
  over(bytes: Uint8Array, from: number, to: number): this {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = Math.min(to, bytes.length);
    this.#count = -1;
    return this;
  }

  /** Where the property of this name (UTF-8) is, for the calls below; -1: there is none. */
  find(name: Uint8Array): number {
    if (this.#count < 0) this.#index();
    for (let at = (this.#count - 1) * MARKS; at >= 0; at -= MARKS) {
      const start = this.#marks[at];
      if (this.#marks[at + 1] - start === name.length && this.#isAt(start, name)) return at;
    }
    return -1;
  }

  /** Is the value exactly these bytes? */
  isValue(property: number, value: Uint8Array): boolean {
    const start = this.#marks[property + 1] + 1;
    return this.#marks[property + 2] - start === value.length && this.#isAt(start, value);
  }

  /** Does the value begin with these bytes? */
  startsWith(property: number, part: Uint8Array): boolean {
    const start = this.#marks[property + 1] + 1;
    return this.#marks[property + 2] - start >= part.length && this.#isAt(start, part);
  }

  /** Does it end with them? */
  endsWith(property: number, part: Uint8Array): boolean {
    const start = this.#marks[property + 2] - part.length;
    return start > this.#marks[property + 1] && this.#isAt(start, part);
  }

  /** Are they anywhere in it? */
  includes(property: number, part: Uint8Array): boolean {
    const last = this.#marks[property + 2] - part.length;
    for (let at = this.#marks[property + 1] + 1; at <= last; at++) {
      if (this.#isAt(at, part)) return true;
    }
    return false;
  }

  /** The value as a whole number where it is 1 to 15 digits with a sign or none, else NaN. */
  whole(property: number): number {
    let at = this.#marks[property + 1] + 1;
    const end = this.#marks[property + 2];
    const sign = this.#bytes[at];
    if (sign === 0x2d || sign === 0x2b) at++;
    if (at === end || end - at > 15) return NaN;
    let value = 0;
    for (; at < end; at++) {
      const digit = this.#bytes[at] - 48;
      if (digit < 0 || digit > 9) return NaN;
      value = value * 10 + digit;
    }
    return sign === 0x2d ? 0 - value : value;
  }

  /** The value as a text. */
  text(property: number): string {
    const start = this.#marks[property + 1] + 1;
    const end = this.#marks[property + 2];
    let text = "";
    for (let at = start; at < end; at++) {
      const byte = this.#bytes[at];
      if (byte > 0x7f) return utf8.decode(this.#bytes.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #isAt(start: number, wanted: Uint8Array): boolean {
    for (let at = 0; at < wanted.length; at++) {
      if (this.#bytes[start + at] !== wanted[at]) return false;
    }
    return true;
  }

  #index(): void {
    const bytes = this.#bytes;
    const to = this.#to;
    this.#count = 0;
    for (let start = this.#from, at = start; start < to; start = ++at) {
      while (at < to && bytes[at] > AFTER) at++;
      if (at < to && bytes[at] === 0) at = this.#pastZeros(at);
      const between = at;
      while (at < to && bytes[at] !== AFTER) at++;
      if (between > start && between < at - 1) this.#mark(start, between, at);
    }
  }

  /** A name may hold zeros; returns where the next sign is that ends it. */
  #pastZeros(from: number): number {
    let at = from;
    while (at < this.#to && this.#bytes[at] !== BETWEEN && this.#bytes[at] !== AFTER) at++;
    return at;
  }

  #mark(start: number, between: number, end: number): void {
    const at = this.#count * MARKS;
    if (at === this.#marks.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.#marks);
      this.#marks = larger;
    }
    this.#marks[at] = start;
    this.#marks[at + 1] = between;
    this.#marks[at + 2] = end;
    this.#count++;
  }
}
