import { sameVersion } from "../model/data_version.ts";
import { type JsonObject, parseLooseJson } from "../model/loose_json.ts";
import { versionFromJson } from "../model/version_json.ts";
import type { Disk } from "../port/disk.ts";
import type { Lines } from "../port/lines.ts";
import { EXPORTED, EXPORTING } from "./exports.ts";
import type { GroupTable } from "./groups.ts";
import type { ProgressTable } from "./progress.ts";
import type { TopicTable } from "./topics.ts";
import { readGroups, readOffsets, readTopics } from "./upstream_json.ts";
import type { Versions } from "./versions.ts";

interface ImportParts {
  readonly disk: Disk;
  readonly lines: Lines;
  /** RocketMQ's `config` directory. */
  readonly directory: string;
  readonly versions: Versions;
  readonly topics: TopicTable;
  readonly groups: GroupTable;
  readonly progress: ProgressTable;
}

const utf8 = new TextDecoder();

/**
 * Takes over what another broker wrote into `config/*.json` since our last export: topics, groups
 * and offsets, each file in one transaction, in the place of what we had.
 */
export async function importUpstream(parts: ImportParts): Promise<void> {
  const { topics, groups, progress } = parts;
  await importFile(parts, "topics.json", async (json) => {
    const rows = readTopics(json);
    await topics.replace(rows, versionFromJson(json.get("dataVersion")));
    return `${rows.length} topics`;
  });
  await importFile(parts, "subscriptionGroup.json", async (json) => {
    const rows = readGroups(json);
    await groups.replace(rows, versionFromJson(json.get("dataVersion")));
    return `${rows.length} groups`;
  });
  await importFile(parts, "consumerOffset.json", async (json) => {
    const rows = readOffsets(json);
    await progress.replace(rows, versionFromJson(json.get("dataVersion")));
    return `${rows.length} offsets`;
  });
}

async function importFile(
  parts: ImportParts,
  name: string,
  take: (json: JsonObject) => Promise<string>,
): Promise<void> {
  const { disk, lines, directory, versions } = parts;
  const path = `${directory}/${name}`;
  if (!disk.exists(path) && !disk.exists(`${path}.bak`)) return;
  const json = readObject(disk, path) ?? readObject(disk, `${path}.bak`);
  if (json === undefined) {
    lines.warn(`${path} and its .bak cannot be read as JSON; they were left alone.`);
    return;
  }
  const version = versionFromJson(json.get("dataVersion"));
  const own = [versions.get(EXPORTED + name), versions.get(EXPORTING + name)];
  if (own.some((known) => sameVersion(known, version))) return;
  const what = await take(json);
  lines.info(`Took ${what} from ${path}, which another broker wrote (change ${version.counter}).`);
}

function readObject(disk: Disk, path: string): JsonObject | undefined {
  if (!disk.exists(path)) return undefined;
  const file = disk.open(path, "read");
  try {
    const bytes = new Uint8Array(file.size());
    file.read(bytes, 0);
    const json = parseLooseJson(utf8.decode(bytes));
    return json instanceof Map ? json : undefined;
  } catch (fault) {
    if (fault instanceof SyntaxError) return undefined;
    throw fault;
  } finally {
    file.close();
  }
}
