import { readFileSync, statSync } from "node:fs";
import process from "node:process";

/** Is there a process of that id? */
export function processIsAlive(pid: number): boolean {
  // 0 and below would speak of groups of processes.
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === "EPERM";
  }
}

/**
 * The process that holds an fcntl lock on the file: SQLite's and Java's `FileLock` are such.
 * Undefined where there is none, or where it cannot be told (no Linux, another machine or
 * container). The file is not opened: closing it would drop the locks of this process.
 */
export function lockHolder(path: string): number | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return holderIn(readFileSync("/proc/locks", "utf8"), { dev, ino });
  } catch {
    return undefined;
  }
}

/**
 * Finds the holder in the text of `/proc/locks`, whose lines read `1: POSIX  ADVISORY  WRITE 4711
 * fd:01:1234 0 EOF`; those with `->` only wait. Some file systems show another device there than
 * `stat` does: then an inode number that is there once will do.
 */
export function holderIn(
  locks: string,
  file: { readonly dev: bigint; readonly ino: bigint },
): number | undefined {
  const found: { readonly pid: number; readonly isDevice: boolean }[] = [];
  for (const line of locks.split("\n")) {
    const match = /^\d+: POSIX +\S+ +\S+ (\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line);
    if (match === null || BigInt(match[4]) !== file.ino) continue;
    const isDevice = major(file.dev) === parseInt(match[2], 16) &&
      minor(file.dev) === parseInt(match[3], 16);
    found.push({ pid: Number(match[1]), isDevice });
  }
  const sure = found.filter((one) => one.isDevice);
  const pids = new Set((sure.length > 0 ? sure : found).map((one) => one.pid));
  const [pid] = pids;
  return pids.size === 1 && pid > 0 ? pid : undefined;
}

/** Linux packs both numbers of a device into one (`gnu_dev_major`). */
function major(dev: bigint): number {
  return Number(((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn));
}

function minor(dev: bigint): number {
  return Number((dev & 0xffn) | ((dev >> 12n) & ~0xffn));
}
