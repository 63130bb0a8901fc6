import { SeededRandom } from "../../lib/port/random_seeded.ts";

/** What was judged by RocketMQ 5.5.0's own `SqlFilter`; see `sql_golden.txt` and SqlGolden.java. */
export const GOLDEN = { seed: 92, count: 6000, sets: 32 } as const;

const NAMES = ["a", "b", "c", "price", "TAGS", "_x", "$y", "absent", "age1"];
const TEXTS = [
  ...["'x'", "'abc'", "'it''s'", "''", "'10'", "'-5'", "'true'", "'ab'", "'c'", "' 7 '"],
  ...["'1.5'", "'NaN'", "'é'", "'TRUE'", "'日本'"],
];
const NUMBERS = [
  ...["0", "1", "5", "10", "10L", "2147483647", "2147483648", "9223372036854775807", "007"],
  ...["1.5", "10.0", ".5", "5.", "1e1", "1E-3", "0.1", "9007199254740993", "1700000000000"],
  ...["9223372036854775808", "0.0", "1e400", "3000000000l", "1e-400"],
];
const VALUES = [
  ...["x", "abc", "it's", "10", "-5", "true", "TRUE", "false", "0", "-0", "+5", "5", "1"],
  ...["1.5", "10.0", "1e1", "NaN", "Infinity", "-Infinity", " 7 ", "2147483647", "2147483648"],
  ...["-2147483649", "9223372036854775807", "9223372036854775808", "9007199254740993"],
  ...["1700000000000", "0x1p3", "0x.8p1", "1.5f", "2d", ".5", "5.", "é", "日本", "abcabc", "007"],
  ...["1_000", "--5", "99999999999999999999", "ab", "c", "1e400", "-0.0", "0.0", "1e-400", "e5"],
];
const ODD = [
  ...["a LIKE 'x'", "a = 'x' b", "a > 5)", "a > 5;", "a = = 5", "a == 5", "a != 5", "(a = 5"],
  ...["a IS", "a IS NOT", "a NOT 5", "a IN ()", "a IN (5)", "a IN ('x',)", "'x' IN ('x')", "+"],
  ...["a BETWEEN 5", "a BETWEEN 5 AND", "a BETWEEN 'x' AND 'y'", "a = 'x", 'a = "x"', "a.b = 5"],
  ...["NOT", "AND a", "a OR", "NULL", "5", "'x'", "-a", "TRUE", "FALSE", "a", "NOT a", "NULL = a"],
  ...[
    "a = 5 -- rest",
    "a = 5 -- rest\n",
    "-- x\na = 5",
    "a /* x */ = 5",
    "a /* x = 5",
    "a /**/= 5",
  ],
  ...[
    "a = 5 --",
    "- - 5 = a",
    "a = -5",
    "a = - 5",
    "a=-'x'",
    "-NULL = a",
    "a = -NULL",
    "(a) IN ('x')",
  ],
  ...[
    "+a IN ('x')",
    "a IS NULL IS NULL",
    "a = b = c",
    "a > b > c",
    "(a > b) = TRUE",
    "a BETWEEN b AND c",
  ],
  ...["a in ('x') or b BeTwEeN 1 and 5", "nota = 5", "not (a = 5)", "NOT NOT a = 'x'", "a = TRUE"],
  ...[
    "TRUE = a",
    "TRUE = 5",
    "5 = TRUE",
    "'true' = TRUE",
    "'x' = a",
    "5 = a",
    "a = 5 AND #",
    "a = 5 #",
  ],
  ...[
    "",
    " ",
    "a\u00a0= 5",
    "a <> 5",
    "a < > 5",
    "5 < a",
    "5 BETWEEN a AND b",
    "a NOT BETWEEN 9 AND 1",
  ],
  ...[
    "a BETWEEN 9 AND 1",
    "a BETWEEN -5 AND -9",
    "a CONTAINS ''",
    "a NOT CONTAINS ''",
    "5 CONTAINS 'x'",
  ],
  ...[
    "a = 'x' OR TRUE = a",
    "TRUE = a OR a = 'x'",
    "a IN ('x', 'abc', 'it''s', '10', 'true', 'c')",
  ],
];

