import type { Clock } from "../port/clock.ts";

/** What waits behind a slice comes so much later: a tail of its own where messages are quick. */
const shortMs = 1;
const done = Promise.resolve();

/**
 * Lets the event loop go on after each slice of long work in the background, as long as `sliceMs`
 * says at that moment.
 */
export function pauses(clock: Clock, sliceMs: () => number = () => shortMs): () => Promise<void> {
  let startedMs = clock.monotonic();
  return () => {
    if (clock.monotonic() - startedMs < sliceMs()) return done;
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
