import type { Field } from "./field.ts";
import { type FieldTable, nameHash } from "./field_table.ts";

interface Slot {
  /** Our name of the field. */
  readonly name: string;
  readonly field: Field<unknown>;
  readonly hash: number;
  /** The text that came last: the same connection says the same again and again. */
  last: string;
}

const INT_MAX = 0x7fffffff;
/** Places of the look-up table: more than twice the fields of the largest shape. */
const PLACES = 256;

/**
 * Reads headers of one shape from a table of fields, where each is what it should be; for all else
 * `undefined`, and the general reader finds the words.
 */
export class PlainShape {
  readonly #slots: Slot[];
  /** The header of an empty table. */
  readonly #empty: Record<string, unknown> = {};
  readonly #required: number[] = [];
  /** Slots by the low bits of their hash, the next free place where that is taken; -1: none. */
  readonly #places = new Int16Array(PLACES).fill(-1);

  constructor(shape: readonly (readonly [name: string, field: Field<unknown>])[]) {
    this.#slots = shape.map(([name, field]) => {
      return { name, field, hash: nameHash(field.wire), last: "" };
    });
    for (const [at, { name, field, hash }] of this.#slots.entries()) {
      this.#empty[name] = field.fallback;
      if (field.fallback === undefined) this.#required.push(at);
      let place = hash & (PLACES - 1);
      while (this.#places[place] >= 0) place = (place + 1) & (PLACES - 1);
      this.#places[place] = at;
    }
  }

  read(table: FieldTable): Record<string, unknown> | undefined {
    const header = { ...this.#empty };
    for (let at = 0; at < table.count; at++) {
      const slot = this.#slotOf(table, at);
      if (slot === undefined) continue;
      const value = valueOf(table, at, slot);
      if (value === undefined) return undefined;
      header[slot.name] = value;
    }
    for (let at = 0; at < this.#required.length; at++) {
      if (header[this.#slots[this.#required[at]].name] === undefined) return undefined;
    }
    return header;
  }

  #slotOf(table: FieldTable, at: number): Slot | undefined {
    const hash = table.hashOf(at);
    for (let place = hash & (PLACES - 1);; place = (place + 1) & (PLACES - 1)) {
      const number = this.#places[place];
      if (number < 0) return undefined;
      const slot = this.#slots[number];
      if (table.isNamed(at, slot.field.wire, slot.hash)) return slot;
    }
  }
}

function valueOf(table: FieldTable, at: number, slot: Slot): unknown {
  switch (slot.field.kind) {
    case "text":
      return textOf(table, at, slot);
    case "int": {
      const value = table.numberOf(at);
      // As an integer, not a whole double: what is compiled for it later stays compiled.
      return value >= -INT_MAX - 1 && value <= INT_MAX ? value | 0 : undefined;
    }
    case "long": {
      const value = table.numberOf(at);
      return Number.isNaN(value) ? undefined : value;
    }
    case "flag":
      if (table.isText(at, "false")) return false;
      return table.isText(at, "true") ? true : undefined;
    default:
      return undefined;
  }
}

function textOf(table: FieldTable, at: number, slot: Slot): string | undefined {
  if (slot.last !== "" && table.isText(at, slot.last)) return slot.last;
  const text = table.textOf(at);
  if (text !== undefined && text.length <= 255) slot.last = text;
  return text;
}
