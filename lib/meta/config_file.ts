import { crc32 } from "../port/checksum.ts";
import type { Disk, DiskFile } from "../port/disk.ts";
import { makeDurableDirectory } from "../port/durable_directory.ts";

/** A file's bytes, and what tells it from another one: its size and checksum. */
export interface FileBytes {
  readonly bytes: Uint8Array;
  readonly signature: string;
}

const PIECE_CHARACTERS = 64 * 1024;
const encoder = new TextEncoder();

/** One of RocketMQ's files in `config`, with the `.bak` of the one before. */
export class ConfigFile {
  readonly path: string;
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string, name: string) {
    this.path = `${directory}/${name}`;
    this.#disk = disk;
    this.#directory = directory;
  }

  /** What stands in it; undefined where there is none. */
  read(ending: "" | ".bak"): FileBytes | undefined {
    const path = this.path + ending;
    if (!this.#disk.exists(path)) return undefined;
    const file = this.#disk.open(path, "read");
    try {
      const bytes = new Uint8Array(file.size());
      const read = bytes.subarray(0, file.read(bytes, 0));
      return { bytes: read, signature: signatureOf(read.length, crc32(read)) };
    } finally {
      file.close();
    }
  }

  /**
   * Writes a text beside it, durably, and returns its signature. After each piece, `pause` lets
   * others work.
   */
  async prepare(pieces: Iterable<string>, pause: () => Promise<void>): Promise<string> {
    makeDurableDirectory(this.#disk, this.#directory);
    const file = this.#disk.open(`${this.path}.tmp`, "create");
    try {
      file.truncate(0);
      const signature = await writePieces(file, pieces, pause);
      await file.sync();
      return signature;
    } finally {
      file.close();
    }
  }

  /** Puts what was prepared in its place; what was there goes to `kept`. */
  replace(kept: ".bak" | ".unreadable"): void {
    if (this.#disk.exists(this.path)) this.#disk.rename(this.path, this.path + kept);
    this.#disk.rename(`${this.path}.tmp`, this.path);
  }

  /** Makes the replacements survive a power cut. */
  sync(): void {
    this.#disk.syncDirectory(this.#directory);
  }
}

async function writePieces(
  file: DiskFile,
  pieces: Iterable<string>,
  pause: () => Promise<void>,
): Promise<string> {
  let [at, sum, gathered] = [0, 0, ""];
  const put = () => {
    const bytes = encoder.encode(gathered);
    file.write(bytes, at);
    sum = crc32(bytes, sum);
    at += bytes.length;
    gathered = "";
  };
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < PIECE_CHARACTERS) continue;
    put();
    await pause();
  }
  put();
  return signatureOf(at, sum);
}

function signatureOf(size: number, sum: number): string {
  return `${size}-${sum}`;
}
