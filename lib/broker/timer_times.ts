import { getProperty, Property, withProperty } from "../model/properties.ts";
import type { StoredRecord } from "../model/record.ts";
import { Refusal } from "../model/refusal.ts";
import type { DelaySettings } from "./delay_settings.ts";

/** RocketMQ's topic of timed messages. */
export const TIMER_TOPIC = "rmq_sys_wheel_timer";

/** Upstream's only precision, ms: times that are whole multiples of it may be rounded by it. */
const UPSTREAM_PRECISION_MS = 1000;
const WHOLE = /^[+-]?\d{1,19}$/;

/** When the sender wants it, ms since 1970, and whether he said so from now on. */
interface Wanted {
  readonly atMs: number;
  readonly isRelative: boolean;
}

/**
 * The properties with `TIMER_OUT_MS`, by which the message is found due, or undefined where its
 * time has come already (`HookUtils.transformTimerMessage` of 5.5.0).
 * @throws {Refusal} `message-illegal` where the time is none, or too far away.
 */
export function timed(
  properties: string,
  now: number,
  settings: DelaySettings,
): string | undefined {
  const { atMs, isRelative } = wantedBy(properties, now);
  if (atMs <= now) return undefined;
  const most = settings.timerMaxSeconds * 1000;
  if (atMs - now > most) {
    throw new Refusal(
      "message-illegal",
      `timer message illegal, the delay time should not be bigger than the max delay ${most}ms: ` +
        `it is ${atMs - now} ms from now. Raise timerMaxDelaySec; or if set del msg, the delay ` +
        `time should be bigger than the current time`,
    );
  }
  const out = outOf(atMs, settings.timerPrecisionMs);
  const isLikeUpstream = isRelative && settings.timerPrecisionMs === 1 &&
    out % UPSTREAM_PRECISION_MS === 0;
  return withProperty(properties, Property.timerOutMs, String(isLikeUpstream ? out + 1 : out));
}

/** The last multiple of the precision before the time: upstream delivers one precision later. */
function outOf(atMs: number, precisionMs: number): number {
  return atMs % precisionMs === 0 ? atMs - precisionMs : atMs - atMs % precisionMs;
}

/**
 * When a record of the timer topic is due, ms since 1970; NaN where it does not say so. What an
 * upstream broker stored is rounded down to a second: then what its sender asked for counts.
 */
export function dueOf(record: StoredRecord, precisionMs: number): number {
  const { properties, storeTimestamp } = record;
  const out = Number(getProperty(properties, Property.timerOutMs) ?? NaN);
  if (!Number.isSafeInteger(out)) return NaN;
  let due = out + 1;
  if (out % UPSTREAM_PRECISION_MS === 0) {
    const isRolled = getProperty(properties, Property.timerRollTimes) !== undefined;
    const wanted = tryWanted(properties, storeTimestamp);
    const isKnown = wanted !== undefined && !(wanted.isRelative && isRolled);
    const asked = isKnown ? wanted.atMs : out + UPSTREAM_PRECISION_MS;
    due = Math.max(due, Math.min(asked, out + UPSTREAM_PRECISION_MS));
  }
  return Math.ceil(due / precisionMs) * precisionMs;
}

/**
 * When something is to be done with what is due at `due`: then, or well before, where it is so far
 * away that the record must be stored anew (`TimerMessageStore.doEnqueue`).
 */
export function wakeOf(due: number, now: number, rollMs: number): number {
  const beyond = due - now - rollMs;
  if (beyond < 0) return due;
  return beyond < rollMs / 3 ? now + Math.floor(rollMs / 2) : now + rollMs;
}

function wantedBy(properties: string, now: number): Wanted {
  const wanted = tryWanted(properties, now);
  if (wanted !== undefined) return wanted;
  throw new Refusal(
    "message-illegal",
    "timer message illegal: its delivery time is no whole number. Give TIMER_DELIVER_MS in " +
      "milliseconds since 1970, TIMER_DELAY_MS in milliseconds or TIMER_DELAY_SEC in seconds.",
  );
}

/** Seconds beat milliseconds, and both beat a time. */
function tryWanted(properties: string, now: number): Wanted | undefined {
  const seconds = getProperty(properties, Property.timerDelaySeconds);
  const ms = getProperty(properties, Property.timerDelayMs);
  const text = seconds ?? ms ?? getProperty(properties, Property.timerDeliverMs) ?? "";
  if (!WHOLE.test(text)) return undefined;
  if (seconds !== undefined) return { atMs: now + Number(text) * 1000, isRelative: true };
  if (ms !== undefined) return { atMs: now + Number(text), isRelative: true };
  return { atMs: Number(text), isRelative: false };
}
