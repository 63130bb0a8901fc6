/** One row of the tick: background work as a function of now. */
export interface Job {
  readonly name: string;
  /**
   * Does what is due at `now` (monotonic ms) and says when it wants to run next; Infinity: when
   * woken.
   */
  run(now: number): number;
}
