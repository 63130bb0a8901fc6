import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../.cache/", import.meta.url));
const part = new Uint8Array(4 << 20);

/**
 * Fills so many bytes of the page cache and lets them go. A virtual machine gets its memory when it
 * first touches it, and gives back what it does not use: whoever writes into memory that the
 * machine does not have yet pays three times the kernel's price for it, which is no figure of his.
 */
export function touchMemory(bytes: number): void {
  mkdirSync(cache, { recursive: true });
  const path = `${cache}touch-${process.pid}`;
  const file = openSync(path, "w");
  try {
    for (let at = 0; at < bytes; at += part.length) writeSync(file, part);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
