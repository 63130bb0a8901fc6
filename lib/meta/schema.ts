import type { Sqlite, SqlWrite } from "../port/sqlite.ts";
import { Rows, type TableShape } from "./rows.ts";

/** Counts up when a catalogue of this program cannot be read by the one before. */
export const SCHEMA_VERSION = 4;

const SHAPES = {
  versions: { name: "versions", keys: ["name"], value: "version" },
  topics: { name: "topics", keys: ["name"], value: "topic" },
  groups: { name: "groups", keys: ["name"], value: "group" },
  progress: { name: "progress", keys: ["group", "topic"], value: "offsets" },
  delays: { name: "delays", keys: ["level"], value: "offset" },
  settings: { name: "settings", keys: ["name"], value: "value" },
  kv: { name: "kv", keys: ["namespace", "key"], value: "value" },
  locks: { name: "locks", keys: ["group", "queue"], value: "owner" },
  firstEnds: { name: "first_ends", keys: ["group", "topic"], value: "ends" },
  requestModes: { name: "request_modes", keys: ["topic", "group"], value: "mode" },
  popOrders: { name: "pop_orders", keys: ["place", "queue"], value: "state" },
  exports: { name: "exports", keys: ["file"], value: "export" },
} as const satisfies Record<string, TableShape>;

/** Every table of the catalogue, by its name. */
export type Tables = Readonly<Record<keyof typeof SHAPES, Rows>>;

/** The tables of the schema that this program knows. */
export function makeTables(): Tables {
  return {
    versions: new Rows(SHAPES.versions),
    topics: new Rows(SHAPES.topics),
    groups: new Rows(SHAPES.groups),
    progress: new Rows(SHAPES.progress),
    delays: new Rows(SHAPES.delays),
    settings: new Rows(SHAPES.settings),
    kv: new Rows(SHAPES.kv),
    locks: new Rows(SHAPES.locks),
    firstEnds: new Rows(SHAPES.firstEnds),
    requestModes: new Rows(SHAPES.requestModes),
    popOrders: new Rows(SHAPES.popOrders),
    exports: new Rows(SHAPES.exports),
  };
}

/**
 * Makes the tables where they are missing.
 * @throws {Error} with what to do, where the catalogue is of a newer schema.
 */
export async function prepareSchema(
  sqlite: Sqlite,
  tables: Tables,
  directory: string,
): Promise<void> {
  const [found] = await sqlite.query("PRAGMA user_version");
  const version = Number(found.user_version);
  if (version > SCHEMA_VERSION || version < 0) {
    throw new Error(
      `Cannot open ${directory}/catalogue.db: its schema is version ${version}, this program ` +
        `knows up to ${SCHEMA_VERSION}. Start the newer PocketMQ that wrote it, or move the file ` +
        `away: topics, groups and progress then come from ${directory}/config.`,
    );
  }
  if (version === SCHEMA_VERSION) return;
  const stamp: SqlWrite = { sql: `PRAGMA user_version = ${SCHEMA_VERSION}`, rows: [[]] };
  await sqlite.commit([...Object.values(tables).map((rows) => rows.create), stamp]);
}
