/** Numbers for whoever asks how the log does. */
export interface LogState {
  readonly positionMin: number;
  readonly positionMax: number;
  readonly durablePosition: number;
  /** Appended, but the views do not show it yet. */
  readonly dispatchBehindBytes: number;
  /** Appended, but not on the disk. */
  readonly flushBehindBytes: number;
  /** Queue and key entries that wait in memory. */
  readonly pendingViewBytes: number;
  readonly diskTotalBytes: number;
  readonly diskFreeBytes: number;
  /** Used share of the disk, 0 to 1. */
  readonly diskRatio: number;
  readonly isDiskFull: boolean;
  /** Of the oldest record; -1 where there is none. */
  readonly earliestStoreTimestamp: number;
  /** Places where readers have met damage. */
  readonly damagedReads: number;
}

/** Why nothing is taken for a moment. */
export function crowdedSentence(pending: number, max: number): string {
  return `The disk is behind: ${pending} bytes of queue and key entries wait in memory, at most ` +
    `${max} may. Try again in a second.`;
}
