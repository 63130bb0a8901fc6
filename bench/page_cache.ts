import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { fileURLToPath } from "node:url";
import { cache, died } from "./programs.ts";

/** There where the kernel tells the host which memory is free, so that the host takes it back. */
const REPORTING = "/sys/module/page_reporting";
/** Left to the broker, to Apache's, and to their logs. */
const LEFT_BYTES = 6 * 2 ** 30;
const holder = fileURLToPath(new URL("hold.ts", import.meta.url));
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
  readonly #path = `${cache}/bench-pages`;
  readonly #isGivenBack = existsSync(REPORTING);
  #holding: ChildProcess | undefined;
  #at = 0;

  /**
   * Before the first figure: takes what is there but what is left to others, which is then full.
   * It is held by a process of its own: the collector of one that has so much is never done.
   */
  async hold(): Promise<void> {
    const count = Math.floor((bytesOf("MemAvailable") - LEFT_BYTES) / 2 ** 30);
    if (!this.#isGivenBack || count <= 0) return;
    const options = ["run", "-q", holder, String(count)];
    this.#holding = spawn(process.execPath, options, { stdio: ["pipe", "pipe", "inherit"] });
    await Promise.race([once(this.#holding.stdout!, "data"), died(this.#holding)]);
    this.fill();
  }

  /**
   * Before each run: what was deleted since is full again, with pages that the kernel can take
   * without writing them first.
   */
  fill(): void {
    if (!this.#isGivenBack) return;
    const file = openSync(this.#path, constants.O_RDWR | constants.O_CREAT);
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
    this.#holding?.stdin?.end();
    rmSync(this.#path, { force: true });
  }
}

function bytesOf(name: "MemFree" | "MemAvailable"): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(
    readFileSync("/proc/meminfo", "utf8"),
  );
  return Number(found?.[1] ?? 0) * 1024;
}
