import { setImmediate } from "node:timers";

/** Chunks of more bytes than this do not wait for the end of the turn. */
const GATHERED_MAX_BYTES = 1 << 20;
/** What took longer than this, ms, has its answer sent before the next is taken. */
const DEAR_MS = 0.2;

/** Who takes what came. */
export interface Taker {
  take(bytes: Uint8Array): void;
}

/**
 * What sockets bring in one turn of the event loop, in its order: the first at once, the others at
 * the turn's end, one behind the other. Between two of them the runtime would go to the kernel for
 * the next socket's bytes, and code and memory that are cold again cost a small request a tenth of
 * its time. What the first plans for the turn's end still runs behind all of them, unless one of
 * them is dear, as a look through a thousand messages: the others wait for a turn of their own
 * then, and its peer goes on meanwhile.
 */
export class Arrivals {
  #takers: Taker[] = [];
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isTurnPlanned = false;
  readonly #atTurnEnd = (): void => {
    this.#isTurnPlanned = false;
    this.#settle(DEAR_MS);
  };

  came(taker: Taker, bytes: Uint8Array): void {
    if (!this.#isTurnPlanned) {
      this.#isTurnPlanned = true;
      setImmediate(this.#atTurnEnd);
      taker.take(bytes);
      return;
    }
    this.#takers.push(taker);
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes > GATHERED_MAX_BYTES) this.settle();
  }

  /** Hands over all that waits: before a connection ends, what came before must have been seen. */
  settle(): void {
    this.#settle(Infinity);
  }

  #settle(dearMs: number): void {
    const takers = this.#takers;
    const chunks = this.#chunks;
    this.#takers = [];
    this.#chunks = [];
    this.#bytes = 0;
    let beganMs = performance.now();
    for (let at = 0; at < takers.length; at++) {
      takers[at].take(chunks[at]);
      const nowMs = performance.now();
      if (nowMs - beganMs > dearMs && at + 1 < takers.length) {
        this.#postpone(takers.slice(at + 1), chunks.slice(at + 1));
        return;
      }
      beganMs = nowMs;
    }
  }

  /** In front of what came meanwhile. */
  #postpone(takers: Taker[], chunks: Uint8Array[]): void {
    this.#takers = [...takers, ...this.#takers];
    this.#chunks = [...chunks, ...this.#chunks];
    for (const chunk of chunks) this.#bytes += chunk.length;
    if (!this.#isTurnPlanned) setImmediate(this.#atTurnEnd);
    this.#isTurnPlanned = true;
  }
}
