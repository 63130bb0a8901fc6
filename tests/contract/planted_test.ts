import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../lib/port/clock.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import type { Disk, DiskFile } from "../../lib/port/disk.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import type { Sqlite } from "../../lib/port/sqlite.ts";
import { MemorySqlite } from "../../lib/port/sqlite_memory.ts";
import type { Connection, ConnectionHandler } from "../../lib/port/tcp.ts";
import { MemoryTcp } from "../../lib/port/tcp_memory.ts";
import { clockCases } from "./clock_suite.ts";
import { diskCases } from "./disk_suite.ts";
import { sqliteCases } from "./sqlite_suite.ts";
import { tcpCases } from "./tcp_suite.ts";

/** A suite that lets a planted bug pass is worth nothing. */
async function isCaught<Subject>(
  cases: readonly { readonly name: string; run(subject: Subject): void | Promise<void> }[],
  make: () => Subject,
): Promise<boolean> {
  for (const { run } of cases) {
    try {
      await run(make());
    } catch {
      return true;
    }
  }
  return false;
}

/** `target` with some of its methods replaced. */
function bugged<T extends object>(target: T, bugs: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(bugs, name)) return Reflect.get(bugs, name);
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const diskBugs: Record<string, (disk: Disk) => Partial<Disk>> = {
  "no bug": () => ({}),
  "a directory's sync does nothing": () => ({ syncDirectory: () => {} }),
  "a directory's sync aside does nothing": () => ({
    syncDirectoryAside: () => Promise.resolve(),
  }),
  "create empties the file": (disk) => ({
    open(path, mode) {
      const file = disk.open(path, mode);
      if (mode === "create") file.truncate(0);
      return file;
    },
  }),
  "write makes the file": (disk) => ({
    open: (path, mode) => disk.open(path, mode === "write" ? "create" : mode),
  }),
  "rename copies the name only": (disk) => ({
    rename(from, to) {
      disk.rename(from, to);
      disk.open(from, "create").close();
    },
  }),
  "rename does not replace": (disk) => ({
    rename: (from, to) => disk.exists(to) || disk.rename(from, to),
  }),
  "remove complains where there is nothing": (disk) => ({
    remove(path) {
      disk.open(path, "read").close();
      disk.remove(path);
    },
  }),
  "removeDirectory leaves what is in it": (disk) => ({
    removeDirectory: (path) => disk.list(path).length > 0 || disk.removeDirectory(path),
  }),
  "list forgets what is a directory": (disk) => ({
    list: (path) => disk.list(path).map(({ name }) => ({ name, isDirectory: false })),
  }),
  "list is out of order": (disk) => ({ list: (path) => disk.list(path).reverse() }),
};

const fileBugs: Record<string, (file: DiskFile) => Partial<DiskFile>> = {
  "a sync does nothing": () => ({ sync: () => Promise.resolve() }),
  "a blocking sync does nothing": () => ({ syncNow: () => {} }),
  "the last byte is not written": (file) => ({
    write: (bytes, position) => file.write(bytes.subarray(0, -1), position),
  }),
  "writes append": (file) => ({ write: (bytes) => file.write(bytes, file.size()) }),
  "a read says that it filled the buffer": (file) => ({
    read(into, position) {
      file.read(into, position);
      return into.length;
    },
  }),
  "a read ignores the position": (file) => ({ read: (into) => file.read(into, 0) }),
  "truncate does not grow": (file) => ({
    truncate: (size) => size < file.size() ? file.truncate(size) : undefined,
  }),
  "truncate does not cut": (file) => ({
    truncate: (size) => size > file.size() ? file.truncate(size) : undefined,
  }),
  "close does nothing": () => ({ close: () => {} }),
};

function diskWith(bugs: (disk: Disk) => Partial<Disk>) {
  const disk = new MemoryDisk({ clock: new VirtualClock() });
  disk.makeDirectory("/data");
  disk.syncDirectory("/");
  const powerCut = () => disk.powerCut(new SeededRandom(1));
  return { disk: bugged<Disk>(disk, bugs(disk)), root: "/data", powerCut };
}

for (const [bug, bugs] of Object.entries(diskBugs)) {
  test(`disk suite: ${bug}`, async () => {
    assert.equal(await isCaught(diskCases, () => diskWith(bugs)), bug !== "no bug");
  });
}

for (const [bug, bugs] of Object.entries(fileBugs)) {
  test(`disk suite: ${bug}`, async () => {
    const open = (disk: Disk): Partial<Disk> => ({
      open(path, mode) {
        const file = disk.open(path, mode);
        return bugged<DiskFile>(file, bugs(file));
      },
    });
    assert.ok(await isCaught(diskCases, () => diskWith(open)));
  });
}

