/** What all connections of a listener have under way together. */
export class Load {
  /** Requests not answered yet. */
  open = 0;
  /** Their bytes. */
  openBytes = 0;
  /** Bytes that wait for a peer: frames that are not complete, answers that are not taken. */
  waitingBytes = 0;
  /** Answers that clients owe. */
  calls = 0;
  /** Runs whenever the last open request ended. */
  onIdle: (() => void) | undefined;

  opened(bytes: number): void {
    this.open++;
    this.openBytes += bytes;
  }

  ended(bytes: number): void {
    this.open--;
    this.openBytes -= bytes;
    if (this.open === 0) this.onIdle?.();
  }
}
