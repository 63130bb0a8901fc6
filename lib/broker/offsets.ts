/** Where queues begin and end. An unknown queue is an empty one, as upstream. */
export class Offsets {
  /** Exclusive: where the next message goes. */
  max(_topic: string, _queueId: number): number {
    throw new Error("not yet");
  }

  min(_topic: string, _queueId: number): number {
    throw new Error("not yet");
  }

  /** `lower`: first offset stored at `timestamp` or later; `upper`: last one at or before. */
  byTime(
    _queue: { readonly topic: string; readonly queueId: number },
    _timestamp: number,
    _boundary: "lower" | "upper",
  ): number {
    throw new Error("not yet");
  }

  /** ms since 1970; -1 where there is no message. */
  earliestStoreTime(_topic: string, _queueId: number): number {
    throw new Error("not yet");
  }
}
