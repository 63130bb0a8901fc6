import { crc32 } from "../port/checksum.ts";
import type { Random } from "../port/random.ts";

/**
 * What a proof says: which message of which run it is. Within a stream of a run, messages were sent
 * one after another to one queue, so that their order there is known.
 */
export interface Proof {
  readonly run: number;
  readonly stream: number;
  readonly sequence: number;
  /** When it was to be sent, ms since 1970 with fractions. */
  readonly plannedMs: number;
}

/** Magic, run, stream, sequence, planned time; filling; checksum of all before it. */
const MAGIC = 0x504d5170;
const AT = { magic: 0, run: 4, stream: 8, sequence: 12, plannedMs: 16 } as const;
const CHECKSUM_BYTES = 4;

/** The smallest body that proves itself. */
export const PROOF_MIN_BYTES = 28;

/** Makes bodies that prove, wherever they are read, that they came whole and in order. */
export class ProofWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** Bodies of `bytes` bytes, at least {@linkcode PROOF_MIN_BYTES}, filled by chance. */
  constructor(options: { readonly run: number; readonly bytes: number; readonly random: Random }) {
    this.#bytes = options.random.bytes(Math.max(PROOF_MIN_BYTES, options.bytes));
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    this.#view.setUint32(AT.magic, MAGIC);
    this.#view.setUint32(AT.run, options.run);
  }

  write(stream: number, sequence: number, plannedMs: number): Uint8Array {
    const end = this.#bytes.length - CHECKSUM_BYTES;
    this.#view.setUint32(AT.stream, stream);
    this.#view.setUint32(AT.sequence, sequence);
    this.#view.setFloat64(AT.plannedMs, plannedMs);
    this.#view.setUint32(end, crc32(this.#bytes.subarray(0, end)));
    return this.#bytes.slice();
  }
}

/**
 * What the body proves; `foreign`: no {@linkcode ProofWriter} made it; `corrupt`: one did, and it
 * is not what was sent.
 */
export function readProof(body: Uint8Array): Proof | "foreign" | "corrupt" {
  if (body.length < PROOF_MIN_BYTES) return "foreign";
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (view.getUint32(AT.magic) !== MAGIC) return "foreign";
  const end = body.length - CHECKSUM_BYTES;
  if (view.getUint32(end) !== crc32(body.subarray(0, end))) return "corrupt";
  return {
    run: view.getUint32(AT.run),
    stream: view.getUint32(AT.stream),
    sequence: view.getUint32(AT.sequence),
    plannedMs: view.getFloat64(AT.plannedMs),
  };
}
