import { crc32 as zlibCrc32 } from "node:zlib";

/** CRC-32 (IEEE) as an unsigned 32-bit number; `seed` goes on from an earlier part. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return zlibCrc32(bytes, seed);
}
