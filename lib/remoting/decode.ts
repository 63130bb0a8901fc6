import { readBinaryHeader } from "./binary_header.ts";
import { checkFieldCount, type Command, CommandError, FIELDS_MAX } from "./command.ts";
import type { FieldTable } from "./field_table.ts";
import { FORM_JSON, readInt } from "./frame.ts";
import { languageName } from "./languages.ts";
import { PlainHeader } from "./plain_header.ts";
import type { ExtFields } from "./shape.ts";

/** A header shorter than this cannot hold too many fields, so they need no counting. */
const FIELDS_SAFE_BYTES = 5 * FIELDS_MAX;

const utf8 = new TextDecoder();
const NO_BODY = new Uint8Array(0);
const NO_FIELDS: ExtFields = Object.freeze(Object.create(null));
const plain = new PlainHeader();

/**
 * Reads a frame that a `FrameSplitter` cut: its lengths are checked. The body is a slice of it.
 * @throws {CommandError} with what does not read.
 */
export function decodeCommand(frame: Uint8Array): Command {
  const end = 4 + (readInt(frame, 0) & 0xffffff);
  if (frame[0] === FORM_JSON && plain.read(frame, 4, end)) return new PlainCommand(frame, end);
  const body = end < frame.length ? frame.subarray(end) : NO_BODY;
  if (frame[0] !== FORM_JSON) {
    return { ...readBinaryHeader(frame.subarray(4, end)), body, form: frame[0], table: undefined };
  }
  return { ...readJson(frame, end), body, form: FORM_JSON, table: undefined };
}

/** A command whose header is plain: its fields become texts where somebody asks for them. */
class PlainCommand implements Command {
  readonly form = FORM_JSON;
  readonly code = plain.code;
  readonly language = plain.language;
  readonly version = plain.version;
  readonly opaque = plain.opaque;
  readonly flag = plain.flag;
  readonly remark = undefined;
  readonly body: Uint8Array;
  readonly #frame: Uint8Array;
  readonly #end: number;

  constructor(frame: Uint8Array, end: number) {
    this.#frame = frame;
    this.#end = end;
    this.body = end < frame.length ? frame.subarray(end) : NO_BODY;
  }

  get table(): FieldTable | undefined {
    return plain.fields.frame === this.#frame ? plain.fields : undefined;
  }

  get fields(): ExtFields {
    return readJson(this.#frame, this.#end).fields;
  }
}

function readJson(frame: Uint8Array, end: number) {
  const { code, language, version, opaque, flag, remark, extFields } = parse(frame, end);
  return {
    code: whole("code", code),
    language: languageName(language),
    version: whole("version", version),
    opaque: whole("opaque", opaque),
    flag: whole("flag", flag),
    remark: typeof remark === "string" ? remark : undefined,
    fields: readFields(extFields, end),
  };
}

function parse(frame: Uint8Array, end: number): { readonly [name: string]: unknown } {
  let header: unknown;
  try {
    header = JSON.parse(utf8.decode(frame.subarray(4, end)));
  } catch {
    throw new CommandError(`a header of ${end - 4} bytes that is no JSON`);
  }
  if (typeof header === "object" && header !== null && !Array.isArray(header)) {
    return header as { [name: string]: unknown };
  }
  throw new CommandError("a header that is no JSON object");
}

/** A number of 32 bits; one that is left out is 0, as in Java. */
function whole(name: string, value: unknown): number {
  if (typeof value === "number" && (value | 0) === value) return value;
  if (value === undefined || value === null) return 0;
  const shown = typeof value === "object" ? "an object" : JSON.stringify(value).slice(0, 40);
  throw new CommandError(`a header whose ${name} is ${shown}; expected a whole number of 32 bits`);
}

function readFields(fields: unknown, headerEnd: number): ExtFields {
  if (fields === undefined || fields === null) return NO_FIELDS;
  if (typeof fields !== "object" || Array.isArray(fields)) {
    throw new CommandError("a header whose extFields are no JSON object");
  }
  if (headerEnd > FIELDS_SAFE_BYTES) checkFieldCount(Object.keys(fields).length);
  return fields as ExtFields;
}
