import type { Disk, DiskFile } from "../../lib/port/disk.ts";
import type { Spoil } from "./world.ts";

/**
 * Bugs that a broker could have, made at its ports, so that the checkers can be shown to see them.
 */
export const PLANTED: Readonly<Record<string, Spoil>> = {
  "a sync that does nothing": (ports) => ({
    ...ports,
    disk: withFiles(ports.disk, (file) => ({ ...file, sync: () => Promise.resolve() })),
  }),
  "a failed sync that is taken for a good one": (ports) => ({
    ...ports,
    disk: withFiles(ports.disk, (file) => ({ ...file, sync: () => file.sync().catch(() => {}) })),
  }),
  "a failed write that is taken for a good one": (ports) => ({
    ...ports,
    disk: withFiles(ports.disk, (file) => ({
      ...file,
      write(bytes, position) {
        try {
          file.write(bytes, position);
        } catch {
          // As if it had worked.
        }
      },
    })),
  }),
  "directories that are never synced": (ports) => ({
    ...ports,
    disk: {
      ...bound(ports.disk),
      syncDirectory: () => {},
      syncDirectoryAside: () => Promise.resolve(),
    },
  }),
  "a database whose commits do nothing": (ports) => ({
    ...ports,
    openSqlite: async (path) => {
      const sqlite = await ports.openSqlite(path);
      let commits = 0;
      return {
        query: (sql, parameters) => sqlite.query(sql, parameters),
        close: () => sqlite.close(),
        // The first ones make the tables and the topics.
        commit: (writes) => ++commits > 6 ? Promise.resolve() : sqlite.commit(writes),
      };
    },
  }),
  "answers before their time": (ports) => ({
    ...ports,
    disk: withFiles(ports.disk, (file) => ({
      ...file,
      sync: () => {
        void file.sync().catch(() => {});
        return Promise.resolve();
      },
    })),
  }),
};

function withFiles(disk: Disk, change: (file: DiskFile) => DiskFile): Disk {
  const own = bound(disk);
  return { ...own, open: (path, mode) => change(boundFile(disk.open(path, mode))) };
}

function bound(disk: Disk): Disk {
  return {
    open: (path, mode) => disk.open(path, mode),
    exists: (path) => disk.exists(path),
    list: (directory) => disk.list(directory),
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    removeAside: (path) => disk.removeAside(path),
    removeDirectory: (path) => disk.removeDirectory(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    syncDirectoryAside: (path) => disk.syncDirectoryAside(path),
    space: (path) => disk.space(path),
  };
}

function boundFile(file: DiskFile): DiskFile {
  return {
    path: file.path,
    size: () => file.size(),
    modifiedMs: () => file.modifiedMs(),
    read: (into, position) => file.read(into, position),
    write: (bytes, position) => file.write(bytes, position),
    truncate: (size) => file.truncate(size),
    sync: () => file.sync(),
    syncNow: () => file.syncNow(),
    close: () => file.close(),
  };
}
