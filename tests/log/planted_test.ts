import assert from "node:assert/strict";
import { test } from "node:test";
import type { Disk, DiskFile } from "../../lib/port/disk.ts";
import { judgeAll } from "./cuts.ts";

/** What to replace of the disk, and of its files. */
interface Bug {
  readonly disk?: (disk: Disk) => Partial<Disk>;
  readonly file?: (file: DiskFile) => Partial<DiskFile>;
}

/** A disk that passes everything on but what the bug replaces. */
function planted(bug: Bug): (disk: Disk) => Disk {
  return (disk) => {
    const open = (path: string, mode: "read" | "write" | "create") => {
      const file = disk.open(path, mode);
      return { ...methodsOf(file, fileMethods), path, ...bug.file?.(file) };
    };
    return { ...methodsOf(disk, diskMethods), open, ...bug.disk?.(disk) };
  };
}

const diskMethods = [
  "open",
  "exists",
  "list",
  "makeDirectory",
  "rename",
  "remove",
  "removeAside",
  "removeDirectory",
  "syncDirectory",
  "syncDirectoryAside",
  "space",
] as const;
const fileMethods = [
  "path",
  "size",
  "modifiedMs",
  "read",
  "write",
  "truncate",
  "sync",
  "syncNow",
  "close",
] as const;

function methodsOf<T extends object, K extends keyof T>(
  target: T,
  names: readonly K[],
): Pick<T, K> {
  const methods: Partial<T> = {};
  for (const name of names) {
    const method = target[name];
    methods[name] = typeof method === "function" ? method.bind(target) : method;
  }
  return methods as Pick<T, K>;
}

async function faultsOf(bug: Bug): Promise<string[]> {
  const plan = { flush: "SYNC_FLUSH", seed: 5, ways: 1, between: planted(bug) } as const;
  return (await judgeAll(plan)).faults;
}

test("the judge finds nothing without a bug", async () => {
  assert.deepEqual(await faultsOf({}), []);
});

test("the judge catches a sync that is left out", async () => {
  const file = () => ({ sync: () => Promise.resolve(), syncNow: () => {} });
  assert.notDeepEqual(await faultsOf({ file }), []);
});

test("the judge catches an answer before the sync is done", async () => {
  const file = (file: DiskFile) => ({
    sync: () => {
      void file.sync();
      return Promise.resolve();
    },
  });
  assert.notDeepEqual(await faultsOf({ file }), []);
});

test("the judge catches directories that are not synced", async () => {
  const disk = () => ({
    syncDirectory: () => {},
    syncDirectoryAside: () => Promise.resolve(),
  });
  assert.notDeepEqual(await faultsOf({ disk }), []);
});

test("the judge catches a failed sync that is taken for done", async () => {
  let count = 0;
  const file = (file: DiskFile) => ({
    sync: () => ++count % 3 === 0 ? Promise.resolve() : file.sync(),
  });
  assert.notDeepEqual(await faultsOf({ file }), []);
});
