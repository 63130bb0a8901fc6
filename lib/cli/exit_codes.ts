/** How the process ends, by number; `pocketmq help exit` and the README tell the same. */
export const EXIT = {
  orderly: 0,
  failed: 1,
  usage: 2,
  held: 3,
  address: 4,
  fault: 5,
  flawed: 6,
  interrupted: 130,
} as const;

/** What each means. */
export const EXIT_SENTENCES: ReadonlyMap<number, string> = new Map<number, string>([
  [EXIT.orderly, "stopped in order (SIGTERM, SIGINT), or the command did what it says"],
  [EXIT.failed, "could not start, for a reason not named below; the last line tells it"],
  [EXIT.usage, "arguments or settings that cannot be read or do not go together"],
  [EXIT.held, "another process holds the data directory; the last line names its pid"],
  [EXIT.address, "an address cannot be listened on: taken, not of this machine, not allowed"],
  [EXIT.fault, "stopped in order after a fault of its own; the last line tells it"],
  [EXIT.flawed, "bench: not all was taken, or what came is not what was sent; the report says"],
  [EXIT.interrupted, "a second signal ended it at once; the next start recovers"],
]);
