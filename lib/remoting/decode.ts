import type { Span } from "../model/message.ts";
import { SpanOf } from "../port/span.ts";
import { readBinaryHeader } from "./binary_header.ts";
import {
  checkFieldCount,
  type Command,
  CommandError,
  type CommandHeader,
  FIELDS_MAX,
} from "./command.ts";
import type { FieldTable } from "./field_table.ts";
import { FORM_JSON, readInt } from "./frame.ts";
import { languageName } from "./languages.ts";
import { type Place, PlainHeader } from "./plain_header.ts";
import type { ExtFields } from "./shape.ts";

/** A header shorter than this cannot hold too many fields, so they need no counting. */
const FIELDS_SAFE_BYTES = 5 * FIELDS_MAX;

const utf8 = new TextDecoder();
const NO_BODY = new SpanOf(new Uint8Array(0), 0, 0);
const NO_FIELDS: ExtFields = Object.freeze(Object.create(null));
const plain = new PlainHeader();

/**
 * Reads a frame that a `FrameSplitter` cut: its lengths are checked. The body is a slice of it.
 * @throws {CommandError} with what does not read.
 */
export function decodeCommand(bytes: Uint8Array, from = 0, to = bytes.length): Command {
  const begin = from + 4;
  const end = begin + (readInt(bytes, from) & 0xffffff);
  const form = bytes[from];
  const span = end < to ? new SpanOf(bytes, end, to) : NO_BODY;
  const place = { bytes, begin, end };
  const isPlain = form === FORM_JSON ? plain.read(place) : plain.readBinary(place);
  if (isPlain) return new PlainCommand(form, place, span);
  return { ...readHeader(form, place), body: span.view(), span, form, table: undefined };
}

/** A command whose header is plain: its fields become texts where somebody asks for them. */
class PlainCommand implements Command {
  readonly form: number;
  readonly code = plain.code;
  readonly language = plain.language;
  readonly version = plain.version;
  readonly opaque = plain.opaque;
  readonly flag = plain.flag;
  readonly remark = undefined;
  readonly span: Span;
  readonly #place: Place;

  constructor(form: number, place: Place, span: Span) {
    this.form = form;
    this.#place = place;
    this.span = span;
  }

  get body(): Uint8Array {
    return this.span.view();
  }

  get table(): FieldTable | undefined {
    return plain.place === this.#place ? plain.fields : undefined;
  }

  get fields(): ExtFields {
    return readHeader(this.form, this.#place).fields;
  }
}

function readHeader(form: number, place: Place): CommandHeader {
  const { bytes, begin, end } = place;
  return form === FORM_JSON ? readJson(place) : readBinaryHeader(bytes.subarray(begin, end));
}

function readJson(place: Place): CommandHeader {
  const { code, language, version, opaque, flag, remark, extFields } = parse(place);
  return {
    code: whole("code", code),
    language: languageName(language),
    version: whole("version", version),
    opaque: whole("opaque", opaque),
    flag: whole("flag", flag),
    remark: typeof remark === "string" ? remark : undefined,
    fields: readFields(extFields, place.end - place.begin),
  };
}

function parse({ bytes, begin, end }: Place): { readonly [name: string]: unknown } {
  let header: unknown;
  try {
    header = JSON.parse(utf8.decode(bytes.subarray(begin, end)));
  } catch {
    throw new CommandError(`a header of ${end - begin} bytes that is no JSON`);
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

function readFields(fields: unknown, headerBytes: number): ExtFields {
  if (fields === undefined || fields === null) return NO_FIELDS;
  if (typeof fields !== "object" || Array.isArray(fields)) {
    throw new CommandError("a header whose extFields are no JSON object");
  }
  if (headerBytes > FIELDS_SAFE_BYTES) checkFieldCount(Object.keys(fields).length);
  return fields as ExtFields;
}
