import {
  asTest,
  chain,
  compare,
  condition,
  equal,
  holding,
  Holds,
  literal,
  minus,
  not,
  property,
  tagsAmong,
  tagsOf,
  tagsOfAll,
  tagsOfAny,
  type Term,
  type Test,
  Truth,
  Verdicts,
  within,
} from "./sql_terms.ts";
import { type Token, Tokens, wrongAt } from "./sql_tokens.ts";
import { decimalNumber, isNumber, order, wholeNumber } from "./sql_values.ts";

/** Parts inside parts: deeper than any expression that a person writes. */
const DEPTH_MAX = 200;

/** A condition that was read, and where in the text it ended. */
export interface Parsed {
  readonly test: Test;
  /** It is true of no message whose tag is another one; undefined: tags do not tell. */
  readonly tags: ReadonlySet<string> | undefined;
  /** What follows the condition, if anything does; upstream does not look at it. */
  readonly rest: Token;
}

/**
 * Reads a SQL92 expression as `SelectorParser.jj` does: OR, AND, then `=`, `<>` and IS NULL, then
 * the other comparisons from left to right, then signs and NOT, which bind tightest.
 * @throws {Refusal} `subscription-invalid` with the place where it is wrong, and why.
 */
export function parseSql(expression: string): Parsed {
  return new Parser(expression).read();
}

