/** A piece of TypeScript as the rules see it. */
export interface Token {
  /** `word`: names and keywords; `sign`: one character of punctuation, or `=>`, `...`, `?.`. */
  readonly kind: "word" | "sign" | "text" | "number" | "pattern" | "comment";
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

const WORD = /[\p{ID_Start}$_#@][\p{ID_Continue}$]*/uy;
const NUMBER = /\d[\w.]*/y;
const LONG_SIGN = /=>|\.\.\.|\?\.(?!\d)/y;
const PATTERN = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** After these a `/` begins a regular expression, not a division. */
const BEFORE_VALUE = new Set("return typeof case in of do else void delete throw await".split(" "));

/** Cuts TypeScript into tokens; good enough for rules about form, not a parser. */
export function tokenize(text: string): Token[] {
  return new Cutter(text).all();
}

class Cutter {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  /** Open braces; true where one belongs to `${` of a template. */
  readonly #braces: boolean[] = [];
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  all(): Token[] {
    while (this.#at < this.#text.length) this.#next();
    return this.#tokens;
  }

  #next(): void {
    const char = this.#text[this.#at];
    if (/\s/.test(char)) this.#skip(1);
    else if (this.#text.startsWith("//", this.#at)) this.#until("\n", "comment");
    else if (this.#text.startsWith("/*", this.#at)) this.#until("*/", "comment");
    else if (char === '"' || char === "'") this.#quoted(char);
    else if (char === "`") this.#template();
    else if (char === "}" && this.#braces.pop() === true) this.#template();
    else if (!this.#matched(WORD, "word") && !this.#matched(NUMBER, "number")) this.#sign(char);
  }

  #sign(char: string): void {
    if (char === "/" && this.#isValueNext() && this.#matched(PATTERN, "pattern")) return;
    if (this.#matched(LONG_SIGN, "sign")) return;
    if (char === "{") this.#braces.push(false);
    this.#take(this.#at + 1, "sign");
  }

  #isValueNext(): boolean {
    const last = this.#tokens.findLast((token) => token.kind !== "comment");
    if (last === undefined) return true;
    if (last.kind === "word") return BEFORE_VALUE.has(last.text);
    return last.kind === "sign" && !")]}".includes(last.text);
  }

  #matched(pattern: RegExp, kind: Token["kind"]): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return false;
    this.#take(this.#at + found[0].length, kind);
    return true;
  }

  #until(end: string, kind: Token["kind"]): void {
    const at = this.#text.indexOf(end, this.#at + 2);
    const isLine = end === "\n";
    this.#take(at < 0 ? this.#text.length : at + (isLine ? 0 : end.length), kind);
  }

  #quoted(quote: string): void {
    let at = this.#at + 1;
    while (at < this.#text.length && this.#text[at] !== quote) {
      at += this.#text[at] === "\\" ? 2 : 1;
    }
    this.#take(at + 1, "text");
  }

  /**
   * From a backtick, or the brace that ends an expression, to the next `${` or the closing
   * backtick.
   */
  #template(): void {
    let at = this.#at + 1;
    while (at < this.#text.length && this.#text[at] !== "`") {
      if (this.#text.startsWith("${", at)) {
        this.#braces.push(true);
        return this.#take(at + 2, "text");
      }
      at += this.#text[at] === "\\" ? 2 : 1;
    }
    this.#take(at + 1, "text");
  }

  #take(end: number, kind: Token["kind"]): void {
    this.#tokens.push({ kind, text: this.#text.slice(this.#at, end), line: this.#line });
    this.#skip(end - this.#at);
  }

  #skip(length: number): void {
    for (const char of this.#text.slice(this.#at, this.#at + length)) {
      if (char === "\n") this.#line++;
    }
    this.#at += length;
  }
}
