import { getLong, setLong } from "../model/record.ts";
import { BLANK_ENTRY_SIZE, putEntry } from "./entry.ts";

/**
 * Position int64, size int32, tags code int64, store time int64, first offset int64, offsets int16,
 * place in a compacted log int32 (-1: none), reserved int32 (`BatchConsumeQueue`).
 */
export const UNIT_BYTES = 46;
/** Offsets that one record may take: the field is a signed short. */
export const UNIT_OFFSETS_MAX = 32_767;

/** The entry of a record that takes several offsets. */
export interface Unit {
  readonly position: number;
  readonly size: number;
  readonly tagsCode: number;
  readonly storeTimestamp: number;
  /** The first of its offsets. */
  readonly offset: number;
  /** How many it takes. */
  readonly count: number;
}

/** The units in their bytes on disk. */
export function encodeUnits(units: readonly Unit[]): Uint8Array {
  const bytes = new Uint8Array(units.length * UNIT_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, unit] of units.entries()) {
    const at = index * UNIT_BYTES;
    putEntry(view, at, unit);
    setLong(view, at + 20, unit.storeTimestamp);
    setLong(view, at + 28, unit.offset);
    view.setInt16(at + 36, unit.count);
    view.setInt32(at + 38, -1);
  }
  return bytes;
}

/** The units in these bytes, undefined where one was never written. */
export function decodeUnits(bytes: Uint8Array): (Unit | undefined)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const units: (Unit | undefined)[] = [];
  for (let at = 0; at + UNIT_BYTES <= bytes.length; at += UNIT_BYTES) {
    const size = view.getInt32(at + 8);
    const unit = {
      position: getLong(view, at),
      size,
      tagsCode: getLong(view, at + 12),
      storeTimestamp: getLong(view, at + 20),
      offset: getLong(view, at + 28),
      count: view.getInt16(at + 36),
    };
    const isSound = size > 0 && size < BLANK_ENTRY_SIZE && unit.position >= 0 &&
      unit.offset >= 0 && unit.count > 0;
    units.push(isSound ? unit : undefined);
  }
  return units;
}