const clockBugs: Record<string, (clock: VirtualClock) => Partial<Clock>> = {
  "no bug": () => ({}),
  "cancel does nothing": (clock) => ({
    after(delayMs, run) {
      clock.after(delayMs, run);
      return { cancel: () => {} };
    },
  }),
  "timers are early": (clock) => ({ after: (delayMs, run) => clock.after(delayMs - 1, run) }),
  "timers fire twice": (clock) => ({
    after(delayMs, run) {
      clock.after(delayMs, run);
      return clock.after(delayMs, run);
    },
  }),
  "soon is at once": () => ({ soon: (run) => run() }),
  "far timers fire at once": (clock) => ({
    after: (delayMs, run) => clock.after(delayMs > 2 ** 31 ? 1 : delayMs, run),
  }),
  "the wall clock has fractions": (clock) => ({ now: () => clock.now() + 0.5 }),
};

for (const [bug, bugs] of Object.entries(clockBugs)) {
  test(`clock suite: ${bug}`, async () => {
    const make = () => {
      const clock = new VirtualClock();
      const pass = (ms: number) => clock.advance(ms);
      return { clock: bugged<Clock>(clock, bugs(clock)), pass };
    };
    assert.equal(await isCaught(clockCases, make), bug !== "no bug");
  });
}

const connectionBugs: Record<string, (connection: Connection) => Partial<Connection>> = {
  "no bug": () => ({}),
  "end is destroy": (connection) => ({ end: () => connection.destroy() }),
  "pause does nothing": () => ({ pause: () => {} }),
  "resume does nothing": () => ({ resume: () => {} }),
  "nothing is ever unsent": () => ({ unsentBytes: 0 }),
  "closed is told twice": (connection) => ({
    serve(handler) {
      const closed = (reason: string) => {
        handler.closed(reason);
        handler.closed(reason);
      };
      connection.serve(bugged<ConnectionHandler>(handler, { closed }));
    },
  }),
  "drained is not told": (connection) => ({
    serve: (handler) => connection.serve(bugged<ConnectionHandler>(handler, { drained: () => {} })),
  }),
  "the receive buffer is used again": (connection) => {
    const shared = new Uint8Array(1_000_000);
    return {
      serve(handler) {
        const data = (bytes: Uint8Array) => {
          shared.set(bytes);
          handler.data(shared.subarray(0, bytes.length));
        };
        connection.serve(bugged<ConnectionHandler>(handler, { data }));
      },
    };
  },
  "bytes are lost before serve": (connection) => ({
    serve(handler) {
      let isFirst = true;
      const data = (bytes: Uint8Array) => {
        if (!isFirst) handler.data(bytes);
        isFirst = false;
      };
      connection.serve(bugged<ConnectionHandler>(handler, { data }));
    },
  }),
};

for (const [bug, bugs] of Object.entries(connectionBugs)) {
  test(`tcp suite: ${bug}`, async () => {
    const make = () => {
      const clock = new VirtualClock();
      const tcp = new MemoryTcp({ clock, random: new SeededRandom(1) });
      const wrapped = (connection: Connection) => bugged<Connection>(connection, bugs(connection));
      const listen: MemoryTcp["listen"] = (address, accept) => {
        return tcp.listen(address, (connection) => accept(wrapped(connection)));
      };
      const connect: MemoryTcp["connect"] = async (address) => wrapped(await tcp.connect(address));
      return { tcp: { listen, connect }, pass: () => clock.advance(20) };
    };
    assert.equal(await isCaught(tcpCases, make), bug !== "no bug");
  });
}

const sqliteBugs: Record<string, (sqlite: Sqlite) => Partial<Sqlite>> = {
  "no bug": () => ({}),
  "each write is a transaction": (sqlite) => ({
    async commit(writes) {
      for (const write of writes) {
        for (const row of write.rows) await sqlite.commit([{ sql: write.sql, rows: [row] }]);
      }
    },
  }),
  "a failed commit is quiet": (sqlite) => ({
    commit: (writes) => sqlite.commit(writes).catch(() => {}),
  }),
  "commits are late": (sqlite) => ({
    commit: (writes) => sqlite.query("SELECT 1").then(() => sqlite.commit(writes)),
  }),
  "large numbers are rounded": (sqlite) => ({
    async query(sql, parameters) {
      const rows = await sqlite.query(sql, parameters);
      const round = (value: unknown) => typeof value === "bigint" ? Number(value) : value;
      return rows.map((row) => {
        return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, round(value)]));
      }) as typeof rows;
    },
  }),
  "close keeps the lock": () => ({ close: () => Promise.resolve() }),
};

for (const [bug, bugs] of Object.entries(sqliteBugs)) {
  test(`sqlite suite: ${bug}`, async () => {
    const make = () => {
      const clock = new VirtualClock();
      const memory = new MemorySqlite({ clock, commitMs: () => 5 });
      const open = async (path: string) => {
        const sqlite = await memory.open(path);
        return bugged<Sqlite>(sqlite, bugs(sqlite));
      };
      return { open, path: "/data/catalogue.db", pass: () => clock.advance(2) };
    };
    assert.equal(await isCaught(sqliteCases, make), bug !== "no bug");
  });
}
