import { crc32 } from "../port/checksum.ts";
import type { Disk } from "../port/disk.ts";

/** The file was being written when the power went. */
export const abortUnwritten = 1;

const textBytesMax = 256;
const text = new TextDecoder();
const utf8 = new TextEncoder();

/**
 * RocketMQ's `abort` file, there while a broker runs: it holds the broker's process id. Ours has
 * a second line, by which a later start sees whether another broker has run here since.
 */
export class AbortFile {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #path: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    this.#path = `${directory}/abort`;
  }

  /**
   * CRC-32 of what it holds; 0 where there is none, {@linkcode abortUnwritten} where nothing is
   * in it.
   */
  crc(): number {
    const bytes = this.#read();
    if (bytes === undefined) return 0;
    return bytes.every((byte) => byte === 0) ? abortUnwritten : crcOf(bytes);
  }

  /** The process that runs here, or was killed here. */
  processId(): number | undefined {
    const bytes = this.#read();
    const found = bytes === undefined ? null : /^\s*(\d{1,10})/.exec(text.decode(bytes));
    return found === null ? undefined : Number(found[1]);
  }

  /** The CRC that {@linkcode write} will leave. */
  static crcOf(processId: number, startedMs: number): number {
    return crcOf(contentOf(processId, startedMs));
  }

  /** Writes it, durably. */
  write(processId: number, startedMs: number): void {
    const file = this.#disk.open(this.#path, "create");
    try {
      file.truncate(0);
      file.write(contentOf(processId, startedMs), 0);
      file.syncNow();
    } finally {
      file.close();
    }
    this.#disk.syncDirectory(this.#directory);
  }

  /** Removes it, durably: the broker stopped in order. */
  remove(): void {
    this.#disk.remove(this.#path);
    this.#disk.syncDirectory(this.#directory);
  }

  #read(): Uint8Array | undefined {
    if (!this.#disk.exists(this.#path)) return undefined;
    const bytes = new Uint8Array(textBytesMax);
    const file = this.#disk.open(this.#path, "read");
    try {
      return bytes.subarray(0, file.read(bytes, 0));
    } finally {
      file.close();
    }
  }
}

/** Makes RocketMQ's `lock` file, which its broker locks; it holds the word `lock`. */
export function makeLockFile(disk: Disk, directory: string): void {
  const path = `${directory}/lock`;
  if (disk.exists(path)) return;
  const file = disk.open(path, "create");
  try {
    file.write(utf8.encode("lock"), 0);
  } finally {
    file.close();
  }
}

function crcOf(bytes: Uint8Array): number {
  return Math.max(crc32(bytes), abortUnwritten + 1);
}

function contentOf(processId: number, startedMs: number): Uint8Array {
  return utf8.encode(`${processId}\n${startedMs}\n`);
}
