/**
 * Time, as everything but `port` sees it. Stamps use the wall clock, deadlines the monotonic one,
 * so that a stepped clock moves no deadline.
 */
export interface Clock {
  /** Wall clock, whole milliseconds since 1970. For stamps only. */
  now(): number;
  /** Milliseconds since some fixed point, never going back. For deadlines. */
  monotonic(): number;
  /** Runs `run` once, `delayMs` from now at the earliest. */
  after(delayMs: number, run: () => void): Timer;
  /** Runs `run` once, after the events that this turn of the event loop has already received. */
  soon(run: () => void): void;
}

/** A pending {@linkcode Clock.after}. */
export interface Timer {
  /** It does not run; nothing happens where it has. */
  cancel(): void;
}
