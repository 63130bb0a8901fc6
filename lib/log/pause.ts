import type { Clock } from "../port/clock.ts";

/** What waits behind a slice comes so much later: a tail of its own where messages are quick. */
const sliceMs = 1;
const done = Promise.resolve();

/** Lets the event loop go on after each millisecond of long work in the background. */
export function pauses(clock: Clock): () => Promise<void> {
  let startedMs = clock.monotonic();
  return () => {
    if (clock.monotonic() - startedMs < sliceMs) return done;
    return new Promise((resolve) => {
      clock.soon(() => {
        startedMs = clock.monotonic();
        resolve();
      });
    });
  };
}

/** Never pauses: for the start, before anybody is served. */
export function noPause(): Promise<void> {
  return done;
}
