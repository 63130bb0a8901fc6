import type { Span } from "../model/message.ts";
import type { FieldTable } from "./field_table.ts";
import type { ExtFields } from "./shape.ts";

/** Everything of a request or an answer but its body. */
export interface CommandHeader {
  readonly code: number;
  /** A name of `LanguageCode`; unknown ones are `OTHER`. */
  readonly language: string;
  /** The sender's version ordinal (`MQVersion`). */
  readonly version: number;
  /** The sender's number for the request, which the answer carries: signed 32 bits. */
  readonly opaque: number;
  /** {@linkcode Flag} bits. */
  readonly flag: number;
  readonly remark: string | undefined;
  readonly fields: ExtFields;
}

/** A request or an answer as it came. */
export interface Command extends CommandHeader {
  readonly body: Uint8Array;
  /** The body where it lies in the frame. */
  readonly span: Span;
  /** `FORM_JSON` or `FORM_ROCKETMQ`: how the header was written. */
  readonly form: number;
  /** The fields where they lie in the frame; undefined once another frame is decoded. */
  readonly table: FieldTable | undefined;
}

/** Bits of a command's flag. */
export const Flag = { answer: 1, oneWay: 2 } as const;

/** The version ordinal that we say: RocketMQ 5.5.0's. */
export const OWN_VERSION = 513;

/** A frame that is no command. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Header fields that one command may carry; real ones have about twenty. */
export const FIELDS_MAX = 1000;

/** @throws {CommandError} where there are too many. */
export function checkFieldCount(count: number): void {
  if (count <= FIELDS_MAX) return;
  throw new CommandError(`a header with ${count} fields; at most ${FIELDS_MAX} are taken`);
}
