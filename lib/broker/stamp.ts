import { closed, Property, withProperty } from "../model/properties.ts";
import { Refusal } from "../model/refusal.ts";

const BETWEEN = "\u0001";
const AFTER = "\u0002";

/** What one pass over a message's properties found. */
export interface Scan {
  /** The text without what the broker takes out. */
  readonly kept: string;
  readonly uniqueKey: string | undefined;
  /** False: the sender does not want to wait for the disk (`WAIT=false`). */
  readonly wait: boolean;
  /** What it wants beside being stored; undefined: nothing. A transaction comes first. */
  readonly wish: Wish | undefined;
  /** What it wants beside a transaction. */
  readonly later: Exclude<Wish, "transaction"> | undefined;
  /** Is it a batch in one record (`INNER_NUM`)? */
  readonly isInnerBatch: boolean;
}

/**
 * What a message may ask for that leads it elsewhere first. A transaction beats a delay level,
 * which beats a delivery time; one that was timed already (`TIMER_OUT_MS`) is not timed again.
 */
export type Wish = "delay" | "timer" | "transaction";

/**
 * Looks at each property once, by its first letter. Taken out: `POP_CK`, an empty `UNIQ_KEY`, and
 * what the broker sets itself. Everything else stays as it came, `WAIT=true` too: 5.5.0 stores it.
 * @throws {Refusal} `message-illegal` for a delay level that is no number.
 */
export function scanProperties(text: string): Scan {
  let kept = "";
  let keptTo = 0;
  let uniqueKey: string | undefined;
  let wait = true;
  let later: Scan["later"];
  let isTransaction = false;
  let isInnerBatch = false;
  let isTimed = false;
  for (let at = 0; at < text.length;) {
    const mark = text.indexOf(AFTER, at);
    const end = mark < 0 ? text.length : mark;
    const part = classify(text, at, end);
    if (part === "wait") wait = text.slice(at + 5, end).toLowerCase() !== "false";
    if (part === "key") uniqueKey = text.slice(at + 9, end);
    if (part === "delay" && isDelayed(text.slice(at + 6, end))) later = part;
    if (part === "timer") later ??= part;
    if (part === "timed") isTimed = true;
    if (part === "batch") isInnerBatch = true;
    if (part === "transaction") isTransaction = text.slice(at + 9, end).toLowerCase() === "true";
    if (part === "own" || (part === "key" && uniqueKey === "")) {
      kept += text.slice(keptTo, at);
      keptTo = end + 1;
    }
    at = end + 1;
  }
  if (uniqueKey === "") uniqueKey = undefined;
  if (isTimed && later === "timer") later = undefined;
  return {
    kept: closed(keptTo === 0 ? text : kept + text.slice(keptTo)),
    uniqueKey,
    wait,
    wish: isTransaction ? "transaction" : later,
    later,
    isInnerBatch,
  };
}

/** The properties that the broker adds to every message; built once (reference §4.1). */
export function brokerProperties(
  identity: { readonly region: string; readonly traceOn: boolean; readonly clusterName: string },
): string {
  return Property.region + BETWEEN + identity.region + AFTER +
    Property.traceOn + BETWEEN + identity.traceOn + AFTER +
    Property.cluster + BETWEEN + identity.clusterName + AFTER;
}

/** The text with a unique key at its end. */
export function withUniqueKey(text: string, key: string): string {
  return text + Property.uniqueKey + BETWEEN + key + AFTER;
}

/** What was kept of a message's properties, with the key that it has or gets. */
export function withKeyOf(scan: Scan, key: string): string {
  return scan.uniqueKey === undefined ? withUniqueKey(scan.kept, key) : scan.kept;
}

/** The same for a dead letter: whatever delay it asked for is over. */
export function undelayed(scan: Scan): Scan {
  return { ...scan, kept: withProperty(scan.kept, Property.delayLevel, "-1") };
}

type Part =
  | "own"
  | "wait"
  | "key"
  | "delay"
  | "timer"
  | "timed"
  | "transaction"
  | "batch"
  | undefined;

const OWN_BY_LETTER: { readonly [letter: number]: readonly (readonly [string, Part])[] } = {
  0x43: [[Property.cluster + BETWEEN, "own"]],
  0x44: [[Property.delayLevel + BETWEEN, "delay"]],
  0x49: [["INNER_NUM" + BETWEEN, "batch"]],
  0x4d: [[Property.region + BETWEEN, "own"]],
  0x50: [[Property.popReceipt + BETWEEN, "own"]],
  0x54: [
    [Property.traceOn + BETWEEN, "own"],
    [Property.transaction + BETWEEN, "transaction"],
    [Property.timerDeliverMs + BETWEEN, "timer"],
    [Property.timerDelaySeconds + BETWEEN, "timer"],
    [Property.timerDelayMs + BETWEEN, "timer"],
    [Property.timerOutMs + BETWEEN, "timed"],
  ],
  0x55: [[Property.uniqueKey + BETWEEN, "key"]],
  0x57: [[Property.wait + BETWEEN, "wait"]],
};

function classify(text: string, at: number, end: number): Part {
  const names = OWN_BY_LETTER[text.charCodeAt(at)];
  if (names === undefined) return undefined;
  for (const [name, part] of names) {
    if (at + name.length <= end && text.startsWith(name, at)) return part;
  }
  return undefined;
}

function isDelayed(level: string): boolean {
  if (/^[+-]?\d+$/.test(level)) return Number(level) > 0;
  throw new Refusal(
    "message-illegal",
    `The delay level ${JSON.stringify(level.slice(0, 40))} is no whole number.`,
  );
}
