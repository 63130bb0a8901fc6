import type { Disk } from "./disk.ts";

/**
 * Makes a directory and what is missing above it, so that a power cut cannot take it away again.
 */
export function makeDurableDirectory(disk: Disk, path: string): void {
  if (disk.exists(path)) return;
  const parent = parentOf(path);
  makeDurableDirectory(disk, parent);
  disk.makeDirectory(path);
  disk.syncDirectory(parent);
}

function parentOf(path: string): string {
  const at = path.replace(/\/+$/, "").lastIndexOf("/");
  if (at < 0) return ".";
  return at === 0 ? "/" : path.slice(0, at);
}
