import { abortUnwritten } from "./abort_file.ts";
import type { Mark } from "./mark.ts";

/** Who wrote the store last, and how that ended. */
export type Standing =
  | "empty"
  | "our stop"
  | "our crash"
  | "a foreign stop"
  | "a foreign crash";

/** What is found in the data directory before anything is read of the log. */
export interface Evidence {
  readonly mark: Mark | undefined;
  /** See {@linkcode AbortFile.crc}. */
  readonly abortCrc: number;
  readonly hasSegments: boolean;
}

/** Judges by our mark and the `abort` file, which every broker rewrites as it starts and stops. */
export function judge({ mark, abortCrc, hasSegments }: Evidence): Standing {
  if (mark === undefined) {
    if (!hasSegments) return "empty";
    return abortCrc === 0 ? "a foreign stop" : "a foreign crash";
  }
  const isOwnAbort = abortCrc === mark.abortCrc;
  if (mark.state === "clean") {
    return abortCrc === 0 || isOwnAbort ? "our stop" : "a foreign crash";
  }
  if (isOwnAbort) return "our crash";
  const isBefore = abortCrc === mark.abortBeforeCrc || abortCrc === abortUnwritten;
  if (mark.state === "starting" && isBefore) return "our crash";
  return abortCrc === 0 ? "a foreign stop" : "a foreign crash";
}
