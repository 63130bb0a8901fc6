import { getLong, setLong } from "../model/record.ts";

/** Bytes of an index file's header. */
export const KEY_HEADER_BYTES = 40;

/** The head of an index file (`IndexHeader`). Times are store times. */
export interface KeyHeader {
  beginTimestamp: number;
  endTimestamp: number;
  beginPosition: number;
  endPosition: number;
  /** Slots in use. */
  slotCount: number;
  /** The next entry's number; entry 0 is never used, so an empty file says 1. */
  count: number;
}

/** Writes the header to the first 40 bytes. */
export function putKeyHeader(view: DataView, header: KeyHeader): void {
  setLong(view, 0, header.beginTimestamp);
  setLong(view, 8, header.endTimestamp);
  setLong(view, 16, header.beginPosition);
  setLong(view, 24, header.endPosition);
  view.setInt32(32, header.slotCount);
  view.setInt32(36, header.count);
}

/** Reads a header from the first 40 bytes. */
export function keyHeaderIn(view: DataView): KeyHeader {
  return {
    beginTimestamp: getLong(view, 0),
    endTimestamp: getLong(view, 8),
    beginPosition: getLong(view, 16),
    endPosition: getLong(view, 24),
    slotCount: view.getInt32(32),
    count: Math.max(1, view.getInt32(36)),
  };
}

/** Are all fields the same? */
export function isSameHeader(left: KeyHeader, right: KeyHeader): boolean {
  return left.beginTimestamp === right.beginTimestamp &&
    left.endTimestamp === right.endTimestamp && left.beginPosition === right.beginPosition &&
    left.endPosition === right.endPosition && left.slotCount === right.slotCount &&
    left.count === right.count;
}
