/** What to look for by key. */
export interface KeyAsk {
  readonly topic: string;
  readonly key: string;
  readonly max: number;
  /** Store times, ms since 1970, inclusive. */
  readonly beginMs: number;
  readonly endMs: number;
  /** The key is a `UNIQ_KEY`. */
  readonly unique: boolean;
}

export interface KeyResult {
  readonly records: readonly Uint8Array[];
  /** When and how far the index was last written. */
  readonly lastUpdateMs: number;
  readonly lastUpdatePosition: number;
}

/** Finding records by key or place. */
export class Lookup {
  /** @throws {Refusal} `not-found` */
  byKey(_ask: KeyAsk): KeyResult {
    throw new Error("not yet");
  }

  /** The record at a position of the log. @throws {Refusal} `failed` */
  byPosition(_position: number): Uint8Array {
    throw new Error("not yet");
  }
}