/** The expressions, the same for the same seed: some by hand, the others by chance. */
export function sqlExpressions(): string[] {
  const random = new SeededRandom(GOLDEN.seed);
  const expressions = [...ODD];
  while (expressions.length < GOLDEN.count) expressions.push(new Writer(random).write());
  return expressions;
}

/** Sets of properties, the first of them empty. */
export function propertySets(): Map<string, string>[] {
  const random = new SeededRandom(GOLDEN.seed + 1);
  const sets = [new Map<string, string>()];
  while (sets.length < GOLDEN.sets) {
    const set = new Map<string, string>();
    for (const name of NAMES) {
      if (name !== "absent" && random.below(4) > 0) set.set(name, pick(random, VALUES));
    }
    sets.push(set);
  }
  return sets;
}

class Writer {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  write(): string {
    const text = this.#condition(this.#random.below(4));
    if (this.#random.below(12) > 0) return text;
    const at = this.#random.below(text.length);
    const cut = this.#random.below(3);
    return text.slice(0, at) + pick(this.#random, ["", " ", ")", "'", "NOT ", "="]) +
      text.slice(at + cut);
  }

  #condition(depth: number): string {
    const kind = depth === 0 ? 0 : this.#random.below(6);
    if (kind === 1 || kind === 2) return `${this.#part(depth)} AND ${this.#part(depth)}`;
    if (kind === 3 || kind === 4) return `${this.#part(depth)} OR ${this.#part(depth)}`;
    if (kind === 5) return `NOT (${this.#condition(depth - 1)})`;
    return this.#comparison(depth);
  }

  #part(depth: number): string {
    const inside = this.#condition(depth - 1);
    return this.#random.below(2) === 0 ? inside : `(${inside})`;
  }

  #comparison(depth: number): string {
    const not = this.#random.below(3) === 0 ? "NOT " : "";
    const name = this.#random.below(8) > 0 ? pick(this.#random, NAMES) : this.#operand(depth);
    switch (this.#random.below(9)) {
      case 0:
        return `${name} IS ${not}NULL`;
      case 1:
        return `${name} ${not}BETWEEN ${this.#number()} AND ${this.#number()}`;
      case 2:
        return `${name} ${not}IN (${this.#texts()})`;
      case 3:
      case 4: {
        const word = pick(this.#random, ["CONTAINS", "STARTSWITH", "ENDSWITH", "contains"]);
        return `${name} ${not}${word} ${pick(this.#random, TEXTS)}`;
      }
      case 5:
        return `${not}${name}`;
      default: {
        const sign = pick(this.#random, ["=", "<>", "<", "<=", ">", ">=", "="]);
        const isEqual = sign === "=" || sign === "<>";
        const right = isEqual ? this.#operand(depth) : this.#number();
        return `${name} ${sign} ${right}`;
      }
    }
  }

  #operand(depth: number): string {
    switch (this.#random.below(7)) {
      case 0:
        return pick(this.#random, NAMES);
      case 1:
        return depth > 0 ? `(${this.#condition(depth - 1)})` : "TRUE";
      case 2:
        return pick(this.#random, ["TRUE", "FALSE", "-a", "NULL", "'10'"]);
      case 3:
      case 4:
        return pick(this.#random, TEXTS);
      default:
        return this.#number();
    }
  }

  #number(): string {
    const sign = pick(this.#random, ["", "", "", "-", "+", "- -"]);
    return this.#random.below(9) > 0
      ? sign + pick(this.#random, NUMBERS)
      : pick(this.#random, NAMES);
  }

  #texts(): string {
    const count = 1 + this.#random.below(6);
    return Array.from({ length: count }, () => pick(this.#random, TEXTS)).join(", ");
  }
}

function pick<T>(random: SeededRandom, from: readonly T[]): T {
  return from[random.below(from.length)];
}
