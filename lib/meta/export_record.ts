import type { DataVersion } from "../model/data_version.ts";
import { formatJson, type JsonObject, parseLooseJson } from "../model/loose_json.ts";
import type { SqlWrite } from "../port/sqlite.ts";
import type { Rows, TextRow } from "./rows.ts";
import { formatVersion, readVersion } from "./table_version.ts";

/** What the catalogue remembers of one file, so that our own is told from another broker's. */
export interface ExportRecord {
  /** Signatures of files that are ours or were taken over, the newest last. */
  readonly known: readonly string[];
  /** The table's version in the newest of them. */
  readonly version: DataVersion;
  /** Fields of the file that no table stands for: kept, and written again. */
  readonly rest: JsonObject;
}

/** Of a file that was never written or read. */
export const NO_EXPORT: ExportRecord = {
  known: [],
  version: { stateVersion: -1, timestamp: 0, counter: 0 },
  rest: new Map(),
};

/** The write that remembers it. */
export function putRecord(rows: Rows, file: string, record: ExportRecord): SqlWrite {
  const text = formatJson([record.known, formatVersion(record.version), record.rest]);
  return rows.put([{ keys: [file], text }]);
}

/** Reads a stored record; undefined where the text is none. */
export function readRecord({ text }: TextRow): ExportRecord | undefined {
  const json = parseLooseJson(text);
  if (!Array.isArray(json) || json.length !== 3) return undefined;
  const [known, stored, rest] = json;
  const version = readVersion(String(stored));
  if (version === undefined || !Array.isArray(known) || !(rest instanceof Map)) return undefined;
  return { known: known.map(String), version, rest };
}
