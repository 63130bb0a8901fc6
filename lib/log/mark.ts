import { getLong, setLong } from "../model/record.ts";
import { crc32 } from "../port/checksum.ts";
import type { Disk, DiskFile } from "../port/disk.ts";
import type { KeysMark } from "./keys.ts";
import type { PositionRange } from "./own_ranges.ts";

/** How far a run of this broker got. */
export type MarkState =
  /** It has recovered, and its `abort` file may or may not be there. */
  | "starting"
  /** Its `abort` file is there. */
  | "running"
  /** It stopped in order. */
  | "clean";

/** What we know for sure about the data directory. */
export interface Mark {
  readonly state: MarkState;
  /** CRC-32 of the `abort` file of this run, and of the one found before it (0: none). */
  readonly abortCrc: number;
  readonly abortBeforeCrc: number;
  /** All of the log below it is on the disk. */
  readonly durable: number;
  /** Queue and key entries of all records below it are on the disk. */
  readonly views: number;
  /**
   * Store time of the newest record below `durable`, its position and CRC-32; position -1: none.
   */
  readonly lastTimestamp: number;
  readonly lastPosition: number;
  readonly lastCrc: number;
  readonly segmentBytes: number;
  /** CRC-32 of the topics' names in `consumequeue` after an orderly stop. */
  readonly topicsCrc: number;
  readonly keys: KeysMark | undefined;
  /** Where in the log this broker's own records lie; the last range may be open. */
  readonly own: readonly PositionRange[];
}

const markMagic = 0x504d514d;
const version = 1;
const headBytes = 16;
const slotBytes = 4096;
const states: readonly MarkState[] = ["starting", "running", "clean"];

/**
 * The durable mark, in the root of the data directory: two slots, written in turn, each with a
 * sequence number and a checksum, so that a torn write leaves the one before. It tells a torn
 * tail from damage in the middle, and our own records from another broker's.
 */
export class MarkFile {
  readonly #file: DiskFile;
  #sequence = 0;
  #newest: Mark | undefined;

  /** Opens or makes the file. @throws {Error} where a newer version of this program wrote it. */
  constructor(disk: Disk, directory: string) {
    const path = `${directory}/pocketmq.mark`;
    const isNew = !disk.exists(path);
    this.#file = disk.open(path, "create");
    if (isNew || this.#file.size() < 2 * slotBytes) {
      this.#file.write(new Uint8Array(2 * slotBytes), 0);
      this.#file.syncNow();
      disk.syncDirectory(directory);
    }
    for (const slot of [0, 1]) this.#readSlot(slot, path);
  }

  /** What was written last, or undefined where nothing sound stands there. */
  get newest(): Mark | undefined {
    return this.#newest;
  }

  /** Hands the mark to the kernel. */
  write(mark: Mark): void {
    this.#sequence++;
    this.#newest = mark;
    const longs = [this.#sequence, ...longsOf(mark)];
    const bytes = new Uint8Array(headBytes + 8 * longs.length);
    const view = new DataView(bytes.buffer);
    for (const [at, long] of longs.entries()) setLong(view, headBytes + 8 * at, long);
    view.setUint32(0, markMagic);
    view.setUint32(4, version);
    view.setUint32(8, longs.length);
    view.setUint32(12, crc32(bytes.subarray(headBytes)));
    this.#file.write(bytes, (this.#sequence % 2) * slotBytes);
  }

  /** Hands the newest mark, with these changes, to the kernel. */
  update(changes: Partial<Mark>): void {
    if (this.#newest !== undefined) this.write({ ...this.#newest, ...changes });
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  syncNow(): void {
    this.#file.syncNow();
  }

  close(): void {
    this.#file.close();
  }

  #readSlot(slot: number, path: string): void {
    const bytes = new Uint8Array(slotBytes);
    const view = new DataView(bytes.buffer);
    this.#file.read(bytes, slot * slotBytes);
    if (view.getUint32(0) !== markMagic) return;
    if (view.getUint32(4) > version) {
      throw new Error(
        `Cannot open the store: ${path} has version ${view.getUint32(4)}, this program knows ` +
          `${version}. Use the newer program that wrote it.`,
      );
    }
    const end = headBytes + 8 * view.getUint32(8);
    if (end > slotBytes || crc32(bytes.subarray(headBytes, end)) !== view.getUint32(12)) return;
    const longs: number[] = [];
    for (let at = headBytes; at < end; at += 8) longs.push(getLong(view, at));
    if (longs[0] <= this.#sequence) return;
    this.#sequence = longs[0];
    this.#newest = markOf(longs.slice(1));
  }
}

function longsOf(mark: Mark): number[] {
  const { keys } = mark;
  const longs = [
    states.indexOf(mark.state),
    mark.abortCrc,
    mark.abortBeforeCrc,
    mark.durable,
    mark.views,
    mark.lastTimestamp,
    mark.lastPosition,
    mark.lastCrc,
    mark.segmentBytes,
    mark.topicsCrc,
    keys === undefined ? -1 : Number(keys.name.slice(0, 9)),
    keys === undefined ? -1 : Number(keys.name.slice(9)),
    keys?.header.beginTimestamp ?? 0,
    keys?.header.endTimestamp ?? 0,
    keys?.header.beginPosition ?? 0,
    keys?.header.endPosition ?? 0,
    keys?.header.slotCount ?? 0,
    keys?.header.count ?? 1,
  ];
  for (const { from, to } of mark.own) longs.push(from, to === Infinity ? -1 : to);
  return longs;
}

function markOf(longs: readonly number[]): Mark {
  const [state, abortCrc, abortBeforeCrc, durable, views, ...rest] = longs;
  const [lastTimestamp, lastPosition, lastCrc, segmentBytes, topicsCrc, ...behind] = rest;
  const [nameHead, nameTail, ...header] = behind;
  const [beginTimestamp, endTimestamp, beginPosition, endPosition, slotCount, count] = header;
  const name = String(nameHead).padStart(9, "0") + String(nameTail).padStart(8, "0");
  const own: PositionRange[] = [];
  for (let at = 6; at + 1 < header.length; at += 2) {
    own.push({ from: header[at], to: header[at + 1] < 0 ? Infinity : header[at + 1] });
  }
  return {
    state: states[state] ?? "running",
    abortCrc,
    abortBeforeCrc,
    durable,
    views,
    lastTimestamp,
    lastPosition,
    lastCrc,
    segmentBytes,
    topicsCrc,
    keys: nameHead < 0 ? undefined : {
      name,
      header: { beginTimestamp, endTimestamp, beginPosition, endPosition, slotCount, count },
    },
    own,
  };
}
