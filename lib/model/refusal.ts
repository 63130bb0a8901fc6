/**
 * Why a request is refused. The list is closed: every listener maps every kind to a code of its own
 * protocol in one total table, so a kind without a code does not compile.
 */
export type RefusalKind =
  /** Something failed here that is nobody's fault: the broker's own trouble. */
  | "failed"
  /** Too much at once; try again later. */
  | "busy"
  /** This broker does not do that (yet). */
  | "unsupported"
  /** Stored, but the wait for the disk ran out. */
  | "flush-timeout"
  /** The message breaks a rule: size, properties, a delay that is not taken. */
  | "message-illegal"
  /** Not taking writes now: disk full, log failed, starting or stopping. */
  | "unavailable"
  /** Permission of the broker, topic or group says no. */
  | "no-permission"
  | "topic-unknown"
  /** A consumer asks too much too fast. */
  | "flow-control"
  /** Nothing by that key, id or name. */
  | "not-found"
  /** The message that is meant is not there, or not the client's any more. */
  | "message-gone"
  /** The filter expression does not parse. */
  | "subscription-invalid"
  | "subscription-unknown"
  /** The client speaks of a newer subscription than the broker has heard of. */
  | "subscription-stale"
  /** The filter of a heartbeat cannot be read. */
  | "filter-unknown"
  | "group-unknown"
  /** A value is out of its range or not of its type. */
  | "parameter-invalid"
  /** A request does not read: a field is missing, or one of another type, or its body is none. */
  | "request-illegal"
  /** It is against what was agreed on: too late, or not by this one. */
  | "illegal-operation"
  | "consumer-offline"
  /** A client that was asked something did not answer in time. */
  | "client-silent"
  | "broker-unknown";

/** A refusal with its kind; the message is one sentence with cause, numbers and cure. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** Which switch said no, for a pull that lacks permission (RocketMQ's forbiddenType). */
  readonly forbidden: number;
  constructor(readonly kind: RefusalKind, message: string, forbidden = 0) {
    super(message);
    this.forbidden = forbidden;
  }
}
