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
 * Reads JSON or fastjson's dialect. An object used as a key becomes the key's own text as written
 * here.
 * @throws {SyntaxError} with the place where it stops making sense.
 */
export function parseLooseJson(text: string): Json {
  const reader = new Reader(text);
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

class Reader {
  readonly #text: string;
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (++this.#values > VALUES_MAX) this.#fail(`more than ${VALUES_MAX} values`);
    if (depth > NESTED_MAX) this.#fail(`nested deeper than ${NESTED_MAX}`);
    const next = this.#peek();
    if (next === "{") return this.#object(depth);
    if (next === "[") return this.#array(depth);
    if (next === '"' || next === "'") return this.#string();
    return this.#word();
  }

  end(): void {
    if (this.#peek() !== "") this.#fail("more after the value");
  }

  #object(depth: number): JsonObject {
    const map = new Map<string, Json>();
    this.#at++;
    while (this.#peek() !== "}") {
      const key = this.#key(depth);
      this.#expect(":");
      map.set(key, this.value(depth + 1));
      if (this.#peek() === ",") this.#at++;
      else if (this.#peek() !== "}") this.#fail("expected , or }");
    }
    this.#at++;
    return map;
  }

  #array(depth: number): Json[] {
    const items: Json[] = [];
    this.#at++;
    while (this.#peek() !== "]") {
      items.push(this.value(depth + 1));
      if (this.#peek() === ",") this.#at++;
      else if (this.#peek() !== "]") this.#fail("expected , or ]");
    }
    this.#at++;
    return items;
  }

  #key(depth: number): string {
    const next = this.#peek();
    if (next === '"' || next === "'") return this.#string();
    if (next === "{" || next === "[") return formatJson(this.value(depth + 1));
    const match = /[^\s:,{}[\]"]+/y;
    match.lastIndex = this.#at;
    const word = match.exec(this.#text)?.[0] ?? this.#fail("expected a key");
    this.#at += word.length;
    return word;
  }

  #string(): string {
    const quote = this.#text[this.#at];
    let end = this.#at + 1;
    while (this.#text[end] !== quote) {
      if (end >= this.#text.length) this.#fail("a string without an end");
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    const raw = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    if (!raw.includes("\\") && quote === '"') return raw;
    return JSON.parse(`"${raw.replaceAll("\\'", "'").replaceAll(/(?<!\\)"/g, '\\"')}"`);
  }

  #word(): Json {
    const match = /[^\s,:{}[\]"]+/y;
    match.lastIndex = this.#at;
    const word = match.exec(this.#text)?.[0] ?? this.#fail("expected a value");
    this.#at += word.length;
    if (word === "null") return null;
    if (word === "true" || word === "false") return word === "true";
    const number = Number(word.replace(/[LlDFSB]$/, ""));
    return Number.isNaN(number) ? this.#fail(`unknown word ${word.slice(0, 20)}`) : number;
  }

  #peek(): string {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
    return this.#text[this.#at] ?? "";
  }

  #expect(mark: string): void {
    if (this.#peek() !== mark) this.#fail(`expected ${mark}`);
    this.#at++;
  }

  #fail(why: string): never {
    throw new SyntaxError(`Cannot read JSON at character ${this.#at}: ${why}`);
  }
}
