import type { Clock } from "../port/clock.ts";

const sliceMs = 4;
const done = Promise.resolve();

/** Lets the event loop go on after each few milliseconds of long work in the background. */
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
