/** A start that cannot be; the message is one sentence with the cure. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** `held`: another process has the data directory; `address`: one cannot be listened on. */
  constructor(readonly reason: "failed" | "held" | "address" | "usage", message: string) {
    super(message);
  }
}
