import { randomFillSync } from "node:crypto";
import type { Random } from "./random.ts";

/** Real chance: numbers for choosing, bytes fit for secrets. */
export class RealRandom implements Random {
  next(): number {
    return Math.random();
  }

  below(below: number): number {
    return Math.floor(Math.random() * below);
  }

  bytes(length: number): Uint8Array {
    return randomFillSync(new Uint8Array(length));
  }
}
