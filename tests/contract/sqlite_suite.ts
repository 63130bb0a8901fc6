import assert from "node:assert/strict";
import { type Sqlite, SqliteBusy, type SqliteOpen } from "../../lib/port/sqlite.ts";
import { settled, type TimedSubject } from "./timed_subject.ts";

/** SQLite under test, and a path where nothing is yet. */
export interface SqliteSubject extends TimedSubject {
  readonly open: SqliteOpen;
  readonly path: string;
}

/** One thing that every SQLite must do. */
export interface SqliteCase {
  readonly name: string;
  run(subject: SqliteSubject): Promise<void>;
}

async function withOpen(subject: SqliteSubject, run: (sqlite: Sqlite) => Promise<void>) {
  const sqlite = await settled(subject, subject.open(subject.path));
  try {
    await run(sqlite);
  } finally {
    await settled(subject, sqlite.close());
  }
}

const table = { sql: "CREATE TABLE t (k TEXT PRIMARY KEY, v ANY, b BLOB) STRICT", rows: [[]] };
const insert = "INSERT INTO t (k, v, b) VALUES (?, ?, ?)";

/** What every SQLite must do. */
export const sqliteCases: readonly SqliteCase[] = [
  {
    name: "what was committed is there, also after closing and opening",
    async run(subject) {
      await withOpen(subject, async (sqlite) => {
        const rows = [["a", 1, null], ["b", 2, null]];
        await settled(subject, sqlite.commit([table, { sql: insert, rows }]));
      });
      await withOpen(subject, async (sqlite) => {
        const rows = await settled(subject, sqlite.query("SELECT k, v FROM t ORDER BY k"));
        assert.deepEqual(rows.map(({ k, v }) => [k, v]), [["a", 1], ["b", 2]]);
      });
    },
  },
  {
    name: "values come back as they went in",
    run: (subject) =>
      withOpen(subject, async (sqlite) => {
        const values = [
          null,
          0,
          -1,
          2 ** 31,
          2 ** 53 - 1,
          -(2 ** 53 - 1),
          2n ** 53n,
          2n ** 63n - 1n,
          -(2n ** 63n),
          1.5,
          1e300,
          "",
          "Grüße 😀 \u0001 '\"?",
          new Uint8Array(0),
          new Uint8Array([0, 255, 1]),
        ];
        const rows = values.map((value, at) => [`${at}`, value, null]);
        await settled(subject, sqlite.commit([table, { sql: insert, rows }]));
        const found = await settled(subject, sqlite.query("SELECT k, v, typeof(v) AS t FROM t"));
        const byKey = new Map(found.map(({ k, v, t }) => [k, { v, t }]));
        for (const [at, value] of values.entries()) {
          assert.deepEqual(byKey.get(`${at}`)?.v, value);
        }
        const types = values.map((_, at) => byKey.get(`${at}`)?.t);
        assert.deepEqual([...new Set(types)], ["null", "integer", "real", "text", "blob"]);
      }),
  },
  {
    name: "parts of larger buffers are stored as they were when asked",
    run: (subject) =>
      withOpen(subject, async (sqlite) => {
        const bytes = new Uint8Array([9, 9, 1, 2, 3, 9]);
        const rows = [["k", "v", bytes.subarray(2, 5)]];
        const committed = sqlite.commit([table, { sql: insert, rows }]);
        bytes.fill(7);
        await settled(subject, committed);
        const found = await settled(subject, sqlite.query("SELECT b FROM t"));
        assert.deepEqual(found[0].b, new Uint8Array([1, 2, 3]));
      }),
  },
  {
    name: "a transaction is all or nothing, and the next one works",
    run: (subject) =>
      withOpen(subject, async (sqlite) => {
        await settled(subject, sqlite.commit([table]));
        const rows = [["a", 1, null], ["b", 2, null], ["a", 3, null]];
        await assert.rejects(settled(subject, sqlite.commit([{ sql: insert, rows }])), (error) => {
          assert.ok(error instanceof Error);
          assert.match(error.message, /^Cannot commit to .*: UNIQUE constraint failed: t\.k$/);
          return true;
        });
        const wrong = sqlite.commit([{ sql: insert, rows: [["c", 1, null]] }, {
          sql: "INSERT INTO nowhere VALUES (1)",
          rows: [[]],
        }]);
        await assert.rejects(settled(subject, wrong), /no such table: nowhere/);
        assert.deepEqual(await settled(subject, sqlite.query("SELECT * FROM t")), []);
        await settled(subject, sqlite.commit([{ sql: insert, rows: [["a", 1, null]] }]));
        const found = await settled(subject, sqlite.query("SELECT COUNT(*) AS n FROM t"));
        assert.equal(found[0].n, 1);
      }),
  },
  {
    name: "a wrong number of values is refused, also after a right one",
    run: (subject) =>
      withOpen(subject, async (sqlite) => {
        await settled(subject, sqlite.commit([table, { sql: insert, rows: [["a", 1, null]] }]));
        const few = sqlite.commit([{ sql: insert, rows: [["b", 1]] }]);
        await assert.rejects(settled(subject, few), /3 values expected, 2 given/);
        const many = sqlite.query("SELECT * FROM t WHERE k = ? AND v <> '?'", ["a", 1]);
        await assert.rejects(settled(subject, many), /1 values expected, 2 given/);
        const found = await settled(subject, sqlite.query("SELECT k FROM t WHERE k = ?", ["a"]));
        assert.equal(found.length, 1);
        await assert.rejects(settled(subject, sqlite.query("SELEC 1")), /^Error: Cannot query /);
      }),
  },
  {
    name: "text with a NUL is refused with a sentence, and nothing is stored",
    run: (subject) =>
      withOpen(subject, async (sqlite) => {
        await settled(subject, sqlite.commit([table]));
        const rows = [["a", 1, null], ["b\0c", 2, null]];
        await assert.rejects(settled(subject, sqlite.commit([{ sql: insert, rows }])), {
          message: /^Cannot commit to .*: text with a NUL character is not stored: "b\\u0000c"$/,
        });
        assert.deepEqual(await settled(subject, sqlite.query("SELECT * FROM t")), []);
      }),
  },
  {
    name: "calls are carried out in the order they were made",
    run: (subject) =>
      withOpen(subject, async (sqlite) => {
        const done: string[] = [];
        const counted = async (name: string) => {
          const found = await sqlite.query("SELECT COUNT(*) AS n FROM t");
          done.push(`${name} ${found[0].n}`);
        };
        const all = [
          sqlite.commit([table]).then(() => done.push("table")),
          counted("first"),
          sqlite.commit([{ sql: insert, rows: [["a", 1, null]] }]).then(() => done.push("row")),
          counted("second"),
        ];
        await settled(subject, Promise.all(all));
        assert.deepEqual(done, ["table", "first 0", "row", "second 1"]);
      }),
  },
  {
    name: "many rows in one transaction, and more statements than are kept",
    run: (subject) =>
      withOpen(subject, async (sqlite) => {
        const rows = Array.from({ length: 5_000 }, (_, at) => [`${at}`, at, null]);
        await settled(subject, sqlite.commit([table, { sql: insert, rows }]));
        for (let at = 0; at < 250; at++) {
          const found = await settled(
            subject,
            sqlite.query(`SELECT v + ${at} AS v FROM t LIMIT 1`),
          );
          assert.equal(found[0].v, at);
        }
        const sum = await settled(subject, sqlite.query("SELECT SUM(v) AS s FROM t"));
        assert.equal(sum[0].s, 12_497_500);
      }),
  },
  {
    name: "nothing to do is done",
    run: (subject) =>
      withOpen(subject, async (sqlite) => {
        await settled(subject, sqlite.commit([]));
        await settled(subject, sqlite.commit([table, { sql: insert, rows: [] }]));
        assert.deepEqual(await settled(subject, sqlite.query("SELECT * FROM t")), []);
      }),
  },
  {
    name: "it is held by one alone, until it is closed",
    run: async (subject) => {
      await withOpen(subject, async () => {
        await assert.rejects(settled(subject, subject.open(subject.path)), (error) => {
          assert.ok(error instanceof SqliteBusy, String(error));
          assert.match(error.message, /^Cannot open .*: another process holds its lock$/);
          return true;
        });
      });
      await withOpen(subject, async () => {});
    },
  },
  {
    name: "after close everything is refused, and closing again is not",
    async run(subject) {
      const sqlite = await settled(subject, subject.open(subject.path));
      const last = sqlite.commit([table]);
      const closing = sqlite.close();
      await settled(subject, Promise.all([last, closing, sqlite.close()]));
      await assert.rejects(
        settled(subject, sqlite.commit([table])),
        /Cannot use .*: it was closed/,
      );
      await assert.rejects(settled(subject, sqlite.query("SELECT 1")), /it was closed/);
      await settled(subject, sqlite.close());
    },
  },
];
