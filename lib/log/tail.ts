import { BLANK_BYTES, Magic, type RecordTarget } from "../model/record.ts";

const blockBytesMax = 1 << 20;
const blocksKept = 4;

interface Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Position of the first byte. */
  readonly start: number;
  /** Bytes filled, and how many of them the kernel has. */
  used: number;
  written: number;
  /** Has a reader got a slice of it? */
  isShared: boolean;
}

/** Visits a record of the tail: where its bytes are, its position and its size. */
export type TailVisitor = (source: RecordTarget, position: number, size: number) => void;

/**
 * The newest records in memory. Records are encoded straight into its blocks, handed to the
 * kernel from there, and read from there. The oldest blocks are dropped; the memory of one that no
 * reader holds a slice of becomes the next one, for fresh memory is dear. A record never spans two
 * blocks, and a block never two segments.
 */
export class Tail {
  readonly #blockBytes: number;
  readonly #bytesMax: number;
  #blocks: Block[] = [];
  #held = 0;
  #unwritten = 0;
  #isSealed = false;
  /** Memory to be used again. */
  #spare: Pick<Block, "bytes" | "view"> | undefined;

  /** `bytesMax`: memory for all blocks; records that the kernel does not have yet may exceed it. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#blockBytes = Math.min(blockBytesMax, Math.ceil(bytesMax / blocksKept));
  }

  /** Room for `capacity` bytes at `position`, which follows what was advanced before. */
  reserve(position: number, capacity: number): RecordTarget {
    let block = this.#blocks.at(-1);
    if (
      block === undefined || this.#isSealed || block.start + block.used !== position ||
      block.bytes.length - block.used < capacity
    ) {
      block = this.#open(position, capacity);
    }
    return { bytes: block.bytes, view: block.view, at: block.used };
  }

  /** Keeps `size` bytes of what was reserved. */
  advance(size: number): void {
    this.#blocks[this.#blocks.length - 1].used += size;
    this.#unwritten += size;
  }

  /** What comes next goes to a block of its own: a segment ends here. */
  seal(): void {
    this.#isSealed = true;
  }

  /** Bytes that the kernel does not have. */
  get unwritten(): number {
    return this.#unwritten;
  }

  /**
   * Hands over all that is unwritten, in order, block by block. What `write` throws goes through.
   */
  handOver(write: (bytes: Uint8Array, position: number) => void): void {
    for (let at = this.#firstUnwritten(); at < this.#blocks.length; at++) {
      const block = this.#blocks[at];
      if (block.written === block.used) continue;
      write(block.bytes.subarray(block.written, block.used), block.start + block.written);
      block.written = block.used;
    }
    this.#unwritten = 0;
  }

  /** Drops the oldest blocks that are too much. What was handed over must have been visited. */
  trim(): void {
    while (this.#held > this.#bytesMax && this.#blocks.length > 1) {
      const block = this.#blocks[0];
      if (block.written < block.used) return;
      this.#held -= block.bytes.length;
      this.#blocks.shift();
      if (!block.isShared) this.#spare = block;
    }
  }

  /** Visits the records from `from` to `to`; fillers are passed over. */
  visit(from: number, to: number, visitor: TailVisitor): void {
    for (const block of this.#blocks) {
      if (block.start >= to || block.start + block.used <= from) continue;
      visitBlock(block, { from, to }, visitor);
    }
  }

  /** The bytes at `position`, or undefined where the tail does not reach back so far. */
  slice(position: number, size: number): Uint8Array | undefined {
    for (let at = this.#blocks.length - 1; at >= 0; at--) {
      const block = this.#blocks[at];
      if (position < block.start) continue;
      const from = position - block.start;
      if (from + size > block.used) return undefined;
      block.isShared = true;
      return block.bytes.subarray(from, from + size);
    }
    return undefined;
  }

  #firstUnwritten(): number {
    let first = this.#blocks.length;
    for (let at = first - 1; at >= 0; at--) {
      const block = this.#blocks[at];
      if (block.written < block.used) first = at;
      else if (block.used > 0) break;
    }
    return first;
  }

  #open(position: number, capacity: number): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.used === 0) {
      this.#blocks.pop();
      this.#held -= last.bytes.length;
    }
    const { bytes, view } = this.#memory(Math.max(capacity, this.#blockBytes));
    const block = { bytes, view, start: position, used: 0, written: 0, isShared: false };
    this.#blocks.push(block);
    this.#held += bytes.length;
    this.#isSealed = false;
    return block;
  }

  #memory(size: number): Pick<Block, "bytes" | "view"> {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare?.bytes.length === size) return spare;
    const bytes = new Uint8Array(size);
    return { bytes, view: new DataView(bytes.buffer) };
  }
}

function visitBlock(
  block: Block,
  range: { readonly from: number; readonly to: number },
  visitor: TailVisitor,
): void {
  // Whole numbers, not the doubles that positions beyond 2 GiB are: all that reads here needs them.
  let at = Math.max(range.from - block.start, 0) | 0;
  const end = Math.min(range.to - block.start, block.used) | 0;
  while (at < end) {
    const size = block.view.getInt32(at);
    const isBlank = block.view.getInt32(at + 4) === Magic.blank;
    if (!isBlank) visitor({ bytes: block.bytes, view: block.view, at }, block.start + at, size);
    at += isBlank ? BLANK_BYTES : size;
  }
}
