import { setLong } from "../model/record.ts";
import type { Disk, DiskFile } from "../port/disk.ts";
import { makeDurableDirectory } from "../port/durable_directory.ts";
import { forbidTimerCheck, type TimerCheck, writeTimerCheck } from "./timer_check.ts";
import type { TimerRow, TimerTable } from "./timer_table.ts";

/** What the export of timed messages works with. */
export interface TimerExportParts {
  readonly timerTable: TimerTable;
  readonly disk: Disk;
  /** The data directory. */
  readonly directory: string;
}

/** Where timed messages stand. */
export interface TimerStand {
  /** The wall clock, ms since 1970. */
  readonly now: number;
  /** The record before the first one that is not taken up; undefined: there is none. */
  readonly last: { readonly position: number; readonly size: number } | undefined;
}

/** RocketMQ's own sizes, bytes: its broker takes no file of another one. */
const FILE_BYTES = 100 << 20;
const UNIT_BYTES = 52;
const BLANK_BYTES = 16;
const BLANK_MAGIC = 0xcbd43194 | 0;
const UNITS_PER_FILE = Math.floor((FILE_BYTES - BLANK_BYTES) / UNIT_BYTES);
/** What a unit is for. */
const Magic = { message: 1, roll: 2, recall: 4 } as const;

const SECOND_MS = 1000;
/** Upstream looks back for so long at the most, a little less than its wheel is wide. */
const BACK_MS = 6 * 86_400_000;
/** What is due later than its wheel is wide is stored anew after so long. */
const WHEEL_MS = 7 * 86_400_000;
const ROLL_MS = 2 * 86_400_000;
/** The longest time that a unit can express as its delay. */
const DELAY_MAX_MS = 2_000_000_000;
/** Rows that are read and written at a time. */
const PAGE = 20_000;

/**
 * Leaves timed messages as RocketMQ's broker would: a unit in `timerlog` for each that waits, from
 * which it makes its wheel anew, and `config/timercheck` with how far they are delivered. So what
 * was delivered here is not delivered again there.
 */
export class TimerExport {
  readonly #parts: TimerExportParts;

  constructor(parts: TimerExportParts) {
    this.#parts = parts;
  }

  /**
   * Writes it all anew; nothing where no timed message was ever taken up. Where it is cut short,
   * the other broker reads the topic of timed messages from its beginning: it delivers some twice,
   * and loses none. @throws {DiskError} and {@link Refusal} `unavailable`
   */
  async write({ now, last }: TimerStand): Promise<void> {
    const { timerTable, disk, directory } = this.#parts;
    const { place } = timerTable;
    if (place === undefined || place.fed === 0) return;
    const [first] = await timerTable.page(undefined, 1);
    const at = slotOf(Math.max(Math.min(now, first?.wake ?? now), now - BACK_MS));
    const check: TimerCheck = { deliveredTo: at, takenUpTo: place.fed };
    await timerTable.adopt(check);
    await forbidTimerCheck(disk, directory);
    const isWheel = (name: string) => name.startsWith("timerwheel");
    for (const { name } of disk.list(directory).filter(({ name }) => isWheel(name))) {
      disk.remove(`${directory}/${name}`);
    }
    disk.removeDirectory(`${directory}/timerlog`);
    disk.syncDirectory(directory);
    if (first !== undefined) await this.#writeLog(at, { now, last });
    await writeTimerCheck(disk, directory, check);
  }

  async #writeLog(at: number, { now, last }: TimerStand): Promise<void> {
    const { timerTable, disk, directory } = this.#parts;
    const units = new TimerUnits(disk, `${directory}/timerlog`);
    try {
      let after: TimerRow | undefined;
      while (true) {
        const rows = await timerTable.page(after, PAGE);
        for (const row of rows) units.add(row, Math.max(row.wake - 1, at), now);
        units.flush();
        if (rows.length < PAGE) break;
        after = rows.at(-1);
      }
      // Upstream goes on behind the last unit's record: one in the past, which it passes over.
      if (last !== undefined) units.add({ ...last, wake: 0, kind: 1 }, at - SECOND_MS, now);
      await units.close();
    } finally {
      units.free();
    }
  }
}

/** The files of `timerlog`, written one unit after the other. */
class TimerUnits {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #bytes = new Uint8Array(PAGE * UNIT_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #file: DiskFile | undefined;
  #fileAt = -FILE_BYTES;
  /** Units in this file, and those of them that wait in memory. */
  #count = UNITS_PER_FILE;
  #waiting = 0;
  /** The slot of the unit before, and where that is. */
  #slot = NaN;
  #before = -1;
  /** The last unit of the slot at which is stored anew what lies beyond the wheel. */
  #beforeRoll = -1;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    makeDurableDirectory(disk, directory);
  }

  /** They come in order of time, so that those of one slot lie one behind the other. */
  add(row: TimerRow, wanted: number, now: number): void {
    if (this.#count >= UNITS_PER_FILE) this.#next();
    const isFar = wanted - now > WHEEL_MS;
    const wake = isFar ? now + ROLL_MS : wanted;
    const magic = isFar ? Magic.roll | Magic.message : MAGICS[row.kind] ?? Magic.message;
    const slot = slotOf(wake);
    const isRollSlot = slot === slotOf(now + ROLL_MS);
    const before = isRollSlot ? this.#beforeRoll : slot === this.#slot ? this.#before : -1;
    const written = Math.max(slotOf(now), wake - DELAY_MAX_MS);
    const view = this.#view;
    const at = this.#waiting * UNIT_BYTES;
    view.setInt32(at, UNIT_BYTES);
    setLong(view, at + 4, before);
    view.setInt32(at + 12, magic);
    setLong(view, at + 16, written);
    view.setInt32(at + 24, wake - written);
    setLong(view, at + 28, row.position);
    view.setInt32(at + 36, row.size);
    this.#slot = slot;
    this.#before = this.#fileAt + this.#count * UNIT_BYTES;
    if (isRollSlot) this.#beforeRoll = this.#before;
    this.#count++;
    if (++this.#waiting === PAGE) this.flush();
  }

  /** Hands to the kernel what waits. */
  flush(): void {
    const bytes = this.#bytes.subarray(0, this.#waiting * UNIT_BYTES);
    this.#file?.write(bytes, (this.#count - this.#waiting) * UNIT_BYTES);
    this.#waiting = 0;
  }

  async close(): Promise<void> {
    this.flush();
    await this.#file?.sync();
    this.#disk.syncDirectory(this.#directory);
  }

  free(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #next(): void {
    this.flush();
    if (this.#file !== undefined) {
      const view = new DataView(new ArrayBuffer(BLANK_BYTES));
      const at = this.#count * UNIT_BYTES;
      view.setInt32(0, FILE_BYTES - at);
      view.setInt32(12, BLANK_MAGIC);
      this.#file.write(new Uint8Array(view.buffer), at);
      this.#file.syncNow();
    }
    this.free();
    this.#fileAt += FILE_BYTES;
    this.#count = 0;
    const name = String(this.#fileAt).padStart(20, "0");
    this.#file = this.#disk.open(`${this.#directory}/${name}`, "create");
    this.#file.truncate(FILE_BYTES);
  }
}

/** By kind of row. */
const MAGICS: readonly number[] = [
  Magic.recall | Magic.message,
  Magic.message,
  Magic.roll | Magic.message,
];

function slotOf(ms: number): number {
  return Math.floor(ms / SECOND_MS) * SECOND_MS;
}
