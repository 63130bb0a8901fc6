/** Counters of sends and pulls, and what code 28 tells. */
export class Stats {
  /** RocketMQ's keys (reference §8.1) and their values. */
  runtime(): Map<string, string> {
    throw new Error("not yet");
  }
}