class Parser {
  readonly #text: string;
  readonly #tokens: Tokens;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = new Tokens(text);
  }

  read(): Parsed {
    const at = this.#tokens.next.at;
    const term = this.#either();
    return { test: this.#test(term, at), tags: tagsOf(term), rest: this.#tokens.next };
  }

  #either(): Term {
    return this.#chained("OR", Truth.yes, () => this.#all());
  }

  #all(): Term {
    return this.#chained("AND", Truth.no, () => this.#equality());
  }

  #chained(word: string, ends: typeof Truth.yes | typeof Truth.no, part: () => Term): Term {
    let at = this.#tokens.next.at;
    const first = part();
    if (this.#tokens.next.kind !== word) return first;
    const terms = [first];
    const tests = [this.#test(first, at)];
    while (this.#tokens.next.kind === word) {
      this.#tokens.take();
      at = this.#tokens.next.at;
      const term = part();
      terms.push(term);
      tests.push(this.#test(term, at));
    }
    const depth = Math.max(...terms.map((term) => term.depth));
    const tags = ends === Truth.no ? tagsOfAll(terms) : tagsOfAny(terms);
    return this.#condition(chain(tests, ends), depth, tags);
  }

  #equality(): Term {
    const at = this.#tokens.next.at;
    let left = this.#comparison();
    for (;;) {
      const sign = this.#tokens.next;
      if (sign.kind === "IS") left = this.#isNull(left);
      else if (sign.kind !== "=" && sign.kind !== "<>") return left;
      else left = this.#equals(left, at);
    }
  }

  #equals(left: Term, at: number): Term {
    const sign = this.#tokens.take();
    const rightAt = this.#tokens.next.at;
    const right = this.#comparison();
    this.#checkEqual(left, at);
    this.#checkEqual(right, rightAt);
    const isFlag = left.kind === "literal" && typeof left.literal === "boolean";
    if (isFlag && right.kind === "literal" && typeof right.literal !== "boolean") {
      throw this.#wrong(rightAt, "TRUE and FALSE are not compared with a value of another kind");
    }
    const test = equal(left, right);
    const depth = Math.max(left.depth, right.depth);
    if (sign.kind === "<>") return this.#condition(not(test), depth);
    const isText = right.kind === "literal" && typeof right.literal === "string";
    const tags = isText ? tagsAmong(left, [String(right.literal)]) : undefined;
    return this.#condition(test, depth, tags);
  }

  #isNull(left: Term): Term {
    this.#tokens.take();
    const negative = this.#tokens.next.kind === "NOT";
    if (negative) this.#tokens.take();
    this.#expect("NULL", negative ? "NULL after IS NOT" : "NULL or NOT NULL after IS");
    const test = equal(left, literal(null));
    return this.#condition(negative ? not(test) : test, left.depth);
  }

  #comparison(): Term {
    const at = this.#tokens.next.at;
    let left = this.#signed();
    for (;;) {
      const { kind } = this.#tokens.next;
      const isWord = kind === "NOT" || kind === "BETWEEN" || kind === "IN" || Holds.has(kind);
      if (isWord) left = this.#worded(left, at);
      else if (Verdicts.has(kind)) left = this.#ordered(left, at);
      else return left;
    }
  }

  #ordered(left: Term, at: number): Term {
    const sign = this.#tokens.take();
    const rightAt = this.#tokens.next.at;
    return this.#compared(sign.kind, { term: left, at }, { term: this.#signed(), at: rightAt });
  }

  #compared(sign: string, left: Placed, right: Placed): Term {
    this.#checkOrdered(left);
    this.#checkOrdered(right);
    const verdict = Verdicts.get(sign) ?? (() => false);
    const test = compare(left.term, right.term, verdict);
    return this.#condition(test, Math.max(left.term.depth, right.term.depth));
  }

  /** `[NOT] BETWEEN`, `[NOT] IN`, `[NOT] CONTAINS` and its like. */
  #worded(left: Term, at: number): Term {
    const negative = this.#tokens.next.kind === "NOT";
    if (negative) this.#tokens.take();
    const word = this.#tokens.take();
    const holds = Holds.get(word.kind);
    if (word.kind === "BETWEEN") return this.#between({ term: left, at }, negative);
    if (word.kind === "IN") return this.#in({ term: left, at }, negative);
    if (holds === undefined) {
      const may = "BETWEEN, IN, CONTAINS, STARTSWITH or ENDSWITH after NOT";
      throw this.#wrong(word.at, `expected ${may}, found ${shown(word)}`);
    }
    const part = this.#expect("string", `a text in ' ' after ${word.kind}`);
    return this.#condition(holding(left, part.text, { holds, negative }), left.depth);
  }

  #between(left: Placed, negative: boolean): Term {
    const lowAt = this.#tokens.next.at;
    const low = { term: this.#signed(), at: lowAt };
    this.#expect("AND", "AND between the two values of BETWEEN");
    const highAt = this.#tokens.next.at;
    const high = { term: this.#signed(), at: highAt };
    const above = this.#compared(negative ? "<" : ">=", left, low);
    const below = this.#compared(negative ? ">" : "<=", left, high);
    if (!negative) this.#checkRange(low, high);
    const tests = [this.#test(above, left.at), this.#test(below, left.at)];
    const test = chain(tests, negative ? Truth.yes : Truth.no);
    return this.#condition(test, Math.max(above.depth, below.depth));
  }

  #checkRange(low: Placed, high: Placed): void {
    if (low.term.kind !== "literal" || high.term.kind !== "literal") return;
    const [from, to] = [low.term.literal, high.term.literal];
    if (isNumber(from) && isNumber(to) && order(to, from) >= 0) return;
    throw this.#wrong(
      high.at,
      "the second value of BETWEEN is below the first, nothing is between",
    );
  }

  #in({ term, at }: Placed, negative: boolean): Term {
    this.#expect("(", "( after IN");
    const texts: string[] = [];
    do {
      if (texts.length > 0) this.#tokens.take();
      texts.push(this.#expect("string", "a text in ' ' (IN takes no numbers)").text);
    } while (this.#tokens.next.kind === ",");
    this.#expect(")", ", or ) after a text of IN");
    if (term.kind !== "property") throw this.#wrong(at, "before IN stands no property's name");
    const test = within(term.name, texts);
    if (negative) return this.#condition(not(test), term.depth);
    return this.#condition(test, term.depth, tagsAmong(term, texts));
  }

  #signed(): Term {
    const { kind, at } = this.#tokens.next;
    if (kind !== "+" && kind !== "-" && kind !== "NOT") return this.#primary();
    this.#tokens.take();
    const insideAt = this.#tokens.next.at;
    const inside = this.#nested(at, () => this.#signed());
    if (kind === "+") return inside;
    if (kind === "-") return minus(inside);
    return this.#condition(not(this.#test(inside, insideAt)), inside.depth);
  }

  #primary(): Term {
    const token = this.#tokens.next;
    if (token.kind !== "(") return this.#value(token);
    this.#tokens.take();
    const inside = this.#nested(token.at, () => this.#either());
    this.#expect(")", `) for the ( at character ${token.at + 1}`);
    return inside;
  }

  #value(token: Token): Term {
    const term = this.#termOf(token);
    this.#tokens.take();
    return term;
  }

  #termOf(token: Token): Term {
    switch (token.kind) {
      case "name":
        return property(token.text);
      case "string":
        return literal(token.text);
      case "TRUE":
        return literal(true);
      case "FALSE":
        return literal(false);
      case "NULL":
        return literal(null);
      case "whole":
      case "decimal":
        return this.#number(token);
      default:
        throw this.#wrong(
          token.at,
          `expected a property's name, a value, NOT or (, found ${shown(token)}`,
        );
    }
  }

  #number(token: Token): Term {
    const isWhole = token.kind === "whole";
    const number = isWhole ? wholeNumber(token.text) : decimalNumber(token.text);
    if (number !== undefined) return literal(number);
    const range = isWhole ? "9223372036854775807" : "1.7976931348623157E308, and not 0 (write 0)";
    throw this.#wrong(token.at, `${token.text.slice(0, 40)} is out of range: at most ${range}`);
  }

  #test(term: Term, at: number): Test {
    const test = asTest(term);
    if (test !== undefined) return test;
    throw this.#wrong(at, "a value stands alone where a condition is needed: compare it");
  }

  #checkEqual(term: Term, at: number): void {
    if (term.kind !== "literal" || term.literal !== null) return;
    throw this.#wrong(at, "NULL equals nothing: write IS NULL or IS NOT NULL");
  }

  #checkOrdered({ term, at }: Placed): void {
    const isNumeric = term.kind === "literal" && isNumber(term.literal);
    if (isNumeric || term.kind === "property" || term.kind === "computed") return;
    throw this.#wrong(at, "only numbers and properties are compared by <, <=, >, >= and BETWEEN");
  }

  #condition(test: Test, depth: number, tags?: ReadonlySet<string>): Term {
    if (depth >= DEPTH_MAX) throw this.#tooDeep(this.#tokens.next.at);
    return condition(test, depth + 1, tags);
  }

  #nested(at: number, inside: () => Term): Term {
    if (++this.#depth > DEPTH_MAX) throw this.#tooDeep(at);
    const term = inside();
    this.#depth--;
    return term;
  }

  #tooDeep(at: number) {
    return this.#wrong(
      at,
      `more than ${DEPTH_MAX} parts stand inside one another; write it flatter`,
    );
  }

  #expect(kind: string, what: string): Token {
    const token = this.#tokens.next;
    if (token.kind === kind) return this.#tokens.take();
    throw this.#wrong(token.at, `expected ${what}, found ${shown(token)}`);
  }

  #wrong(at: number, why: string) {
    return wrongAt(this.#text, at, why);
  }
}

/** A term and where it begins. */
interface Placed {
  readonly term: Term;
  readonly at: number;
}

function shown({ kind, text }: Token): string {
  if (kind === "end") return "the end";
  return kind === "string" ? `'${text.slice(0, 40)}'` : text.slice(0, 40);
}
