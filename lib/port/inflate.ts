import { deflateSync, inflateSync } from "node:zlib";

/**
 * Unpacks a zlib stream; bytes behind its end are passed over. Throws an Error with a sentence
 * where it is damaged or cut off, or as soon as it gives more than `maxOutput` bytes: a
 * thousandfold is possible.
 */
export function inflateZlib(bytes: Uint8Array, maxOutput: number): Uint8Array {
  try {
    return plain(inflateSync(bytes, { maxOutputLength: Math.max(1, maxOutput) }));
  } catch (error) {
    throw new Error(`Cannot inflate ${bytes.length} bytes: ${reason(error, maxOutput)}`);
  }
}

/** Packs as zlib, level 5 as RocketMQ's clients do where `level` does not say otherwise. */
export function deflateZlib(bytes: Uint8Array, level = 5): Uint8Array {
  return plain(deflateSync(bytes, { level }));
}

function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function reason(error: unknown, maxOutput: number): string {
  if (error instanceof RangeError) return `they give more than ${maxOutput} bytes`;
  return error instanceof Error ? `they are no sound zlib stream (${error.message})` : "failed";
}
