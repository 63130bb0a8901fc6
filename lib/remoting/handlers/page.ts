import { type DataVersion, sameVersion } from "../../model/data_version.ts";
import { parseLooseJson } from "../../model/loose_json.ts";
import { Refusal } from "../../model/refusal.ts";
import { versionFromJson } from "../../model/version_json.ts";

/** Which part of a table a tool asks for (5.4 and later); nothing of it: all. */
export interface PageAsk {
  readonly from: number;
  /** JSON of the version that the earlier parts had; another one begins anew. */
  readonly version: string;
  /** 0: not said. */
  readonly most: number;
}

/** `splitMetadataSize`: entries in one part. */
const PAGE_MAX = 2000;

/** A part of a table by name. Who asks for no part (older tools, other brokers) gets the whole. */
export function page<T extends { readonly name: string }>(
  items: Iterable<T>,
  asked: PageAsk,
  version: DataVersion,
): { readonly items: readonly T[]; readonly total: number } {
  const all = [...items].sort((one, other) => one.name < other.name ? -1 : 1);
  if (asked.from === 0 && asked.version === "" && asked.most === 0) {
    return { items: all, total: all.length };
  }
  const isSame = asked.version !== "" && sameVersion(readVersion(asked.version), version);
  const from = isSame ? Math.max(0, asked.from) : 0;
  const most = asked.most > 0 ? Math.min(asked.most, PAGE_MAX) : PAGE_MAX;
  return { items: all.slice(from, from + most), total: all.length };
}

function readVersion(text: string): DataVersion {
  try {
    return versionFromJson(parseLooseJson(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Refusal("parameter-invalid", `The header field dataVersion: ${error.message}.`);
  }
}
