import { Property } from "./properties.ts";
import type { PropertyView } from "./property_view.ts";
import {
  FAULT,
  isNumber,
  negated,
  order,
  orderAsDoubles,
  orderDoubles,
  type SqlNumber,
  type Value,
} from "./sql_values.ts";

/** What a condition comes to. */
export const Truth = { no: 0, yes: 1, unknown: 2, fault: 3 } as const;

/** A condition as a function of a message's properties, giving one of {@linkcode Truth}. */
export type Test = (message: PropertyView) => number;

/** A part of an expression. */
export type Term =
  & {
    /** How deep it is nested. */
    readonly depth: number;
    /** Its value for a message; a property's is its text. */
    readonly value: (message: PropertyView) => Value;
  }
  & (
    | { readonly kind: "property"; readonly name: Uint8Array }
    /** A literal: TRUE, FALSE and NULL are conditions as well. */
    | { readonly kind: "literal"; readonly literal: Exclude<Value, typeof FAULT> }
    | {
      readonly kind: "condition";
      readonly test: Test;
      /** It is true of no message whose tag is another one; undefined: tags do not tell. */
      readonly tags?: ReadonlySet<string>;
    }
    /** What a minus makes: a number, or NULL. */
    | { readonly kind: "computed" }
  );

const utf8 = new TextEncoder();
const utf8Text = new TextDecoder();
/** What bytes that are no UTF-8 are read as. */
const UNREADABLE = "\ufffd";

export function property(name: string): Term {
  const bytes = utf8.encode(name);
  const value = (message: PropertyView) => {
    const at = message.find(bytes);
    return at < 0 ? null : message.text(at);
  };
  return { kind: "property", name: bytes, depth: 1, value };
}

export function literal(value: Exclude<Value, typeof FAULT>): Term {
  return { kind: "literal", literal: value, depth: 1, value: () => value };
}

export function condition(test: Test, depth: number, tags?: ReadonlySet<string>): Term {
  return { kind: "condition", test, depth, tags, value: (message) => toValue(test(message)) };
}

/** The tags that a condition asks for; see `Term`. */
export function tagsOf(term: Term): ReadonlySet<string> | undefined {
  return term.kind === "condition" ? term.tags : undefined;
}

/** The same where the term must be one of these texts. */
export function tagsAmong(term: Term, texts: readonly string[]): ReadonlySet<string> | undefined {
  const isTags = term.kind === "property" && utf8Text.decode(term.name) === Property.tags;
  return isTags ? new Set(texts) : undefined;
}

/** The same of several conditions: of those that must all hold the one with the fewest. */
export function tagsOfAll(terms: readonly Term[]): ReadonlySet<string> | undefined {
  let fewest: ReadonlySet<string> | undefined;
  for (const tags of terms.map(tagsOf)) {
    if (tags !== undefined && tags.size < (fewest?.size ?? Infinity)) fewest = tags;
  }
  return fewest;
}

/** The same where one of them has to hold: each must ask for some. */
export function tagsOfAny(terms: readonly Term[]): ReadonlySet<string> | undefined {
  const each = terms.map(tagsOf);
  if (each.some((tags) => tags === undefined)) return undefined;
  return new Set(each.flatMap((tags) => [...tags ?? []]));
}

/** The term as a condition; undefined: a number, a text or a minus, which are none. */
export function asTest(term: Term): Test | undefined {
  if (term.kind === "condition") return term.test;
  if (term.kind === "property") {
    const { name } = term;
    return (message) => message.find(name) < 0 ? Truth.unknown : Truth.no;
  }
  if (term.kind === "computed") return undefined;
  const { literal } = term;
  if (literal !== null && typeof literal !== "boolean") return undefined;
  const truth = literal === null ? Truth.unknown : literal ? Truth.yes : Truth.no;
  return () => truth;
}

/** `-term`: of a number the other one, of anything else NULL. */
export function minus(term: Term): Term {
  const value = (message: PropertyView): Value => {
    const inner = term.value(message);
    if (inner === FAULT) return FAULT;
    return isNumber(inner) ? negated(inner) : null;
  };
  return { kind: "computed", depth: term.depth + 1, value };
}

export function not(test: Test): Test {
  return (message) => {
    const truth = test(message);
    return truth > Truth.yes ? truth : Truth.yes - truth;
  };
}

/** One after the other: the first that is `ends`, or fails, ends it. */
export function chain(tests: readonly Test[], ends: typeof Truth.yes | typeof Truth.no): Test {
  const otherwise = ends === Truth.yes ? Truth.no : Truth.yes;
  return (message) => {
    let sum: number = otherwise;
    for (const test of tests) {
      const truth = test(message);
      if (truth === ends || truth === Truth.fault) return truth;
      if (truth === Truth.unknown) sum = Truth.unknown;
    }
    return sum;
  };
}

