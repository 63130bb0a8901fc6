/** How long an ended connection waits for its peer to take the rest and to close as well. */
export const lingerMs = 10_000;

/** `ECONNRESET` and the like; empty where the error has none. */
export function codeOf(error: Error): string {
  const { code } = error as Error & { code?: unknown };
  return typeof code === "string" ? code : "";
}

/** Why a connection closed: one word for the usual case. */
export function reasonOf(error: Error): string {
  const code = codeOf(error);
  return code === "ECONNRESET" || code === "EPIPE" ? "reset" : error.message;
}
