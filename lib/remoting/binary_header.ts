import { checkFieldCount, CommandError, type CommandHeader } from "./command.ts";
import { languageOfByte } from "./languages.ts";
import type { ExtFields } from "./shape.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
/** Code, language, version, opaque, flag. */
const FIXED_BYTES = 13;

/**
 * Reads a header in ROCKETMQ's binary form (`RocketMQSerializable`).
 * @throws {CommandError} where lengths lead out of it.
 */
export function readBinaryHeader(header: Uint8Array): CommandHeader {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.length < FIXED_BYTES) {
    throw new CommandError(`a binary header of ${header.length} bytes, which is too short`);
  }
  const cursor = new Cursor(header, view, FIXED_BYTES);
  const remark = cursor.text(cursor.int32());
  return {
    code: view.getInt16(0),
    language: languageOfByte(header[2]),
    version: view.getInt16(3),
    opaque: view.getInt32(5),
    flag: view.getInt32(9),
    remark: remark === "" ? undefined : remark,
    fields: readFields(cursor),
  };
}

function readFields(cursor: Cursor): ExtFields {
  const fields: Record<string, string> = Object.create(null);
  if (cursor.isAtEnd) return fields;
  const end = cursor.end(cursor.int32());
  for (let count = 1; cursor.at < end; count++) {
    checkFieldCount(count);
    const name = cursor.text(cursor.int16());
    fields[name] = cursor.text(cursor.int32());
  }
  return fields;
}

class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at: number;

  constructor(bytes: Uint8Array, view: DataView, at: number) {
    this.#bytes = bytes;
    this.#view = view;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  int16(): number {
    this.at = this.end(2);
    return this.#view.getInt16(this.at - 2);
  }

  int32(): number {
    this.at = this.end(4);
    return this.#view.getInt32(this.at - 4);
  }

  text(length: number): string {
    const from = this.at;
    this.at = this.end(length);
    return length === 0 ? "" : utf8.decode(this.#bytes.subarray(from, this.at));
  }

  /** Where `length` bytes from here end. */
  end(length: number): number {
    const left = this.#bytes.length - this.at;
    if (length >= 0 && length <= left) return this.at + length;
    throw new CommandError(
      `a binary header with a length of ${length} at byte ${this.at}, where ${left} are left`,
    );
  }
}
