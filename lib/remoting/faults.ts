import type { Refusal, RefusalKind } from "../model/refusal.ts";
import type { Answer } from "./row.ts";

/** RocketMQ's response codes that rows and this table speak of (`ResponseCode`). */
export const ResponseCode = {
  success: 0,
  systemError: 1,
  flushDiskTimeout: 10,
  pullNotFound: 19,
  pullRetryImmediately: 20,
  pullOffsetMoved: 21,
} as const;

/** Every kind of refusal and its response code. */
const CODES: Readonly<Record<RefusalKind, number>> = {
  "failed": ResponseCode.systemError,
  "request-illegal": ResponseCode.systemError,
  "busy": 2,
  "unsupported": 3,
  "flush-timeout": ResponseCode.flushDiskTimeout,
  "message-illegal": 13,
  "unavailable": 14,
  "no-permission": 16,
  "topic-unknown": 17,
  "flow-control": 215,
  "not-found": 22,
  "subscription-invalid": 23,
  "subscription-unknown": 24,
  "subscription-stale": 25,
  "group-unknown": 26,
  "filter-unknown": 27,
  "parameter-invalid": 29,
  "consumer-offline": 206,
  "client-silent": 207,
  "message-gone": 208,
  "broker-unknown": 211,
  "illegal-operation": 604,
};

/** A remark can repeat what the peer wrote; more of it helps nobody. */
const REMARK_MAX = 2000;

/** The answer that tells a refusal. */
export function refusalAnswer(refusal: Refusal): Answer {
  const { forbidden, kind, message } = refusal;
  return {
    code: CODES[kind],
    remark: message.length > REMARK_MAX ? `${message.slice(0, REMARK_MAX)}…` : message,
    header: forbidden === 0 ? undefined : { forbiddenType: forbidden },
  };
}

/** The answer to a request that failed here in an unexpected way. */
export function unexpectedAnswer(name: string, error: unknown): Answer {
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: ResponseCode.systemError,
    remark: `${name} failed inside the broker, whose log says more. ${why}`.slice(0, REMARK_MAX),
  };
}

/** The same as one log line: with the place where it came from. */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split("\n").find((line) => /^\s*at |@/.test(line))?.trim();
  const what = `${error.name}: ${error.message}`.replaceAll(/\s+/g, " ").slice(0, REMARK_MAX);
  return place === undefined ? what : `${what} ${place}`;
}
