import assert from "node:assert/strict";
import { type Disk, DiskError, type DiskErrorCode, type DiskFile } from "../../lib/port/disk.ts";

/**
 * A disk under test, an empty directory on it, and how to cut its power, where that can be done.
 */
export interface DiskSubject {
  readonly disk: Disk;
  readonly root: string;
  /** Returns the disk as it is found afterwards. */
  readonly powerCut?: () => Disk;
}

/** One thing that every disk must do. */
export interface DiskCase {
  readonly name: string;
  /** Can it be run only where the power can be cut? */
  readonly cutsPower?: boolean;
  run(subject: DiskSubject): void | Promise<void>;
}

const text = (value: string) => new TextEncoder().encode(value);

/** All of a file, by its text. */
function textOf(file: DiskFile): string {
  const bytes = new Uint8Array(file.size());
  assert.equal(file.read(bytes, 0), bytes.length);
  return new TextDecoder().decode(bytes);
}

function written(disk: Disk, path: string, value: string): DiskFile {
  const file = disk.open(path, "create");
  file.write(text(value), 0);
  return file;
}

function failsWith(code: DiskErrorCode, run: () => unknown): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof DiskError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
}

const files: DiskCase[] = [
  {
    name: "what is written is read, at any position, over page borders",
    run({ disk, root }) {
      const file = disk.open(`${root}/f`, "create");
      const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => (at * 7 + (at >> 8)) & 0xff);
      file.write(bytes, 4_000);
      file.write(text("abc"), 9);
      assert.equal(file.size(), 24_000);
      const into = new Uint8Array(20_000);
      assert.equal(file.read(into, 4_000), 20_000);
      assert.ok(into.every((byte, at) => byte === bytes[at]));
      const early = new Uint8Array(5);
      assert.equal(file.read(early, 8), 5);
      assert.deepEqual([...early], [0, 97, 98, 99, 0]);
      file.close();
    },
  },
  {
    name: "a read at the end is short, and behind it empty",
    run({ disk, root }) {
      const file = written(disk, `${root}/f`, "hello");
      const into = new Uint8Array(8).fill(9);
      assert.equal(file.read(into, 3), 2);
      assert.deepEqual([...into], [108, 111, 9, 9, 9, 9, 9, 9]);
      assert.equal(file.read(into, 5), 0);
      assert.equal(file.read(into, 500), 0);
      file.close();
    },
  },
  {
    name: "part of a larger buffer is written, and filled",
    run({ disk, root }) {
      const file = disk.open(`${root}/f`, "create");
      file.write(text("0123456789").subarray(3, 7), 0);
      assert.equal(textOf(file), "3456");
      const into = new Uint8Array(6);
      assert.equal(file.read(into.subarray(2, 5), 0), 3);
      assert.deepEqual([...into], [0, 0, 51, 52, 53, 0]);
      file.close();
    },
  },
  {
    name: "the written bytes stay the caller's",
    run({ disk, root }) {
      const file = disk.open(`${root}/f`, "create");
      const bytes = text("abc");
      file.write(bytes, 0);
      bytes.fill(120);
      assert.equal(textOf(file), "abc");
      file.write(new Uint8Array(0), 100);
      assert.equal(file.size(), 3);
      file.close();
    },
  },
  {
    name: "truncate cuts, and grows with zeros also where bytes were",
    run({ disk, root }) {
      const file = written(disk, `${root}/f`, "0123456789");
      file.truncate(4);
      assert.equal(textOf(file), "0123");
      file.truncate(8);
      assert.equal(textOf(file), "0123\0\0\0\0");
      file.write(text("x"), 9_000);
      file.truncate(2);
      file.write(text("y"), 8_999);
      const into = new Uint8Array(4_000);
      file.read(into, 4_999);
      assert.ok(into.every((byte) => byte === 0));
      assert.equal(file.size(), 9_000);
      file.close();
    },
  },
  {
    name: "a gibibyte of nothing costs nothing",
    run({ disk, root }) {
      const file = disk.open(`${root}/f`, "create");
      file.truncate(2 ** 30);
      file.write(text("end"), 2 ** 30 - 3);
      const into = new Uint8Array(4);
      assert.equal(file.read(into, 2 ** 30 - 4), 4);
      assert.deepEqual([...into], [0, 101, 110, 100]);
      assert.equal(file.size(), 2 ** 30);
      file.close();
    },
  },
  {
    name: "two openings of a file see each other's writes",
    run({ disk, root }) {
      const one = written(disk, `${root}/f`, "one");
      const two = disk.open(`${root}/f`, "read");
      one.write(text("two!"), 0);
      assert.equal(textOf(two), "two!");
      assert.throws(() => two.write(text("x"), 0), DiskError);
      assert.equal(textOf(one), "two!");
      one.close();
      assert.equal(textOf(two), "two!");
      two.close();
    },
  },
  {
    name: "create keeps a file that is there; read and write need one",
    run({ disk, root }) {
      written(disk, `${root}/f`, "kept").close();
      const file = disk.open(`${root}/f`, "create");
      assert.equal(textOf(file), "kept");
      file.close();
      failsWith("ENOENT", () => disk.open(`${root}/none`, "read"));
      failsWith("ENOENT", () => disk.open(`${root}/none`, "write"));
      failsWith("ENOENT", () => disk.open(`${root}/none/f`, "create"));
      assert.equal(disk.exists(`${root}/none`), false);
    },
  },
  {
    name: "a directory is no file and a file no directory",
    run({ disk, root }) {
      disk.makeDirectory(`${root}/d`);
      written(disk, `${root}/f`, "").close();
      failsWith("EISDIR", () => disk.open(`${root}/d`, "read"));
      failsWith("EISDIR", () => disk.open(`${root}/d`, "write"));
      failsWith("EISDIR", () => disk.open(`${root}/d`, "create"));
      failsWith("ENOTDIR", () => disk.open(`${root}/f/g`, "create"));
      failsWith("ENOTDIR", () => disk.list(`${root}/f`));
      failsWith("EEXIST", () => disk.makeDirectory(`${root}/f`));
      failsWith("ENOTDIR", () => disk.makeDirectory(`${root}/f/g/h`));
      failsWith("ENOTDIR", () => disk.removeDirectory(`${root}/f`));
      failsWith("EISDIR", () => disk.remove(`${root}/d`));
      assert.equal(disk.exists(`${root}/f/g`), false);
      assert.equal(disk.exists(`${root}/d`), true);
    },
  },
  {
    name: "a name with NUL is the name of nothing",
    run({ disk, root }) {
      const path = `${root}/a\0b`;
      failsWith("ENOENT", () => disk.open(path, "create"));
      failsWith("ENOENT", () => disk.makeDirectory(path));
      assert.equal(disk.exists(path), false);
      assert.deepEqual(disk.list(path), []);
      disk.remove(path);
      disk.removeDirectory(path);
      assert.deepEqual(disk.list(root), []);
    },
  },
  {
    name: "a closed file fails, closing twice does not",
    async run({ disk, root }) {
      const file = written(disk, `${root}/f`, "abc");
      file.close();
      file.close();
      const other = written(disk, `${root}/g`, "other");
      failsWith("EIO", () => file.size());
      failsWith("EIO", () => file.read(new Uint8Array(1), 0));
      failsWith("EIO", () => file.write(text("x"), 0));
      failsWith("EIO", () => file.truncate(0));
      failsWith("EIO", () => file.syncNow());
      await assert.rejects(file.sync(), DiskError);
      assert.equal(textOf(other), "other");
      other.close();
    },
  },
  {
    name: "sync resolves, also several at once and for a file closed meanwhile",
    async run({ disk, root }) {
      const file = written(disk, `${root}/f`, "abc");
      file.syncNow();
      const first = file.sync();
      file.write(text("def"), 3);
      const second = file.sync();
      file.close();
      const other = written(disk, `${root}/g`, "other");
      await Promise.all([first, second]);
      assert.equal(textOf(other), "other");
      other.close();
    },
  },
  {
    name: "the time of the last write is told",
    run({ disk, root }) {
      const file = written(disk, `${root}/f`, "abc");
      assert.ok(Number.isSafeInteger(file.modifiedMs()));
      assert.ok(file.modifiedMs() > 1_600_000_000_000);
      file.close();
    },
  },
];

