/** What the broker as a whole lets happen (`brokerPermission`). */
export class Access {
  get isReadable(): boolean {
    throw new Error("not yet");
  }

  get isWritable(): boolean {
    throw new Error("not yet");
  }
}
