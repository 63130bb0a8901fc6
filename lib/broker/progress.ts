/** One queue of a group. */
export interface ProgressKey {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
}

/** How far groups have consumed. */
export class Progress {
  /** @throws {Refusal} `not-found` */
  of(_ask: ProgressKey & { readonly zeroIfNotFound: boolean }): number {
    throw new Error("not yet");
  }

  /** Notes it in memory; it is on disk a second later. @throws {Refusal} `group-unknown`, `topic-unknown` */
  commit(_commit: ProgressKey & { readonly offset: number }): void {
    throw new Error("not yet");
  }

  /** Resolves when it is on disk. */
  commitDurably(_commit: ProgressKey & { readonly offset: number }): Promise<void> {
    throw new Error("not yet");
  }
}
