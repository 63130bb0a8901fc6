import { type JsonObject, parseLooseJson } from "../model/loose_json.ts";
import { versionFromJson } from "../model/version_json.ts";
import type { Lines } from "../port/lines.ts";
import type { SqlWrite } from "../port/sqlite.ts";
import type { Committer } from "./committer.ts";
import type { FileBytes } from "./config_file.ts";
import { type ExportRecord, putRecord } from "./export_record.ts";
import type { Exported } from "./exports.ts";
import type { Rows } from "./rows.ts";
import type { Incoming } from "./upstream_files.ts";

/** What an import works with. */
export interface ImportParts {
  readonly rows: Rows;
  readonly committer: Committer;
  readonly lines: Lines;
  readonly exported: readonly Exported[];
  /** Has the table lost rows? */
  readonly isDamaged: (table: string) => boolean;
}

/** What stands in a file that can be read. */
interface Found {
  readonly path: string;
  readonly signature: string;
  readonly json: JsonObject;
  readonly incoming: Incoming;
}

/** An import that waits for its commit. */
interface Prepared {
  readonly writes: readonly SqlWrite[];
  readonly sentence: string;
  apply(): void;
}

/** Offsets come by the million; the limit on a peer's values is not for them. */
const VALUES_MAX = 100_000_000;
const decoder = new TextDecoder();

/**
 * Takes over what another broker wrote into `config/*.json` since our last export, all of it in one
 * transaction, each file in the place of our table. A file is another's where its bytes are none
 * that we wrote: Apache's broker commits up to 500 offsets under one data version.
 */
export async function importUpstream(parts: ImportParts): Promise<void> {
  const prepared = parts.exported.flatMap((one) => prepare(parts, one) ?? []);
  if (prepared.length === 0) return;
  await parts.committer.commit(prepared.flatMap(({ writes }) => writes));
  for (const { sentence, apply } of prepared) {
    apply();
    parts.lines.info(sentence);
  }
}

/** Looks at the file, and at its `.bak` where that is missing or cannot be read. */
function prepare(parts: ImportParts, one: Exported): Prepared | undefined {
  const faults: string[] = [];
  for (const ending of ["", ".bak"] as const) {
    const path = one.config.path + ending;
    try {
      const bytes = one.config.read(ending);
      if (bytes === undefined) continue;
      const prepared = examine(parts, one, { ...bytes, path });
      if (faults.length > 0) parts.lines.warn(`${faults[0]}. Its .bak was read instead.`);
      return prepared;
    } catch (fault) {
      faults.push(`${path}: ${fault instanceof Error ? fault.message : String(fault)}`);
      if (ending === "") one.isUnreadable = true;
    }
  }
  if (faults.length > 0) {
    parts.lines.error(`${faults.join("; ")}. It is left alone: stop, repair it and start again.`);
  }
  return undefined;
}

/** @throws {Error} where it makes no sense */
function examine(
  parts: ImportParts,
  one: Exported,
  { path, bytes, signature }: FileBytes & { readonly path: string },
): Prepared | undefined {
  const { known } = one.record;
  const isKnown = known.includes(signature);
  const isMain = path === one.config.path;
  one.isThere = isMain && signature === known[known.length - 1];
  const isDamaged = parts.isDamaged(one.file.table);
  if (isKnown && !isDamaged) return undefined;
  const json = parseLooseJson(decoder.decode(bytes), VALUES_MAX);
  if (!(json instanceof Map)) throw new SyntaxError("it is no JSON object");
  const object: JsonObject = json;
  const found = { path, signature, json: object, incoming: one.file.read(object) };
  return isKnown ? complete(one, found) : takeOver(parts.rows, one, found);
}

/** Everything in the file, in the place of the table. */
function takeOver(rows: Rows, one: Exported, { path, json, incoming, signature }: Found): Prepared {
  const { file, config } = one;
  const version = versionFromJson(json.get("dataVersion"));
  const own = file.fields();
  const rest = new Map([...json].filter(([name]) => !own.has(name) || file.kept.includes(name)));
  const record: ExportRecord = { known: [signature], version, rest };
  const plan = incoming.replacement(version);
  return {
    writes: [...plan.writes, putRecord(rows, file.name, record)],
    sentence: `Took ${incoming.count} ${file.what} from ${path}, which another broker wrote ` +
      `(version ${version.counter}).`,
    apply: () => {
      plan.apply();
      one.record = record;
      one.isThere = path === config.path;
    },
  };
}

/** What a damaged table has lost, from our own export. */
function complete({ file }: Exported, { path, incoming }: Found): Prepared | undefined {
  const { count, writes, apply } = incoming.completion();
  if (count === 0) return undefined;
  return { writes, apply, sentence: `Found ${count} of the lost ${file.what} in ${path}.` };
}
