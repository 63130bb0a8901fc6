import { claimedPosition, RECORD_MIN_BYTES } from "../model/record.ts";
import type { Disk, DiskFile } from "../port/disk.ts";
import { type OddFile, segmentCases } from "./recovery_cases.ts";
import { fileStartOf, type Segments } from "./segment.ts";

/** What the mark says about the files; `durable` -1 where it is void. */
export interface KnownOfFiles {
  readonly durable: number;
  readonly segmentBytes: number | undefined;
}

interface Found {
  readonly path: string;
  readonly start: number;
  readonly size: number;
  /** Does it begin with a record of its place? Then it was whole once. */
  readonly isUsed: boolean;
}

/**
 * Takes up the files of the commit log by the table of cases, and returns a sentence for each
 * that was odd. @throws {Error} where the log cannot be opened as it is, with what to do.
 */
export function adoptSegments(disk: Disk, segments: Segments, known: KnownOfFiles): string[] {
  const sentences: string[] = [];
  const found = findFiles(disk, segments.directory, sentences);
  const { segmentBytes } = segments;
  let isOver = false;
  for (const file of found) {
    const odd = oddOf(file, segments, known);
    if (odd === undefined && !isOver) {
      segments.adopt(file.start);
      continue;
    }
    const what = isOver ? "unused" : odd ?? "unused";
    const { act, why } = segmentCases[what];
    const file_ = `${file.path} (${file.size} bytes)`;
    if (act === "stop") throw new Error(stopSentence(what, file, segments));
    sentences.push(`${file_}: ${why}.`);
    if (act === "grow") {
      grow(disk, file.path, segmentBytes);
      segments.adopt(file.start);
    } else {
      isOver = true;
      disk.remove(file.path);
      disk.syncDirectory(segments.directory);
    }
  }
  const end = segments.last?.end ?? 0;
  if (known.durable > end) throw new Error(missingEndSentence(segments, known.durable));
  return sentences;
}

function oddOf(file: Found, segments: Segments, known: KnownOfFiles): OddFile | undefined {
  const { start, size } = file;
  const { segmentBytes, last } = segments;
  if (last !== undefined && start !== last.end) return "gap";
  if (size === segmentBytes) return undefined;
  const isAbove = known.durable >= 0 && start >= known.durable;
  // Recovery empties a segment's rest by cutting it and letting it grow again: the power may fail
  // between the two.
  if (file.isUsed && isAbove && size < segmentBytes) return "short";
  if (isAbove || (size === 0 && known.durable < 0)) return "unused";
  const isCut = known.durable >= 0 && known.segmentBytes === segmentBytes && size < segmentBytes;
  return isCut && start + size >= known.durable ? "short" : "oddSize";
}

function findFiles(disk: Disk, directory: string, sentences: string[]): Found[] {
  const found: Found[] = [];
  for (const { name, isDirectory } of disk.list(directory)) {
    const path = `${directory}/${name}`;
    const start = fileStartOf(name);
    if (isDirectory || start === undefined) {
      sentences.push(`${path} is left alone: ${segmentCases.strange.why}.`);
      continue;
    }
    const file = disk.open(path, "read");
    found.push({ path, start, size: file.size(), isUsed: isUsed(file, start) });
    file.close();
  }
  return found;
}

function isUsed(file: DiskFile, start: number): boolean {
  const head = new Uint8Array(RECORD_MIN_BYTES);
  if (file.read(head, 0) < head.length) return false;
  return claimedPosition({ bytes: head, view: new DataView(head.buffer), at: 0 }) === start;
}

function grow(disk: Disk, path: string, bytes: number): void {
  const file = disk.open(path, "write");
  try {
    file.truncate(bytes);
    file.syncNow();
  } finally {
    file.close();
  }
}

function stopSentence(odd: OddFile, file: Found, segments: Segments): string {
  if (odd === "gap") {
    const last = segments.last?.end ?? 0;
    return `Cannot open the log: in ${segments.directory} the files for positions ${last} to ` +
      `${file.start} are missing. Put them back; or move the files before them away as well, to ` +
      `go on without those messages.`;
  }
  return `Cannot open the log: ${file.path} has ${file.size} bytes, but ` +
    `mappedFileSizeCommitLog is ${segments.segmentBytes}. Set it to the size that the store was ` +
    `made with, or put the whole file back.`;
}

function missingEndSentence(segments: Segments, durable: number): string {
  return `Cannot open the log: ${segments.directory} ends at position ${
    segments.last?.end ?? 0
  }, ` +
    `but all up to ${durable} was on the disk. Put the missing files back; or, to start without ` +
    `them, remove pocketmq.mark and let the queues grow back by removing consumequeue and index.`;
}
