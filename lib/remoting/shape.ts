import { Refusal } from "../model/refusal.ts";
import type { Field } from "./field.ts";
import type { FieldTable } from "./field_table.ts";
import { PlainShape } from "./plain_shape.ts";

/** Header fields as they came, of the peer's choosing: only known names are read. */
export type ExtFields = { readonly [name: string]: unknown };

/** A header as typed data: our field names to {@linkcode Field}s. */
export type Shape = { readonly [name: string]: Field<unknown> };

/** What reading a header of shape `S` gives. */
export type Header<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never;
};

export function text(wire: string, fallback?: string): Field<string> {
  return { wire, kind: "text", fallback };
}

/** Signed 32 bits. */
export function int(wire: string, fallback?: number): Field<number> {
  return { wire, kind: "int", fallback };
}

/** Signed 64 bits on the wire; here a number, so at most 53 of them. */
export function long(wire: string, fallback?: number): Field<number> {
  return { wire, kind: "long", fallback };
}

export function flag(wire: string, fallback?: boolean): Field<boolean> {
  return { wire, kind: "flag", fallback };
}

export function decimal(wire: string, fallback?: number): Field<number> {
  return { wire, kind: "decimal", fallback };
}

/** Where a header's fields come from: as values, and where it can be, still as bytes. */
export interface FieldSource {
  readonly fields: ExtFields;
  readonly table?: FieldTable;
}

/**
 * Makes what reads headers of a shape. Unknown fields are passed over, absent ones take their
 * fallback; the reader throws a `Refusal` of kind `request-illegal` that names the field, what
 * came and what was expected.
 */
export function headerReader<S extends Shape>(shape: S): (source: FieldSource) => Header<S> {
  const wanted = Object.entries(shape);
  const plain = new PlainShape(wanted);
  return (source) => {
    const { table } = source;
    const quick = table === undefined ? undefined : plain.read(table);
    if (quick !== undefined) return quick as Header<S>;
    const { fields } = source;
    const header: Record<string, unknown> = {};
    for (let at = 0; at < wanted.length; at++) {
      const [name, field] = wanted[at];
      const value = fields[field.wire];
      header[name] = typeof value === "string" ? read(field, value) : absent(field, value);
    }
    return header as Header<S>;
  };
}

function absent(field: Field<unknown>, value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean") return read(field, String(value));
  if (value !== undefined && value !== null && typeof value !== "function") {
    return bad(field, Array.isArray(value) ? "[…]" : "{…}");
  }
  if (field.fallback !== undefined) return field.fallback;
  throw wrong(field, "missing");
}

function read(field: Field<unknown>, value: string): unknown {
  if (field.kind === "text") return value;
  if (field.kind === "flag") return readFlag(field, value);
  const number = Number(value);
  if (field.kind === "decimal") return Number.isFinite(number) ? number : bad(field, value);
  if (value.trim() === "" || !Number.isInteger(number)) return absentNumber(field, value);
  const most = field.kind === "int" ? 0x7fffffff : 2 ** 63;
  const isIn = number === 2 ** 63
    ? BigInt(value) < 2n ** 63n
    : number >= -most - 1 && number <= most;
  return isIn ? number : bad(field, value);
}

/** In any case, as Java reads it: 0 and 1, which Apache's C++ client writes, are false there. */
function readFlag(field: Field<unknown>, value: string): unknown {
  const word = value.toLowerCase();
  return word === "true" || (/^(false|[01])$/.test(word) ? false : bad(field, value));
}

/** Some clients send an empty text or `null` for a number that they leave out. */
function absentNumber(field: Field<unknown>, value: string): unknown {
  const empty = value.trim() === "" || value === "null";
  return empty && field.fallback !== undefined ? field.fallback : bad(field, value);
}

function bad(field: Field<unknown>, value: string): never {
  throw wrong(field, JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value));
}

function wrong({ wire, kind }: Field<unknown>, what: string): Refusal {
  const expected =
    { text: "text", int: "a whole number of 32 bits", long: "a whole number of 64 bits" }[
      kind as "text"
    ] ?? (kind === "flag" ? "true or false" : "a number");
  return new Refusal(
    "request-illegal",
    `The header field ${wire} is ${what}; expected ${expected}.`,
  );
}
