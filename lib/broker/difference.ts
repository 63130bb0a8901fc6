/** One of two who differ. */
export interface Side {
  readonly clientId: string;
  /** What it subscribes to, in words. */
  readonly wants: string;
}

/** Two clients of one group that subscribe differently: each takes messages from the other. */
export interface Difference {
  readonly group: string;
  readonly one: Side;
  readonly other: Side;
}
