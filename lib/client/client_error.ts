import { Refusal } from "../model/refusal.ts";
import { CallError } from "../remoting/caller.ts";
import type { Command } from "../remoting/command.ts";

/** Why a call of a {@linkcode Client} failed. */
export type ClientErrorKind =
  /** The other side answered no; `code` says which. */
  | "refused"
  /** No answer in time: whether it was done is not known. */
  | "timeout"
  /** The connection went while an answer was awaited: whether it was done is not known. */
  | "closed"
  /** No connection came about, or the request never left: it was not done. */
  | "unreachable"
  /** No name server knows where the topic is. */
  | "no-route"
  /** The answer does not read. */
  | "garbled";

/** A call that failed; the message is one sentence with cause and place. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  /** RocketMQ's response code, of a refusal. */
  readonly code: number | undefined;

  constructor(
    readonly kind: ClientErrorKind,
    message: string,
    options: ErrorOptions & { readonly code?: number } = {},
  ) {
    super(message, options);
    this.code = options.code;
  }
}

/** The error of a request that was answered with no. */
export function refusedError(what: string, { code, remark }: Command): ClientError {
  const why = remark === undefined ? "no reason given" : remark.replaceAll(/\s+/g, " ");
  return new ClientError("refused", `Cannot ${what}: refused with code ${code}: ${why}`, { code });
}

/** The error of an answer that does not read; what is no such error is thrown on. */
export function unreadError(fault: unknown): ClientError {
  if (fault instanceof ClientError) return fault;
  if (fault instanceof Refusal) return new ClientError("garbled", fault.message);
  throw fault;
}

/** The error of a request that has no answer. */
export function lostError(what: string, reason: unknown): ClientError {
  if (reason instanceof ClientError) return reason;
  const said = reason instanceof Error ? reason.message : String(reason);
  const kind = !(reason instanceof CallError) || reason.kind === "unsent"
    ? "unreachable"
    : reason.kind;
  return new ClientError(kind, `Cannot ${what}: ${said}`, { cause: reason });
}
