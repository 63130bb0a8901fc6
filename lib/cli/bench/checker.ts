import { type Proof, readProof } from "../../client/proof.ts";
import { Gaps } from "./gaps.ts";

/** What was found to be wrong, and what could not be judged. */
export interface Findings {
  /** Missing between two that came, or before the first where the queue was read from its start. */
  readonly lost: number;
  readonly duplicated: number;
  /** Came behind one of the same stream that was sent later. */
  readonly outOfOrder: number;
  /** Not what was sent, by its checksum. */
  readonly corrupt: number;
  /** Came before it was to come, by more than the clock's step. */
  readonly early: number;
  /** Not of this tool: nothing is known of them. */
  readonly foreign: number;
}

/** Nothing was found. */
export const NO_FINDINGS: Findings = {
  ...{ lost: 0, duplicated: 0, outOfOrder: 0, corrupt: 0, early: 0, foreign: 0 },
};

/** What is to be compared. */
export interface CheckerOptions {
  /** Does every message come, and none is filtered out? */
  readonly expectsAll: boolean;
  /** Does each stream come in order? */
  readonly isOrdered: boolean;
  /** The only run that counts, all of which comes; undefined: whatever comes. */
  readonly only?: number;
}

/** Compares what comes with what its proofs say that was sent. */
export class Checker {
  /** The next sequence of each stream, by run. */
  readonly #runs = new Map<number, Map<number, number>>();
  readonly #gaps = new Gaps();
  readonly #options: CheckerOptions;
  #lost = 0;
  #duplicated = 0;
  #outOfOrder = 0;
  #corrupt = 0;
  #early = 0;
  #foreign = 0;

  constructor(options: CheckerOptions) {
    this.#options = options;
  }

  /** One came too early. */
  countEarly(): void {
    this.#early++;
  }

  /**
   * Takes the next body of a queue; `isWhole`: the queue was read from its very start. Returns what
   * a good one proves.
   */
  take(body: Uint8Array, isWhole: boolean): Proof | undefined {
    const proof = readProof(body);
    if (proof === "corrupt") this.#corrupt++;
    else if (proof === "foreign" || this.#isOthers(proof)) this.#foreign++;
    else {
      this.#place(proof, isWhole);
      return proof;
    }
    return undefined;
  }

  get findings(): Findings {
    return {
      lost: this.#options.expectsAll ? this.#lost : 0,
      duplicated: this.#duplicated,
      outOfOrder: this.#outOfOrder,
      corrupt: this.#corrupt,
      early: this.#early,
      foreign: this.#foreign,
    };
  }

  /** Messages of a run that never came, where each stream is known to have been sent so far. */
  unseen(run: number, sent: readonly number[]): number {
    const streams = this.#runs.get(run);
    return sent.reduce((sum, next, stream) => {
      return sum + Math.max(0, next - (streams?.get(stream) ?? 0));
    }, 0);
  }

  /** Has all come that was sent? Without an order gaps may close later than the end comes. */
  hasSeen(run: number, sent: readonly number[]): boolean {
    return this.unseen(run, sent) === 0 && (this.#options.isOrdered || this.#lost === 0);
  }

  #isOthers({ run }: Proof): boolean {
    const { only } = this.#options;
    return only !== undefined && only !== run;
  }

  #place({ run, stream, sequence }: Proof, isWhole: boolean): void {
    const streams = this.#runs.get(run) ?? new Map<number, number>();
    this.#runs.set(run, streams);
    const isKnown = isWhole || this.#options.only === run;
    const next = streams.get(stream) ?? (isKnown ? 0 : sequence);
    if (sequence < next) return this.#late(`${run}/${stream}`, { sequence, isKnown });
    streams.set(stream, sequence + 1);
    this.#lost += sequence - next;
    if (sequence > next) this.#gaps.open(`${run}/${stream}`, { from: next, to: sequence });
  }

  #late(
    stream: string,
    { sequence, isKnown }: { readonly sequence: number; readonly isKnown: boolean },
  ): void {
    const { isOrdered } = this.#options;
    if (this.#gaps.close(stream, sequence)) {
      this.#lost--;
      if (isOrdered) this.#outOfOrder++;
      // Without an order and a known beginning it may be one that was sent before the first.
    } else if (isOrdered || isKnown) this.#duplicated++;
  }
}
