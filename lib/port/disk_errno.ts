import { DiskError, type DiskErrorCode } from "./disk.ts";

/** Numbers of Linux, for errors that a runtime reports by text only (`… (os error 28)`). */
const names: ReadonlyMap<number, string> = new Map([
  [1, "EPERM"],
  [2, "ENOENT"],
  [4, "EINTR"],
  [5, "EIO"],
  [9, "EBADF"],
  [13, "EACCES"],
  [17, "EEXIST"],
  [20, "ENOTDIR"],
  [21, "EISDIR"],
  [23, "ENFILE"],
  [24, "EMFILE"],
  [28, "ENOSPC"],
  [30, "EROFS"],
  [39, "ENOTEMPTY"],
  [122, "EDQUOT"],
]);

/** What each errno name counts as; one that is missing here is `EIO`. */
const codes: ReadonlyMap<string, DiskErrorCode> = new Map([
  ["EIO", "EIO"],
  ["ENOSPC", "ENOSPC"],
  ["EDQUOT", "ENOSPC"],
  ["ENOENT", "ENOENT"],
  // A path with a NUL in it: no file can have that name.
  ["ERR_INVALID_ARG_VALUE", "ENOENT"],
  ["EEXIST", "EEXIST"],
  ["ENOTEMPTY", "EEXIST"],
  ["EACCES", "EACCES"],
  ["EPERM", "EACCES"],
  ["EMFILE", "EMFILE"],
  ["ENFILE", "EMFILE"],
  ["ENOTDIR", "ENOTDIR"],
  ["EISDIR", "EISDIR"],
  ["EROFS", "EROFS"],
]);

/** The errno name of a runtime's file error, `EIO` where it cannot be told. */
export function errnoName(error: unknown): string {
  if (!(error instanceof Error)) return "EIO";
  const { code } = error as Error & { code?: unknown };
  if (typeof code === "string") return code;
  const number = /\(os error (\d+)\)/.exec(error.message)?.[1];
  return names.get(Number(number)) ?? "EIO";
}

/** A runtime's file error as the port's; one that already is stays. */
export function diskError(error: unknown, operation: string, path: string): DiskError {
  if (error instanceof DiskError) return error;
  const failed = new DiskError(codes.get(errnoName(error)) ?? "EIO", operation, path);
  failed.cause = error;
  return failed;
}
