/** What a peer may send in one frame. */
export interface FrameLimits {
  /** Bytes of a frame, its length field included; Java's side has 16 MiB. */
  readonly frameMaxBytes: number;
  /** Bytes of the header within it. */
  readonly headerMaxBytes: number;
}

/** Bytes that are no frame, or too large a one: nothing behind them can be read any more. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Serialize types, the top byte of the word before the header. */
export const FORM_JSON = 0;
export const FORM_ROCKETMQ = 1;

const LENGTH_BYTES = 4;
/** Length, then serialize type and header length: no frame has less. */
const HEAD_BYTES = 8;
const FIRST_HOLD_BYTES = 256;
const NONE = new Uint8Array(0);

/**
 * Takes a frame: the bytes from `from`, behind its length field, to `to`. False: no more until the
 * splitter resumes.
 */
export type FrameVisitor = (bytes: Uint8Array, from: number, to: number) => boolean;

/**
 * Cuts a stream of chunks into frames. A frame that lies whole in a chunk is told by its place; one
 * that comes in pieces is gathered, in memory of at most twice of what has come.
 */
export class FrameSplitter {
  readonly #limits: FrameLimits;
  #held = NONE;
  #count = 0;
  #later: Uint8Array[] = [];
  #isWaiting = false;
  #isStopped = false;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
  }

  /** Is there nothing of a frame under way, and no chunk not looked at? */
  get isEmpty(): boolean {
    return this.#count === 0 && this.#later.length === 0;
  }

  /** Memory held for a frame that is not complete, and for chunks not looked at yet. */
  get heldBytes(): number {
    return this.#later.reduce((sum, chunk) => sum + chunk.length, this.#held.length);
  }

  /** Bytes that the frame under way will have: 0 where none is, 8 while its length is not known. */
  get pendingBytes(): number {
    if (this.#count === 0) return 0;
    return this.#count < LENGTH_BYTES ? HEAD_BYTES : LENGTH_BYTES + readInt(this.#held, 0);
  }

  /**
   * Takes the next chunk and calls `visit` with each frame that it completes.
   * @throws {FrameError} with the numbers, where lengths make no sense or exceed the limits.
   */
  push(chunk: Uint8Array, visit: FrameVisitor): void {
    if (this.#isWaiting) this.#later.push(chunk);
    else if (!this.#isStopped) this.#cut(chunk, visit);
  }

  /** Visits nothing more until {@linkcode FrameSplitter.resume}; what comes is kept. */
  wait(): void {
    this.#isWaiting = true;
  }

  /** Goes on with what was kept. @throws {FrameError} as {@linkcode FrameSplitter.push}. */
  resume(visit: FrameVisitor): void {
    this.#isWaiting = false;
    const later = this.#later;
    this.#later = [];
    for (const chunk of later) this.push(chunk, visit);
  }

  /** Lets go of what is held and looks at nothing any more. */
  stop(): void {
    this.#isStopped = true;
    this.#isWaiting = false;
    this.#later = [];
    this.#held = NONE;
    this.#count = 0;
  }

  #cut(chunk: Uint8Array, visit: FrameVisitor): void {
    let at = 0;
    while (this.#count > 0 && at < chunk.length) at = this.#complete(chunk, at, visit);
    while (at < chunk.length && !this.#isStopped) {
      if (this.#isWaiting) {
        this.#later.push(chunk.subarray(at));
        return;
      }
      const size = this.#frameBytes(chunk, at, chunk.length - at);
      if (chunk.length - at < size) {
        this.#hold(chunk, at, chunk.length - at);
        return;
      }
      const from = at + LENGTH_BYTES;
      at += size;
      if (!visit(chunk, from, at) && !this.#isStopped) this.#isWaiting = true;
    }
  }

  /** Adds to the frame under way; returns up to where the chunk was used. */
  #complete(chunk: Uint8Array, at: number, visit: FrameVisitor): number {
    const wanted = this.#frameBytes(this.#held, 0, this.#count);
    const taken = Math.min(wanted - this.#count, chunk.length - at);
    this.#hold(chunk, at, taken);
    if (this.#count === this.#frameBytes(this.#held, 0, this.#count)) {
      const held = this.#held;
      const to = this.#count;
      this.#held = NONE;
      this.#count = 0;
      if (!visit(held, LENGTH_BYTES, to) && !this.#isStopped) this.#isWaiting = true;
    }
    return at + taken;
  }

  #hold(chunk: Uint8Array, at: number, count: number): void {
    const needed = this.#count + count;
    if (needed > this.#held.length) {
      const known = this.#count >= LENGTH_BYTES
        ? LENGTH_BYTES + readInt(this.#held, 0)
        : FIRST_HOLD_BYTES;
      const roomy = Math.max(2 * this.#held.length, FIRST_HOLD_BYTES);
      const grown = new Uint8Array(Math.max(needed, Math.min(roomy, known)));
      grown.set(this.#held.subarray(0, this.#count));
      this.#held = grown;
    }
    this.#held.set(chunk.subarray(at, at + count), this.#count);
    this.#count = needed;
  }

  /** Bytes of the frame at `at`, as far as `have` bytes of it tell: 4, then 8, then all. */
  #frameBytes(bytes: Uint8Array, at: number, have: number): number {
    if (have < LENGTH_BYTES) return LENGTH_BYTES;
    const size = LENGTH_BYTES + readInt(bytes, at);
    const { frameMaxBytes, headerMaxBytes } = this.#limits;
    if (size < HEAD_BYTES || size > frameMaxBytes) {
      throw new FrameError(
        `a frame of ${size - LENGTH_BYTES} bytes; between 4 and ` +
          `${frameMaxBytes - LENGTH_BYTES} are taken (frameMaxBytes)${guess(bytes, at)}`,
      );
    }
    if (have < HEAD_BYTES) return HEAD_BYTES;
    const form = bytes[at + LENGTH_BYTES];
    const header = readInt(bytes, at + LENGTH_BYTES) & 0xffffff;
    if (form !== FORM_JSON && form !== FORM_ROCKETMQ) {
      throw new FrameError(`a frame with header form ${form}; known are 0 (JSON) and 1 (ROCKETMQ)`);
    }
    if (header > headerMaxBytes || header > size - HEAD_BYTES) {
      throw new FrameError(
        `a header of ${header} bytes in a frame with ${size - HEAD_BYTES} left for it; at most ` +
          `${headerMaxBytes} are taken (headerMaxBytes)`,
      );
    }
    return size;
  }
}

/** A big-endian int32. */
export function readInt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

/** What the first bytes look like, for those who knock at the wrong port. */
function guess(bytes: Uint8Array, at: number): string {
  if (bytes[at] === 0x16 && bytes[at + 1] === 0x03) return "; it looks like TLS";
  const isWord = [0, 1, 2, 3].every((ahead) =>
    bytes[at + ahead] >= 0x20 && bytes[at + ahead] < 127
  );
  if (!isWord) return "";
  return `; it begins with the text ${String.fromCharCode(...bytes.subarray(at, at + 4))}`;
}
