/**
 * The disk, as everything but `port` sees it. Paths are absolute or relative to the process; `/`
 * parts them. Everything is synchronous but {@linkcode DiskFile.sync}, the one wait on a
 * message's way, and what is done aside because it takes long: {@linkcode Disk.syncDirectoryAside}
 * and {@linkcode Disk.removeAside}.
 */
export interface Disk {
  /**
   * Opens a file: `read` and `write` need it to exist, `create` makes it (empty) where it does not.
   * A created file survives a power cut only after {@linkcode Disk.syncDirectory}.
   */
  open(path: string, mode: "read" | "write" | "create"): DiskFile;
  exists(path: string): boolean;
  /** Names inside a directory, sorted; none where there is no such directory. */
  list(directory: string): DiskEntry[];
  /** Makes the directory and its parents; syncs nothing. */
  makeDirectory(path: string): void;
  /** Renames a file or directory, replacing a file at `to`. */
  rename(from: string, to: string): void;
  /** Removes a file; no error where there is none. */
  remove(path: string): void;
  /** The same off the event loop: to give a GiB back takes a quarter of a second. */
  removeAside(path: string): Promise<void>;
  /** Removes a directory and all in it; no error where there is none. */
  removeDirectory(path: string): void;
  /** Makes creations, renames and removals inside this directory survive a power cut. */
  syncDirectory(path: string): void;
  /** The same off the event loop: resolves when it is done. */
  syncDirectoryAside(path: string): Promise<void>;
  /** Size and room of the file system that holds `path`, in bytes. */
  space(path: string): { readonly totalBytes: number; readonly freeBytes: number };
}

/** One name inside a directory. */
export interface DiskEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** An open file. No position of its own: every call says where. */
export interface DiskFile {
  readonly path: string;
  /** Bytes. */
  size(): number;
  /** When the file was last written, ms since 1970. */
  modifiedMs(): number;
  /** Fills `into` from `position`; returns the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): number;
  /** Writes all of `bytes` at `position`, or throws: short writes and EINTR are gone on with. */
  write(bytes: Uint8Array, position: number): void;
  /** Cuts the file, or grows it with zeros (no blocks taken). */
  truncate(size: number): void;
  /** fdatasync off the event loop: resolves when all bytes written before this call are durable. */
  sync(): Promise<void>;
  /** fdatasync now, blocking. For start, stop and small files. */
  syncNow(): void;
  close(): void;
}

/** The errno names that a disk error is told apart by; anything else is `EIO`. */
export type DiskErrorCode =
  | "EIO"
  | "ENOSPC"
  | "ENOENT"
  | "EEXIST"
  | "EACCES"
  | "EMFILE"
  | "ENOTDIR"
  | "EISDIR"
  | "EROFS";

/** A disk operation that failed, with the operation and path in its message. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  constructor(
    readonly code: DiskErrorCode,
    readonly operation: string,
    readonly path: string,
  ) {
    super(`Cannot ${operation} ${path}: ${code}`);
  }
}
