import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../.cache/", import.meta.url));
/** There where the kernel tells the host which memory is free, so that the host takes it back. */
const REPORTING = "/sys/module/page_reporting";
/** Left to the broker, to Apache's, and to their logs. */
const LEFT_BYTES = 6 * 2 ** 30;
const HELD_AT_ONCE = 2 ** 30;
const part = new Uint8Array(4 << 20);

/**
 * The page cache as a broker finds it on a machine that has run for a day: full, and in memory that
 * the machine has. A virtual machine may give free memory back to its host, and whoever writes into
 * a page that comes from the host anew pays twelve times the kernel's price for it: after 1.5 GB of
 * log here, which a fast broker has written before a slow one has warmed up. So all but a few
 * gigabytes is held while the bench runs, and those are full of a file's pages. Where memory is not
 * given back there is nothing to do.
 */
export class PageCache {
  readonly #path = `${cache}bench-pages`;
  readonly #held: Uint8Array[] = [];
  readonly #isGivenBack = existsSync(REPORTING);
  #at = 0;

  /** Takes what is there but what is left to others. */
  hold(): void {
    if (!this.#isGivenBack) return;
    const count = Math.max(0, bytesOf("MemAvailable") - LEFT_BYTES) / HELD_AT_ONCE;
    for (let at = 0; at < Math.floor(count); at++) {
      this.#held.push(new Uint8Array(HELD_AT_ONCE).fill(1));
    }
  }

  /** Fills what is free with pages that the kernel can take without writing them first. */
  fill(): void {
    if (!this.#isGivenBack) return;
    mkdirSync(cache, { recursive: true });
    const file = openSync(this.#path, existsSync(this.#path) ? "r+" : "w");
    try {
      for (let left = bytesOf("MemFree"); left > 0; left -= part.length) {
        writeSync(file, part, 0, part.length, this.#at);
        // What was written longest ago is what the kernel has taken back first.
        this.#at = (this.#at + part.length) % LEFT_BYTES;
      }
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Gives everything back. */
  release(): void {
    this.#held.length = 0;
    rmSync(this.#path, { force: true });
  }
}

function bytesOf(name: "MemFree" | "MemAvailable"): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(
    readFileSync("/proc/meminfo", "utf8"),
  );
  return Number(found?.[1] ?? 0) * 1024;
}
