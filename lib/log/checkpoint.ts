import { getLong, setLong } from "../model/record.ts";
import type { Disk } from "../port/disk.ts";

const checkpointBytes = 4096;

/** Store times, ms since 1970, up to which RocketMQ's broker takes the files for flushed. */
export interface Checkpoint {
  readonly logMs: number;
  readonly queuesMs: number;
  readonly keysMs: number;
}

/** Reads RocketMQ's `checkpoint` file (`StoreCheckpoint`), or undefined where there is none. */
export function readCheckpoint(disk: Disk, directory: string): Checkpoint | undefined {
  const path = `${directory}/checkpoint`;
  if (!disk.exists(path)) return undefined;
  const bytes = new Uint8Array(24);
  const file = disk.open(path, "read");
  try {
    file.read(bytes, 0);
  } finally {
    file.close();
  }
  const view = new DataView(bytes.buffer);
  return { logMs: getLong(view, 0), queuesMs: getLong(view, 8), keysMs: getLong(view, 16) };
}

/** Writes the file, durably: three int64, the rest of its 4 KiB as it was. */
export async function writeCheckpoint(
  disk: Disk,
  directory: string,
  checkpoint: Checkpoint,
): Promise<void> {
  const path = `${directory}/checkpoint`;
  const isNew = !disk.exists(path);
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  setLong(view, 0, checkpoint.logMs);
  setLong(view, 8, checkpoint.queuesMs);
  setLong(view, 16, checkpoint.keysMs);
  const file = disk.open(path, "create");
  try {
    if (file.size() < checkpointBytes) file.truncate(checkpointBytes);
    file.write(bytes, 0);
    await file.sync();
  } finally {
    file.close();
  }
  if (isNew) disk.syncDirectory(directory);
}
