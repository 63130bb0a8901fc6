import type { Link } from "../broker/link.ts";
import type { Host } from "../model/host.ts";
import type { Span } from "../model/message.ts";
import type { Field } from "./field.ts";
import type { FieldTable } from "./field_table.ts";
import { type ExtFields, type Header, headerReader, type Shape } from "./shape.ts";

/** Who may ask: the word that access control will be checked against. */
export type Access = "open" | "produce" | "consume" | "read" | "change";

/** One request as a handler sees it, after its header was read. */
export interface Call {
  readonly code: number;
  /** The asking side's version ordinal (`MQVersion`). */
  readonly version: number;
  /** The asking side's language by name, `JAVA`, `GO`, …. */
  readonly language: string;
  readonly fields: ExtFields;
  /** The same where they lie in the frame, while its row begins to run; else undefined. */
  readonly table?: FieldTable;
  readonly body: Uint8Array;
  /** The body where it lies in the frame, for what copies it and needs no view. */
  readonly span: Span;
  /** No answer is wanted; what is returned goes nowhere. */
  readonly oneWay: boolean;
  /** The asking connection's two ends. */
  readonly local: Host;
  readonly remote: Host;
  /** How to call back over this connection later. */
  readonly link: Link;
}

/** What a handler answers. Header values go out as text; undefined ones not at all. */
export interface Answer {
  /** Response code; 0 (success) where absent. */
  readonly code?: number;
  readonly remark?: string;
  readonly header?: { readonly [name: string]: string | number | boolean | undefined };
  /** One piece, or several that go out one after another without being copied together. */
  readonly body?: Uint8Array | readonly Uint8Array[];
  /** Takes the body's memory back, once it is copied and nobody looks at it any more. */
  readonly release?: (body: readonly Uint8Array[]) => void;
  /** The answer goes out once this resolves; one promise may hold many answers back. */
  readonly after?: Promise<void>;
  /** What goes out instead where `after` rejects; else the fault is answered as if thrown. */
  readonly otherwise?: (fault: unknown, answer: Answer) => Answer;
}

/** A request the server knows: one line of the protocol. */
export interface Row {
  readonly code: number;
  readonly name: string;
  readonly access: Access;
  /** The header fields that it reads. */
  readonly fields?: readonly Field<unknown>[];
  /** Answers the call, or throws a `Refusal`; `undefined` stays silent: some have no answer. */
  answer(call: Call): Answer | undefined | Promise<Answer | undefined>;
}

/** Makes a row whose function gets its header read and typed. */
export function row<S extends Shape>(
  key: { readonly code: number; readonly name: string; readonly access: Access },
  shape: S,
  run: (header: Header<S>, call: Call) => Answer | undefined | Promise<Answer | undefined>,
): Row {
  const read = headerReader(shape);
  return { ...key, fields: Object.values(shape), answer: (call) => run(read(call), call) };
}
