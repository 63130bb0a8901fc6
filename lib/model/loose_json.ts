/**
 * JSON as fastjson 1.2 writes and reads it: number keys without quotes (`{0:"a"}`), objects as keys
 * (`{{"topic":"t"}:1}`). Objects are read into Maps, so that no name a peer chooses means anything
 * here.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

const NESTED_MAX = 64;
/**
 * A body of 16 MiB could hold five million empty objects, a gigabyte of memory; real ones have
 * less.
 */
const VALUES_MAX = 1_500_000;

/**
 * Reads JSON or fastjson's dialect: keys without quotes, single quotes, a comma before the end,
 * numbers with a type's letter, raw control characters in strings. An object used as a key becomes
 * the key's own text as written here.
 * @param valuesMax how many values it may hold; a peer's body never needs the default
 * @throws {SyntaxError} with the place where it stops making sense.
 */
export function parseLooseJson(text: string, valuesMax = VALUES_MAX): Json {
  const reader = new Reader(text, valuesMax);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** Writes compact JSON: Map keys in their order, quoted. */
export function formatJson(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (value instanceof Map) {
    const pairs = [...(value as JsonObject)].map(([key, held]) =>
      `${JSON.stringify(key)}:${formatJson(held)}`
    );
    return `{${pairs.join(",")}}`;
  }
  return `[${(value as readonly Json[]).map(formatJson).join(",")}]`;
}

/** Makes a JsonObject of pairs; undefined values are left out, as fastjson leaves out nulls. */
export function jsonObject(pairs: Record<string, Json | undefined>): JsonObject {
  const map = new Map<string, Json>();
  for (const key of Object.keys(pairs)) {
    const value = pairs[key];
    if (value !== undefined) map.set(key, value);
  }
  return map;
}

const CODE = {
  tab: 9,
  newline: 10,
  return: 13,
  space: 32,
  quote: 34,
  apostrophe: 39,
  comma: 44,
  minus: 45,
  zero: 48,
  nine: 57,
  colon: 58,
  openBracket: 91,
  backslash: 92,
  closeBracket: 93,
  openBrace: 123,
  closeBrace: 125,
} as const;
/** No character: behind the end of the text. */
const END = -1;
/** Digits that a number holds exactly whatever they are. */
const EXACT_DIGITS = 15;
const WORD = /[^\s,:{}[\]"']+/y;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[LlDdFfSB]?$/;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);

class Reader {
  readonly #text: string;
  readonly #valuesMax: number;
  #at = 0;
  #values = 0;
  /** Is this inside of an object that is a key? */
  #isInKey = false;

  constructor(text: string, valuesMax: number) {
    this.#text = text;
    this.#valuesMax = valuesMax;
  }

  value(depth: number): Json {
    if (++this.#values > this.#valuesMax) this.#fail(`more than ${this.#valuesMax} values`);
    if (depth > NESTED_MAX) this.#fail(`nested deeper than ${NESTED_MAX}`);
    const next = this.#peek();
    if (next === CODE.quote || next === CODE.apostrophe) return this.#string(next);
    if (next === CODE.openBrace) return this.#object(depth);
    if (next === CODE.openBracket) return this.#array(depth);
    return this.#word(next);
  }

  end(): void {
    if (this.#peek() !== END) this.#fail("more after the value");
  }

  #object(depth: number): JsonObject {
    const map = new Map<string, Json>();
    this.#at++;
    while (this.#peek() !== CODE.closeBrace) {
      const key = this.#key(depth);
      if (this.#peek() !== CODE.colon) this.#fail("expected :");
      this.#at++;
      map.set(key, this.value(depth + 1));
      if (this.#peek() === CODE.comma) this.#at++;
      else if (this.#peek() !== CODE.closeBrace) this.#fail("expected , or }");
    }
    this.#at++;
    return map;
  }

  #array(depth: number): Json[] {
    const items: Json[] = [];
    this.#at++;
    while (this.#peek() !== CODE.closeBracket) {
      items.push(this.value(depth + 1));
      if (this.#peek() === CODE.comma) this.#at++;
      else if (this.#peek() !== CODE.closeBracket) this.#fail("expected , or ]");
    }
    this.#at++;
    return items;
  }

  #key(depth: number): string {
    const next = this.#peek();
    if (next === CODE.quote || next === CODE.apostrophe) return this.#string(next);
    if (next !== CODE.openBrace && next !== CODE.openBracket) return this.#run("expected a key");
    // Quoted again at every level, the text of a key within a key would double each time.
    if (this.#isInKey) this.#fail("an object as a key inside of a key");
    this.#isInKey = true;
    const key = formatJson(this.value(depth + 1));
    this.#isInKey = false;
    return key;
  }

  #string(quote: number): string {
    const text = this.#text;
    let from = ++this.#at;
    let read = "";
    for (;;) {
      const code = this.#at < text.length ? text.charCodeAt(this.#at) : END;
      if (code === quote) break;
      if (code === END) this.#fail("a string without an end");
      if (code === CODE.backslash) {
        read += text.slice(from, this.#at) + this.#escape();
        from = this.#at;
      } else {
        this.#at++;
      }
    }
    const rest = text.slice(from, this.#at++);
    return read === "" ? rest : read + rest;
  }

  /** The character that the escape here stands for. */
  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? "";
    const known = ESCAPES.get(letter);
    const digits = letter === "u" ? 4 : letter === "x" ? 2 : 0;
    const hex = this.#text.slice(this.#at + 2, this.#at + 2 + digits);
    const isHex = digits > 0 && hex.length === digits && /^[0-9a-fA-F]+$/.test(hex);
    if (known === undefined && !isHex) this.#fail(`unknown escape \\${letter}`);
    this.#at += 2 + digits;
    return known ?? String.fromCharCode(parseInt(hex, 16));
  }

  #word(next: number): Json {
    const start = this.#at;
    const whole = this.#digits(next);
    if (whole !== undefined) return whole;
    this.#at = start;
    const word = this.#run("expected a value");
    if (word === "null") return null;
    if (word === "true" || word === "false") return word === "true";
    if (!NUMBER.test(word)) this.#fail(`unknown word ${word.slice(0, 20)}`);
    const number = Number(word.replace(/[LlDdFfSB]$/, ""));
    return Number.isFinite(number) ? number : this.#fail(`number too large: ${word.slice(0, 20)}`);
  }

  /** A plain whole number, which most are; undefined where more belongs to it. */
  #digits(next: number): number | undefined {
    if (next === CODE.minus) this.#at++;
    const start = this.#at;
    let number = 0;
    let code = this.#text.charCodeAt(this.#at);
    while (code >= CODE.zero && code <= CODE.nine) {
      number = number * 10 + code - CODE.zero;
      code = this.#text.charCodeAt(++this.#at);
    }
    const count = this.#at - start;
    const isWhole = count > 0 && count <= EXACT_DIGITS && endsWord(code);
    if (!isWhole) return undefined;
    return next === CODE.minus ? -number : number;
  }

  /** Characters up to the next one that means something. */
  #run(otherwise: string): string {
    WORD.lastIndex = this.#at;
    const word = WORD.exec(this.#text)?.[0] ?? this.#fail(otherwise);
    this.#at += word.length;
    return word;
  }

  /** The next character that is no blank. */
  #peek(): number {
    for (;;) {
      if (this.#at >= this.#text.length) return END;
      const code = this.#text.charCodeAt(this.#at);
      if (!isBlank(code)) return code;
      this.#at++;
    }
  }

  #fail(why: string): never {
    throw new SyntaxError(`Cannot read JSON at character ${this.#at}: ${why}`);
  }
}

function isBlank(code: number): boolean {
  return code === CODE.space || code === CODE.newline || code === CODE.return || code === CODE.tab;
}

function endsWord(code: number): boolean {
  return code === CODE.comma || code === CODE.closeBrace || code === CODE.closeBracket ||
    isBlank(code) || Number.isNaN(code);
}
