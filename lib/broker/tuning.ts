/** Settings by their Java property names, read and changed while running. */
export class Tuning {
  /** Every setting and its value now. */
  current(): Map<string, string> {
    throw new Error("not yet");
  }

  /** Changes what is named and keeps it for the next start. @throws {Refusal} */
  change(_entries: ReadonlyMap<string, string>): Promise<void> {
    throw new Error("not yet");
  }
}
