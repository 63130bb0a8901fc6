import { crc32 } from "../port/checksum.ts";
import type { Sqlite, SqlWrite } from "../port/sqlite.ts";

/** One table of the catalogue: its text keys, and the column with the text that they lead to. */
export interface TableShape {
  readonly name: string;
  readonly keys: readonly string[];
  readonly value: string;
}

/** A row as the rooms above see it. */
export interface TextRow {
  readonly keys: readonly string[];
  readonly text: string;
}

/** What {@linkcode Rows.load} saw. */
export interface Loaded {
  readonly rows: number;
  /** Keys of the rows whose checksum does not match, at most {@linkcode SHOWN_MAX}. */
  readonly damaged: readonly string[];
  readonly damagedCount: number;
}

/** Damaged rows that are named in a report; the others are counted. */
export const SHOWN_MAX = 5;
const PAGE_ROWS = 20_000;
/** What neither SQLite nor UTF-8 keeps as it is, and what marks an escape. */
const SPECIAL = /["\\\ud800-\udfff]|\p{Cc}/u;
const encoder = new TextEncoder();

/** Reads and writes one table whose rows carry the CRC-32 of table name, keys and text. */
export class Rows {
  readonly shape: TableShape;
  readonly #columns: string;
  readonly #quoted: string;

  constructor(shape: TableShape) {
    this.shape = shape;
    this.#columns = [...shape.keys, shape.value, "crc"].map(quoted).join(", ");
    this.#quoted = quoted(shape.name);
  }

  /** Makes the table. */
  get create(): SqlWrite {
    const { keys, value } = this.shape;
    const columns = [...keys, value].map((name) => `${quoted(name)} TEXT NOT NULL`).join(", ");
    const key = keys.map(quoted).join(", ");
    const sql = `CREATE TABLE IF NOT EXISTS ${this.#quoted} (${columns}, ` +
      `crc INTEGER NOT NULL, PRIMARY KEY (${key})) STRICT, WITHOUT ROWID`;
    return { sql, rows: [[]] };
  }

  /** Writes rows, over those with the same keys. */
  put(rows: readonly TextRow[]): SqlWrite {
    const marks = [...this.shape.keys, "", ""].map(() => "?").join(", ");
    return {
      sql: `INSERT OR REPLACE INTO ${this.#quoted} (${this.#columns}) VALUES (${marks})`,
      rows: rows.map(({ keys, text }) => {
        const stored = keys.map(escaped);
        return [...stored, text, this.#checksum(stored, text)];
      }),
    };
  }

  /** Removes the rows whose first keys are these; without any, all rows. */
  remove(...keys: readonly string[]): SqlWrite {
    const tests = keys.map((_, at) => `${quoted(this.shape.keys[at])} = ?`);
    const where = tests.length === 0 ? "" : ` WHERE ${tests.join(" AND ")}`;
    return { sql: `DELETE FROM ${this.#quoted}${where}`, rows: [keys.map(escaped)] };
  }

  /** Removes the rows whose last key is this. */
  removeByLast(key: string): SqlWrite {
    const column = quoted(this.shape.keys[this.shape.keys.length - 1]);
    return { sql: `DELETE FROM ${this.#quoted} WHERE ${column} = ?`, rows: [[escaped(key)]] };
  }

  /**
   * Shows every sound row to `visit`, which says whether its text makes sense. Rows are read a page
   * at a time.
   */
  async load(sqlite: Sqlite, visit: (row: TextRow) => boolean): Promise<Loaded> {
    const [counted] = await sqlite.query(`SELECT count(*) AS n FROM ${this.#quoted}`);
    const expected = Number(counted.n);
    const damaged: string[] = [];
    let [rows, damagedCount] = [0, 0];
    let page = await this.#page(sqlite, undefined);
    while (page.length > 0 && rows < expected) {
      for (const row of page) {
        const read = this.#read(row);
        if (read !== undefined && visit(read)) continue;
        damagedCount++;
        if (damaged.length < SHOWN_MAX) damaged.push(this.#keysOf(row).join(" "));
      }
      rows += page.length;
      page = rows < expected ? await this.#page(sqlite, page[page.length - 1]) : [];
    }
    // A damaged key can hide the rows behind it.
    return { rows, damaged, damagedCount: damagedCount + Math.max(0, expected - rows) };
  }

  /**
   * The rows behind `last`, each a list of its columns. They come as one JSON text, which crosses
   * from the database's thread several times as fast as so many objects.
   */
  async #page(sqlite: Sqlite, last: readonly unknown[] | undefined): Promise<unknown[][]> {
    const { keys } = this.shape;
    const list = keys.map(quoted).join(", ");
    const where = last ? `WHERE (${list}) > (${keys.map(() => "?").join(", ")}) ` : "";
    const sql = `SELECT json_group_array(json_array(${this.#columns})) AS page FROM ` +
      `(SELECT ${this.#columns} FROM ${this.#quoted} ${where}ORDER BY ${list} LIMIT ${PAGE_ROWS})`;
    const [{ page }] = await sqlite.query(sql, last === undefined ? [] : this.#keysOf(last));
    const rows: unknown = JSON.parse(String(page));
    return Array.isArray(rows) ? rows.filter(Array.isArray) : [];
  }

  #keysOf(row: readonly unknown[]): string[] {
    return row.slice(0, this.shape.keys.length).map(String);
  }

  #read(row: readonly unknown[]): TextRow | undefined {
    const stored = this.#keysOf(row);
    const text = String(row[stored.length]);
    if (row[stored.length + 1] !== this.#checksum(stored, text)) return undefined;
    return { keys: stored.map(unescaped), text };
  }

  #checksum(stored: readonly string[], text: string): number {
    return crc32(encoder.encode(`${this.shape.name}\n${stored.join("\n")}\n${text}`));
  }
}

function quoted(name: string): string {
  return `"${name}"`;
}

/** Names as SQLite keeps them whole: as in a JSON string, so the usual ones stay as they are. */
function escaped(name: string): string {
  return SPECIAL.test(name) ? JSON.stringify(name).slice(1, -1) : name;
}

function unescaped(stored: string): string {
  return stored.includes("\\") ? String(JSON.parse(`"${stored}"`)) : stored;
}
