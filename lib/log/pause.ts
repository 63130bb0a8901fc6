import type { Clock } from "../port/clock.ts";

/** What waits behind a slice comes so much later: a tail of its own where messages are quick. */
const shortMs = 1;
const done = Promise.resolve();

/** How long work in the background goes on by itself, and leaves the event loop alone after it. */
export interface Slices {
  /** As long as this says at that moment. */
  sliceMs(): number;
  /** 0: what the event loop has received comes first, and then the next slice. */
  restMs(): number;
}

const short: Slices = { sliceMs: () => shortMs, restMs: () => 0 };

/** Lets the event loop go on after each slice of long work in the background. */
export function pauses(clock: Clock, slices = short): () => Promise<void> {
  let startedMs = clock.monotonic();
  return () => {
    if (clock.monotonic() - startedMs < slices.sliceMs()) return done;
    return new Promise((resolve) => {
      const goOn = () => {
        startedMs = clock.monotonic();
        resolve();
      };
      const restMs = slices.restMs();
      if (restMs > 0) clock.after(restMs, goOn);
      else clock.soon(goOn);
    });
  };
}

/** Never pauses: for the start, before anybody is served. */
export function noPause(): Promise<void> {
  return done;
}