const names: DiskCase[] = [
  {
    name: "list names files and directories in order; none where there is no directory",
    run({ disk, root }) {
      assert.deepEqual(disk.list(`${root}/none`), []);
      disk.makeDirectory(`${root}/b/c/d`);
      disk.makeDirectory(`${root}/b/c`);
      for (const name of ["z", "a", "B", "10", "9", "ä"]) {
        written(disk, `${root}/${name}`, "").close();
      }
      assert.deepEqual(disk.list(root), [
        { name: "10", isDirectory: false },
        { name: "9", isDirectory: false },
        { name: "B", isDirectory: false },
        { name: "a", isDirectory: false },
        { name: "b", isDirectory: true },
        { name: "z", isDirectory: false },
        { name: "ä", isDirectory: false },
      ]);
      assert.deepEqual(disk.list(`${root}/b`), [{ name: "c", isDirectory: true }]);
    },
  },
  {
    name: "rename moves a file over another, and an open file keeps its bytes",
    run({ disk, root }) {
      disk.makeDirectory(`${root}/d`);
      const old = written(disk, `${root}/d/to`, "old");
      const file = written(disk, `${root}/from`, "new");
      disk.rename(`${root}/from`, `${root}/d/to`);
      disk.rename(`${root}/d/to`, `${root}/d/to`);
      assert.equal(disk.exists(`${root}/from`), false);
      const found = disk.open(`${root}/d/to`, "read");
      assert.equal(textOf(found), "new");
      file.write(text("er"), 3);
      assert.equal(textOf(found), "newer");
      assert.equal(textOf(old), "old");
      for (const open of [old, file, found]) open.close();
    },
  },
  {
    name: "rename moves a directory with all in it, but not over one that holds something",
    run({ disk, root }) {
      disk.makeDirectory(`${root}/a/b`);
      written(disk, `${root}/a/b/f`, "deep").close();
      disk.rename(`${root}/a`, `${root}/c`);
      const file = disk.open(`${root}/c/b/f`, "write");
      assert.equal(textOf(file), "deep");
      file.close();
      disk.makeDirectory(`${root}/empty`);
      disk.rename(`${root}/c/b`, `${root}/empty`);
      assert.deepEqual(disk.list(`${root}/empty`), [{ name: "f", isDirectory: false }]);
      disk.makeDirectory(`${root}/more`);
      failsWith("EEXIST", () => disk.rename(`${root}/more`, `${root}/empty`));
      failsWith("EISDIR", () => disk.rename(`${root}/empty/f`, `${root}/more`));
      failsWith("ENOTDIR", () => disk.rename(`${root}/more`, `${root}/empty/f`));
      failsWith("ENOENT", () => disk.rename(`${root}/none`, `${root}/x`));
      failsWith("ENOENT", () => disk.rename(`${root}/empty/f`, `${root}/none/f`));
    },
  },
  {
    name: "remove is quiet where there is nothing, and an open file outlives its name",
    run({ disk, root }) {
      disk.remove(`${root}/none`);
      disk.remove(`${root}/none/none`);
      const file = written(disk, `${root}/f`, "abc");
      disk.remove(`${root}/f`);
      assert.equal(disk.exists(`${root}/f`), false);
      file.write(text("d"), 3);
      assert.equal(textOf(file), "abcd");
      const anew = written(disk, `${root}/f`, "new");
      assert.equal(textOf(file), "abcd");
      assert.equal(textOf(anew), "new");
      file.close();
      anew.close();
    },
  },
  {
    name: "removeAside is quiet where there is nothing, and takes no directory",
    async run({ disk, root }) {
      await disk.removeAside(`${root}/none/none`);
      written(disk, `${root}/f`, "abc").close();
      await disk.removeAside(`${root}/f`);
      assert.equal(disk.exists(`${root}/f`), false);
      disk.makeDirectory(`${root}/d`);
      await assert.rejects(disk.removeAside(`${root}/d`), { code: "EISDIR" });
    },
  },
  {
    name: "removeDirectory takes all in it",
    run({ disk, root }) {
      disk.removeDirectory(`${root}/none`);
      disk.makeDirectory(`${root}/a/b/c`);
      written(disk, `${root}/a/b/f`, "x").close();
      disk.removeDirectory(`${root}/a`);
      assert.equal(disk.exists(`${root}/a`), false);
      assert.deepEqual(disk.list(root), []);
    },
  },
  {
    name: "syncDirectory needs a directory",
    run({ disk, root }) {
      disk.syncDirectory(root);
      written(disk, `${root}/f`, "x").close();
      failsWith("ENOENT", () => disk.syncDirectory(`${root}/none`));
      failsWith("ENOTDIR", () => disk.syncDirectory(`${root}/f`));
    },
  },
  {
    name: "syncDirectoryAside needs a directory",
    async run({ disk, root }) {
      await disk.syncDirectoryAside(root);
      written(disk, `${root}/f`, "x").close();
      await assert.rejects(disk.syncDirectoryAside(`${root}/none`), { code: "ENOENT" });
      await assert.rejects(disk.syncDirectoryAside(`${root}/f`), { code: "ENOTDIR" });
    },
  },
  {
    name: "space is told, and only of what is there",
    run({ disk, root }) {
      const { totalBytes, freeBytes } = disk.space(root);
      assert.ok(totalBytes > 0 && freeBytes > 0 && freeBytes <= totalBytes);
      failsWith("ENOENT", () => disk.space(`${root}/none`));
    },
  },
];

