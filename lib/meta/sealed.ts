import { crc32 } from "../port/checksum.ts";
import type { SqlRow, SqlValue } from "../port/sqlite.ts";

const utf8 = new TextEncoder();
const BETWEEN = "\u0000";

/** The columns with their checksum behind them: SQLite itself does not notice every flipped bit. */
export function sealed(columns: readonly (string | number)[]): SqlValue[] {
  return [...columns, checksum(columns)];
}

/** The columns of a row that was sealed, or undefined where it is not what was written. */
export function unsealed(row: SqlRow, names: readonly string[]): (string | number)[] | undefined {
  const columns = names.map((name) => plain(row[name]));
  return plain(row.sum) === checksum(columns) ? columns : undefined;
}

/** 64-bit integers of SQLite as numbers. */
function plain(value: SqlValue): string | number {
  return typeof value === "string" ? value : Number(value);
}

function checksum(columns: readonly (string | number)[]): number {
  return crc32(utf8.encode(columns.join(BETWEEN)));
}
