/** Chance, as everything but `port` sees it. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  below(below: number): number;
  /** `length` bytes. */
  bytes(length: number): Uint8Array;
}
