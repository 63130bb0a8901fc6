import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

/** How the network in memory behaves. */
export interface MemoryNetwork {
  readonly clock: Clock;
  readonly random: Random;
  /** How long a piece of bytes travels; each asks anew, and never overtakes. */
  readonly delayMs: () => number;
  /** Bytes of one direction that the kernels hold for a reader who does not read. */
  readonly windowBytes: number;
}

/** Who reads from a pipe. */
export interface PipeReader {
  /** Is it ready to take bytes? */
  readonly isReading: boolean;
  arrived(bytes: Uint8Array): void;
  /** The writer ended; everything before was taken. */
  finished(): void;
}

/**
 * One direction of a connection: what the writer's kernel has not taken (`unsentBytes`), what
 * travels, and what waits for the reader; the last two together fill the window.
 */
export class MemoryPipe {
  readonly #network: MemoryNetwork;
  readonly #reader: PipeReader;
  /** Tells the writer that everything was taken. */
  readonly #drained: () => void;
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #taken = 0;
  #waiting: Uint8Array[] = [];
  #lastArrival = 0;
  #isEnded = false;
  #isEndSent = false;
  #isEndWaiting = false;
  #isCut = false;
  #isSilent = false;

  constructor(network: MemoryNetwork, reader: PipeReader, drained: () => void) {
    this.#network = network;
    this.#reader = reader;
    this.#drained = drained;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** Bytes that came and that the reader has not taken. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Are there bytes that the reader has not taken, here or on the way? */
  get hasTaken(): boolean {
    return this.#taken > 0;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#isEnded || this.#isCut) return;
    this.#unsent.push(bytes);
    this.#unsentBytes += bytes.length;
    this.#send();
  }

  /** After the bytes, the end. */
  end(): void {
    this.#isEnded = true;
    this.#send();
  }

  /** The end, without what is unsent. */
  breakOff(): void {
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.end();
  }

  /** Gives the reader what waits, if it is ready. */
  deliver(): void {
    while (this.#waiting.length > 0 && this.#reader.isReading && !this.#isCut) {
      const bytes = joined(this.#waiting);
      this.#waiting = [];
      this.#taken -= bytes.length;
      this.#reader.arrived(bytes);
    }
    this.#refill();
    if (this.#isEndWaiting && this.#waiting.length === 0 && !this.#isCut) {
      this.#isEndWaiting = false;
      this.#reader.finished();
    }
  }

  /** From now on nothing arrives, not even what travels. */
  cut(): void {
    this.#isCut = true;
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#waiting = [];
  }

  /** From now on everything that is taken gets lost on the way, and nobody is told. */
  silence(): void {
    this.#isSilent = true;
  }

  #refill(): void {
    if (this.#unsentBytes === 0) return;
    this.#send();
    if (this.#unsentBytes === 0) this.#drained();
  }

  #send(): void {
    while (this.#unsentBytes > 0 && this.#hasRoom()) {
      const first = this.#unsent[0];
      const piece = first.subarray(0, this.#pieceLength(first.length));
      if (piece.length === first.length) this.#unsent.shift();
      else this.#unsent[0] = first.subarray(piece.length);
      this.#unsentBytes -= piece.length;
      this.#taken += piece.length;
      this.#travel(() => {
        this.#waiting.push(piece);
        this.deliver();
      });
    }
    if (!this.#isEnded || this.#isEndSent || this.#unsentBytes > 0) return;
    this.#isEndSent = true;
    this.#travel(() => {
      this.#isEndWaiting = true;
      this.deliver();
    });
  }

  /** Half the window, or what is unsent: a window that fills by drops is let empty first. */
  #hasRoom(): boolean {
    const { windowBytes } = this.#network;
    return windowBytes - this.#taken >= Math.min(this.#unsentBytes, Math.ceil(windowBytes / 2));
  }

  /** Streams keep no borders: now and then bytes written at once come in two pieces. */
  #pieceLength(length: number): number {
    const most = Math.min(length, this.#network.windowBytes - this.#taken);
    const { random } = this.#network;
    return most > 1 && random.below(4) === 0 ? 1 + random.below(most - 1) : most;
  }

  #travel(arrive: () => void): void {
    const { clock, delayMs } = this.#network;
    const now = clock.monotonic();
    this.#lastArrival = Math.max(this.#lastArrival, now + delayMs());
    clock.after(this.#lastArrival - now, () => {
      if (!this.#isCut && !this.#isSilent) arrive();
    });
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return new Uint8Array(pieces[0]);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
