import { Refusal } from "./refusal.ts";

/** Words of the language; any case, and no property can be called so. */
const WORDS: ReadonlySet<string> = new Set(
  "NOT AND OR BETWEEN IN TRUE FALSE NULL IS CONTAINS STARTSWITH ENDSWITH".split(" "),
);

/** One token of a SQL92 expression. */
export interface Token {
  /** `name`, `whole`, `decimal`, `string`, `end`, a word in capitals, or the sign itself. */
  readonly kind: string;
  /** As it stands there; of a string what it means. */
  readonly text: string;
  /** Where it begins, counted from 0. */
  readonly at: number;
}

const BLANK = /(?:[ \t\n\r\f]|--[^\n\r]*(?:\r\n|\n|\r)|\/\*[^*]*\*(?:\*|[^*/][^*]*\*)*\/)+/y;
const NAME = /[A-Za-z_$][A-Za-z0-9_$]*/y;
const DECIMAL =
  /[0-9]+\.[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+/y;
const WHOLE = /0|[1-9][0-9]*[lL]?/y;
const STRING = /'(?:''|[^'])*'/y;
const SIGN = /<>|>=|<=|[=<>(),+-]/y;

/**
 * Cuts a SQL92 expression into tokens one by one, as upstream's grammar does: spaces, `-- …` up to
 * a line's end and comments between them are passed over.
 */
export class Tokens {
  readonly #text: string;
  #next: Token;
  #end = 0;

  /** @throws {Refusal} as {@linkcode Tokens.take} */
  constructor(text: string) {
    this.#text = text;
    this.#next = this.#read();
  }

  /** The token that comes next. */
  get next(): Token {
    return this.#next;
  }

  /** Goes on behind the next token. @throws {Refusal} where what follows it is no token. */
  take(): Token {
    const token = this.#next;
    this.#next = this.#read();
    return token;
  }

  #read(): Token {
    const text = this.#text;
    const at = this.#end + (match(BLANK, text, this.#end)?.length ?? 0);
    this.#end = at;
    if (at >= text.length) return { kind: "end", text: "", at };
    const sign = match(DECIMAL, text, at) ?? match(WHOLE, text, at) ?? match(NAME, text, at) ??
      match(STRING, text, at) ?? match(SIGN, text, at);
    if (sign === undefined) this.#refuse(at);
    this.#end = at + sign.length;
    return toToken(sign, at);
  }

  #refuse(at: number): never {
    const sign = this.#text[at];
    if (sign === "'") {
      throw wrongAt(this.#text, at, "the text that begins here has no ' at its end");
    }
    if (this.#text.startsWith("/*", at)) throw wrongAt(this.#text, at, "the comment has no end");
    throw wrongAt(this.#text, at, `${JSON.stringify(sign)} means nothing in SQL92 here`);
  }
}

/** A refusal that says where in the expression it is wrong, counted from 1, and why. */
export function wrongAt(expression: string, at: number, why: string): Refusal {
  const before = expression.slice(Math.max(0, at - 30), at);
  const behind = expression.slice(at, at + 30);
  const shown = `${at > 30 ? "…" : ""}${before}>>>${behind}${
    at + 30 < expression.length ? "…" : ""
  }`;
  return new Refusal(
    "subscription-invalid",
    `Invalid MessageSelector. At character ${at + 1} of ${expression.length}: ${why}. ` +
      `It is where >>> stands in: ${shown}`,
  );
}

function toToken(sign: string, at: number): Token {
  const first = sign.charCodeAt(0);
  if (first === 0x27) return { kind: "string", text: sign.slice(1, -1).replaceAll("''", "'"), at };
  if (isDigit(first) || (first === 0x2e)) {
    return { kind: /^[0-9]+[lL]?$/.test(sign) ? "whole" : "decimal", text: sign, at };
  }
  if (!/[A-Za-z_$]/.test(sign[0])) return { kind: sign, text: sign, at };
  const word = sign.toUpperCase();
  return { kind: WORDS.has(word) ? word : "name", text: sign, at };
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