/** `left = right`, where NULL equals NULL; also IS NULL. */
export function equal(left: Term, right: Term): Test {
  if (left.kind === "property" && right.kind === "literal") {
    if (typeof right.literal === "string") return equalText(left.name, right.literal);
    if (isNumber(right.literal)) {
      return compareNumber(left.name, right.literal, (order) => order === 0);
    }
  }
  return (message) => {
    const one = left.value(message);
    if (one === FAULT) return Truth.fault;
    const other = right.value(message);
    if (other === FAULT) return Truth.fault;
    if (one === null) return other === null ? Truth.yes : Truth.unknown;
    return other === null ? Truth.no : truthOf(order(one, other), (order) => order === 0);
  };
}

/** Does an order of two values, below, at or above 0, make the condition true? */
type Verdict = (order: number) => boolean;

export const Verdicts: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  [">", (order) => order > 0],
  [">=", (order) => order >= 0],
  ["<", (order) => order < 0],
  ["<=", (order) => order <= 0],
]);

/** `left < right` and its like; two texts are compared as numbers with a point. */
export function compare(left: Term, right: Term, verdict: Verdict): Test {
  if (left.kind === "property" && right.kind === "literal" && isNumber(right.literal)) {
    return compareNumber(left.name, right.literal, verdict);
  }
  return (message) => {
    const one = left.value(message);
    if (one === null) return Truth.unknown;
    const other = one === FAULT ? FAULT : right.value(message);
    if (one === FAULT || other === FAULT) return Truth.fault;
    if (other === null) return Truth.unknown;
    const isText = typeof one === "string" && typeof other === "string";
    return truthOf(isText ? orderAsDoubles(one, other) : order(one, other), verdict);
  };
}

/** `name IN (…)`. */
export function within(name: Uint8Array, texts: readonly string[]): Test {
  const values = [...new Set(texts)].map((text) => utf8.encode(text));
  return (message) => {
    const at = message.find(name);
    if (at < 0) return Truth.unknown;
    for (const value of values) if (message.isValue(at, value)) return Truth.yes;
    return Truth.no;
  };
}

/** Does a text have the other inside, at its begin or at its end? By the method of both kinds. */
export const Holds: ReadonlyMap<string, "includes" | "startsWith" | "endsWith"> = new Map([
  ["CONTAINS", "includes"],
  ["STARTSWITH", "startsWith"],
  ["ENDSWITH", "endsWith"],
]);

/** `term CONTAINS part` and its like, or its NOT: false for what is no text, never unknown. */
export function holding(
  term: Term,
  part: string,
  how: {
    readonly holds: "includes" | "startsWith" | "endsWith";
    readonly negative: boolean;
  },
): Test {
  if (part === "") return () => Truth.no;
  const { holds, negative } = how;
  if (term.kind === "property" && !part.includes(UNREADABLE)) {
    const { name } = term;
    const bytes = utf8.encode(part);
    return (message) => {
      const at = message.find(name);
      return at < 0 || message[holds](at, bytes) === negative ? Truth.no : Truth.yes;
    };
  }
  return (message) => {
    const value = term.value(message);
    if (value === FAULT) return Truth.fault;
    if (typeof value !== "string") return Truth.no;
    return value[holds](part) === negative ? Truth.no : Truth.yes;
  };
}

function equalText(name: Uint8Array, text: string): Test {
  const bytes = utf8.encode(text);
  return (message) => {
    const at = message.find(name);
    if (at < 0) return Truth.unknown;
    return message.isValue(at, bytes) ? Truth.yes : Truth.no;
  };
}

/** A property and a number: no text is made where it is a short whole number, as it mostly is. */
function compareNumber(name: Uint8Array, number: SqlNumber, verdict: Verdict): Test {
  const { type, value } = number;
  const isSafe = Number.isSafeInteger(value) || type === "double";
  return (message) => {
    const at = message.find(name);
    if (at < 0) return Truth.unknown;
    const whole = isSafe ? message.whole(at) : NaN;
    const isShort = type === "int" ? whole === (whole | 0) : whole === whole;
    if (!isShort || whole === 0) return truthOf(order(message.text(at), number), verdict);
    return verdict(orderDoubles(whole, value)) ? Truth.yes : Truth.no;
  };
}

function truthOf(order: number, verdict: Verdict): number {
  if (order !== order) return Truth.fault;
  return verdict(order) ? Truth.yes : Truth.no;
}

function toValue(truth: number): Value {
  if (truth === Truth.fault) return FAULT;
  return truth === Truth.unknown ? null : truth === Truth.yes;
}
