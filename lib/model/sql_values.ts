/**
 * Values of SQL92 expressions and how RocketMQ compares them (`ComparisonExpression`): whole
 * numbers are Java's Integer or Long, numbers with a point its Double, and a text that meets a
 * number is read as one of that very type.
 */
export type Value = string | boolean | SqlNumber | null | typeof FAULT;

/** An evaluation that fails in Java: the message does not match, whatever stands around it. */
export const FAULT = Symbol("fault");

/** A number with its Java type. */
export interface SqlNumber {
  readonly type: "int" | "long" | "double";
  /** Of a long beyond 53 bits the nearest. */
  readonly value: number;
  /** The exact value of a long. */
  readonly exact: bigint;
}

const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);
const LONG_MAX = (1n << 63n) - 1n;
const LONG_MIN = -(1n << 63n);

/** A whole number of the expression, `L` at its end or not; undefined: beyond 64 bits. */
export function wholeNumber(text: string): SqlNumber | undefined {
  const exact = BigInt(text.replace(/[lL]$/, ""));
  if (exact > LONG_MAX) return undefined;
  return exact <= BigInt(INT_MAX) ? int(Number(exact)) : long(exact);
}

/** A number with point or exponent; undefined: too large, or zero, which Java refuses. */
export function decimalNumber(text: string): SqlNumber | undefined {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? double(value) : undefined;
}

/** The number with the other sign. */
export function negated(number: SqlNumber): SqlNumber {
  if (number.type === "int") return int(0 - number.value);
  return number.type === "long" ? long(-number.exact) : double(-number.value);
}

export function isNumber(value: Value): value is SqlNumber {
  return typeof value === "object" && value !== null;
}

/**
 * Which of two present values is the larger: below, at or above 0, as Java's compareTo; NaN where
 * Java fails. Where types have nothing in common the left one is the smaller.
 */
export function order(left: string | boolean | SqlNumber, right: typeof left): number {
  if (typeof left === "boolean") {
    if (typeof right === "string") return NaN;
    return typeof right === "boolean" ? Number(left) - Number(right) : -1;
  }
  if (typeof left === "string") return orderText(left, right);
  if (typeof right === "boolean") return -1;
  if (typeof right !== "string") return orderNumbers(left, right);
  const read = readAs(right, left.type);
  return read === undefined ? NaN : orderNumbers(left, read);
}

/** Two texts as numbers with a point; NaN where one is none (`<` of two properties). */
export function orderAsDoubles(left: string, right: string): number {
  const [one, other] = [readAs(left, "double"), readAs(right, "double")];
  return one === undefined || other === undefined ? NaN : orderDoubles(one.value, other.value);
}

/** The text as a number of that Java type, undefined where it is none (`Integer.valueOf`, …). */
export function readAs(text: string, type: SqlNumber["type"]): SqlNumber | undefined {
  if (type === "double") return readDouble(text);
  if (!/^[+-]?[0-9]{1,400}$/.test(text)) return undefined;
  const exact = BigInt(text.replace("+", ""));
  if (type === "long") return exact < LONG_MIN || exact > LONG_MAX ? undefined : long(exact);
  return exact < BigInt(INT_MIN) || exact > BigInt(INT_MAX) ? undefined : int(Number(exact));
}

/** Java's `Double.compare`: -0 lies below 0, and NaN above all. */
export function orderDoubles(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  if (Object.is(left, right)) return 0;
  if (left !== left || right !== right) return left !== left ? 1 : -1;
  return Object.is(left, -0) ? -1 : 1;
}

function orderText(left: string, right: string | boolean | SqlNumber): number {
  if (typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
  if (typeof right === "boolean") return Number(/^true$/i.test(left)) - Number(right);
  const read = readAs(left, right.type);
  return read === undefined ? NaN : orderNumbers(read, right);
}

function orderNumbers(left: SqlNumber, right: SqlNumber): number {
  if (left.type === "double" || right.type === "double") {
    return orderDoubles(left.value, right.value);
  }
  return left.exact < right.exact ? -1 : left.exact > right.exact ? 1 : 0;
}

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
]);

/** Java's `Double.valueOf(String)`: spaces around it, `f` or `d` behind it, hexadecimal ones. */
function readDouble(text: string): SqlNumber | undefined {
  const trimmed = text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "");
  const [, sign, rest] = /^([+-]?)(.*)$/s.exec(trimmed) ?? [];
  const value = SPECIAL.get(rest) ?? readDecimal(rest) ?? readHexadecimal(rest);
  return value === undefined ? undefined : double(sign === "-" ? -value : value);
}

function readDecimal(text: string): number | undefined {
  const [, digits] = /^((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[fFdD]?$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function readHexadecimal(text: string): number | undefined {
  const found = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]{1,6})[fFdD]?$/.exec(text);
  if (found === null || found[1] + found[2] === "") return undefined;
  const mantissa = Number(BigInt(`0x${found[1]}${found[2]}`));
  return mantissa * 2 ** (Number(found[3]) - 4 * found[2].length);
}

function int(value: number): SqlNumber {
  return { type: "int", value, exact: BigInt(value) };
}

function long(exact: bigint): SqlNumber {
  return { type: "long", value: Number(exact), exact };
}

function double(value: number): SqlNumber {
  return { type: "double", value, exact: 0n };
}
