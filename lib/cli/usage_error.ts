/** Arguments that make no command; the message is one sentence. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
