/** One `key=value` of a properties file. */
export interface PropertyEntry {
  readonly key: string;
  readonly value: string;
  /** Where the key begins, both counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** A properties text that cannot be read, and where; lines and columns count from 1. */
export class PropertiesError extends Error {
  override readonly name = "PropertiesError";
  constructor(readonly line: number, readonly column: number, why: string) {
    super(`Cannot read the properties at line ${line}, column ${column}: ${why}`);
  }
}

/**
 * Reads text in the form of `java.util.Properties.load`: comments (`#`, `!`), continued lines,
 * escapes, and `=`, `:` or blanks between key and value. Entries come in the order of the text, a
 * key that is written twice comes twice; Java lets the last one win.
 * @throws {PropertiesError} at a `\u` without four hex digits, as Java does.
 */
export function parseJavaProperties(text: string): PropertyEntry[] {
  const reader = new Reader(text);
  const entries: PropertyEntry[] = [];
  for (let entry = reader.entry(); entry !== undefined; entry = reader.entry()) entries.push(entry);
  return entries;
}

/** The same as a Map: of a key that is written twice, the last value. */
export function javaPropertiesMap(text: string): Map<string, string> {
  return new Map(parseJavaProperties(text).map((entry) => [entry.key, entry.value]));
}

/**
 * Writes `key=value` lines in the map's order, escaped no more than reading them again needs: what
 * Java's `Properties.load` reads, and as plain as RocketMQ's own `MixAll.properties2String`.
 */
export function formatJavaProperties(properties: ReadonlyMap<string, string>): string {
  let text = "";
  for (const [key, value] of properties) {
    text += `${escaped(key, /[\s=:#!]/)}=${escaped(value, /^\s/)}\n`;
  }
  return text;
}

const NAMED: { readonly [char: string]: string | undefined } = {
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  "\\": "\\\\",
};

/** `marked`: what else than the special characters gets a backslash; with `^` at the start only. */
function escaped(text: string, marked: RegExp): string {
  const atStart = marked.source.startsWith("^");
  let out = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    const isPlain = char >= " " && char <= "~";
    if (NAMED[char] !== undefined) out += NAMED[char];
    else if (!isPlain) out += `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`;
    else out += (at === 0 || !atStart) && marked.test(char) ? `\\${char}` : char;
  }
  return out;
}

class Reader {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text.startsWith("\uFEFF") ? text.slice(1) : text;
  }

  /** The next entry, or undefined at the end. */
  entry(): PropertyEntry | undefined {
    this.#skipToKey();
    if (this.#at >= this.#text.length) return undefined;
    const [line, column] = [this.#line, this.#column()];
    const key = this.#word((char) => char === "=" || char === ":" || isBlank(char));
    this.#skipBlanks();
    if (this.#peek() === "=" || this.#peek() === ":") {
      this.#at++;
      this.#skipBlanks();
    }
    return { key, value: this.#word(() => false), line, column };
  }

  #skipToKey(): void {
    for (;;) {
      const char = this.#peek();
      if (char === "#" || char === "!") this.#skipLine();
      else if (isLineEnd(char)) this.#endLine();
      else if (isBlank(char)) this.#at++;
      else return;
    }
  }

  #skipLine(): void {
    while (this.#at < this.#text.length && !isLineEnd(this.#peek())) this.#at++;
  }

  #skipBlanks(): void {
    while (isBlank(this.#peek()) || this.#goesOn()) {
      if (isBlank(this.#peek())) this.#at++;
      else this.#continueLine();
    }
  }

  /** Characters up to the line's end or one that `ends`, escapes resolved. */
  #word(ends: (char: string) => boolean): string {
    let word = "";
    while (this.#at < this.#text.length) {
      const char = this.#peek();
      if (isLineEnd(char) || ends(char)) break;
      if (this.#goesOn()) this.#continueLine();
      else if (char === "\\") word += this.#escape();
      else word += this.#text[this.#at++];
    }
    return word;
  }

  /** Is here the backslash that joins the next line to this one? */
  #goesOn(): boolean {
    return this.#peek() === "\\" &&
      (this.#at + 1 >= this.#text.length || isLineEnd(this.#text[this.#at + 1]));
  }

  #continueLine(): void {
    this.#at++;
    if (this.#at < this.#text.length) this.#endLine();
    while (isBlank(this.#peek())) this.#at++;
  }

  #escape(): string {
    const char = this.#text[this.#at + 1];
    if (char === "u") return this.#unicode();
    this.#at += 2;
    return { t: "\t", n: "\n", f: "\f", r: "\r" }[char] ?? char;
  }

  #unicode(): string {
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
      const why = `\\u needs four hex digits after it. Write a backslash itself as \\\\.`;
      throw new PropertiesError(this.#line, this.#column(), why);
    }
    this.#at += 6;
    return String.fromCharCode(parseInt(digits, 16));
  }

  #endLine(): void {
    this.#at += this.#text.startsWith("\r\n", this.#at) ? 2 : 1;
    this.#line++;
    this.#lineStart = this.#at;
  }

  #column(): number {
    return this.#at - this.#lineStart + 1;
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }
}

function isBlank(char: string): boolean {
  return char === " " || char === "\t" || char === "\f";
}

function isLineEnd(char: string): boolean {
  return char === "\n" || char === "\r";
}
