import { hex, hexNumber } from "../model/ids.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { HexText } from "./hex_text.ts";

const DAY_MS = 86_400_000;
const TIME_DIGITS = 8;
const COUNT_DIGITS = 4;

/**
 * Makes `UNIQ_KEY`s for messages that come without one, in the form of RocketMQ's clients
 * (`MessageClientIDSetter`): address, process id, four bytes of chance for the class loader's hash,
 * ms since the first of the month, and a count.
 */
export class UniqueIds {
  readonly #clock: Clock;
  readonly #process: string;
  #count = 0;
  /** The address and the time of the id before. */
  #ip: Uint8Array | undefined;
  #now = -1;
  #id = new HexText("");

  constructor(parts: { clock: Clock; random: Random; processId: number }) {
    this.#clock = parts.clock;
    const pid = parts.processId & 0xffff;
    this.#process = hex(new Uint8Array([pid >> 8, pid & 0xff])) + hex(parts.random.bytes(4));
  }

  /** A new id; `ip` is this side of the sender's connection. */
  next(ip: Uint8Array): string {
    const now = this.#clock.now();
    if (ip !== this.#ip || now !== this.#now) this.#begin(ip, now);
    this.#count = (this.#count + 1) & 0xffff;
    return this.#id.with(this.#count, COUNT_DIGITS);
  }

  /** Another address or millisecond. */
  #begin(ip: Uint8Array, now: number): void {
    const time = hexNumber(now - monthStart(now), TIME_DIGITS);
    this.#id = new HexText(`${hex(ip)}${this.#process}${time}${hexNumber(0, COUNT_DIGITS)}`);
    this.#ip = ip;
    this.#now = now;
  }
}

/**
 * The first of the month of a time, UTC, both ms since 1970 (civil-from-days, proleptic Gregorian).
 */
export function monthStart(timestamp: number): number {
  const day = Math.floor(timestamp / DAY_MS);
  const era = Math.floor((day + 719_468) / 146_097);
  const dayOfEra = day + 719_468 - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * month + 2) / 5);
  return (day - dayOfMonth) * DAY_MS;
}
