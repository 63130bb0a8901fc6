import { getLong, setLong } from "../model/record.ts";

/** Position int64, size int32, tags code int64. */
export const ENTRY_BYTES = 20;
/** The size that a blank entry claims; its position is 0. */
export const BLANK_ENTRY_SIZE = 0x7fffffff;

/** Is it an entry without a record, by its size? */
export function isBlankSize(size: number): boolean {
  return size <= 0 || size >= BLANK_ENTRY_SIZE;
}

/** What a queue entry says. */
export interface Entry {
  readonly position: number;
  readonly size: number;
  readonly tagsCode: number;
}

/** Writes the entry at byte `at`. */
export function putEntry(view: DataView, at: number, entry: Entry): void {
  const place = at | 0;
  setLong(view, place, entry.position);
  view.setInt32(place + 8, entry.size | 0);
  setLong(view, place + 12, entry.tagsCode);
}

/** Entries that stand for nothing: the gap before a queue's first record, or a damaged record. */
export function fillBlank(bytes: Uint8Array, entryBytes: number = ENTRY_BYTES): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes.fill(0);
  for (let at = 0; at < bytes.length; at += entryBytes) view.setInt32(at + 8, BLANK_ENTRY_SIZE);
  return bytes;
}

/** Was anything written here? Blanks count. */
export function isWritten(view: DataView, at: number): boolean {
  const place = at | 0;
  return view.getInt32(place + 8) > 0 && view.getInt32(place) >= 0;
}

/** The position of the entry at byte `at`, or -1 where it is blank or was never written. */
export function positionIn(view: DataView, at: number): number {
  const place = at | 0;
  const size = view.getInt32(place + 8);
  const position = getLong(view, place);
  const isBlank = size <= 0 || (size === BLANK_ENTRY_SIZE && position === 0);
  return isBlank ? -1 : position;
}
