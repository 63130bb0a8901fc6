import { DiskError } from "./disk.ts";
import { diskError, errnoName } from "./disk_errno.ts";

/** After so many interruptions or empty writes in a row the disk is taken for broken. */
const triesMax = 100;

/** A file's bare system calls: they may do a part only, and be interrupted (`EINTR`). */
export interface RawFile {
  readonly path: string;
  /** Returns the bytes read, 0 at the end of the file. */
  readSome(into: Uint8Array, position: number): number;
  /** Returns the bytes written. */
  writeSome(bytes: Uint8Array, position: number): number;
}

/** Fills `into` from `position`; returns the bytes read, fewer only at the end of the file. */
export function readFully(file: RawFile, into: Uint8Array, position: number): number {
  let done = 0;
  let tries = 0;
  while (done < into.length) {
    const rest = done === 0 ? into : into.subarray(done);
    try {
      const count = file.readSome(rest, position + done);
      if (count === 0) break;
      done += count;
      tries = 0;
    } catch (error) {
      if (!isWorthAnother(error, ++tries)) throw diskError(error, "read", file.path);
    }
  }
  return done;
}

/** Writes all of `bytes`, going on after short writes and interruptions. */
export function writeFully(file: RawFile, bytes: Uint8Array, position: number): void {
  let done = 0;
  let tries = 0;
  while (done < bytes.length) {
    const rest = done === 0 ? bytes : bytes.subarray(done);
    try {
      const count = file.writeSome(rest, position + done);
      done += count;
      tries = count === 0 ? tries + 1 : 0;
      if (tries >= triesMax) throw new DiskError("EIO", "write", file.path);
    } catch (error) {
      if (!isWorthAnother(error, ++tries)) throw diskError(error, "write", file.path);
    }
  }
}

/**
 * Runs a call that can be repeated, again where it was interrupted; other errors become the
 * port's.
 */
export function uninterrupted<T>(operation: string, path: string, call: () => T): T {
  for (let tries = 1;; tries++) {
    try {
      return call();
    } catch (error) {
      if (!isWorthAnother(error, tries)) throw diskError(error, operation, path);
    }
  }
}

function isWorthAnother(error: unknown, tries: number): boolean {
  return tries < triesMax && errnoName(error) === "EINTR";
}