const powerCuts: DiskCase[] = [
  {
    name: "synced bytes under a synced name survive a power cut",
    cutsPower: true,
    async run({ disk, root, powerCut }) {
      const file = written(disk, `${root}/f`, "first");
      await file.sync();
      file.write(text(" second"), 5);
      file.syncNow();
      disk.syncDirectory(root);
      const found = powerCut!().open(`${root}/f`, "read");
      assert.equal(textOf(found), "first second");
    },
  },
  {
    name: "a name that was synced aside survives a power cut",
    cutsPower: true,
    async run({ disk, root, powerCut }) {
      await written(disk, `${root}/f`, "first").sync();
      await disk.syncDirectoryAside(root);
      assert.equal(textOf(powerCut!().open(`${root}/f`, "read")), "first");
    },
  },
  {
    name: "a synced cut stays cut",
    cutsPower: true,
    async run({ disk, root, powerCut }) {
      const file = written(disk, `${root}/f`, "0123456789");
      await file.sync();
      disk.syncDirectory(root);
      file.truncate(3);
      await file.sync();
      assert.equal(textOf(powerCut!().open(`${root}/f`, "read")), "012");
    },
  },
  {
    name: "synced renames and removals survive a power cut",
    cutsPower: true,
    run({ disk, root, powerCut }) {
      for (const name of ["a", "b", "c"]) written(disk, `${root}/${name}`, name).syncNow();
      disk.syncDirectory(root);
      disk.rename(`${root}/a`, `${root}/b`);
      disk.remove(`${root}/c`);
      disk.syncDirectory(root);
      const after = powerCut!();
      assert.deepEqual(after.list(root).map((entry) => entry.name), ["b"]);
      assert.equal(textOf(after.open(`${root}/b`, "read")), "a");
    },
  },
];

/** What every disk must do. */
export const diskCases: readonly DiskCase[] = [...files, ...names, ...powerCuts];
