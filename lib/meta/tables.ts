import type { Sqlite } from "../port/sqlite.ts";

/** The form of the tables; a catalogue with a higher number was written by a later PocketMQ. */
const VERSION = 1;

/** Every row ends with a checksum of its other columns. */
const TABLES = [
  "CREATE TABLE IF NOT EXISTS form (version INTEGER NOT NULL)",
  "CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY, json TEXT, sum INTEGER) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS consumer_group (name TEXT PRIMARY KEY, json TEXT, sum INTEGER) " +
  "WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS progress (consumer_group TEXT, topic TEXT, queue_id INTEGER, " +
  "queue_offset INTEGER, sum INTEGER, PRIMARY KEY (consumer_group, topic, queue_id)) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT, sum INTEGER) " +
  "WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS key_value (namespace TEXT, name TEXT, value TEXT, sum INTEGER, " +
  "PRIMARY KEY (namespace, name)) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS version (name TEXT PRIMARY KEY, state INTEGER, time INTEGER, " +
  "counter INTEGER, sum INTEGER) WITHOUT ROWID",
];

/**
 * Makes the tables where they are missing.
 * @throws {Error} with a sentence where a later PocketMQ wrote the catalogue.
 */
export async function prepareTables(sqlite: Sqlite): Promise<void> {
  await sqlite.commit(TABLES.map((sql) => ({ sql, rows: [[]] })));
  const [row] = await sqlite.query("SELECT version FROM form");
  if (row === undefined) {
    await sqlite.commit([{ sql: "INSERT INTO form VALUES (?)", rows: [[VERSION]] }]);
    return;
  }
  const found = Number(row.version);
  if (found <= VERSION) return;
  throw new Error(
    `Cannot open the catalogue: its form is ${found}, this PocketMQ knows up to ${VERSION}. ` +
      `Start the PocketMQ that wrote it, or a later one.`,
  );
}
