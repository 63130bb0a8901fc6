import { getLong, setLong } from "../model/record.ts";
import type { Disk } from "../port/disk.ts";
import { makeDurableDirectory } from "../port/durable_directory.ts";

/** How far another broker's timer wheel was, as it left it in `config/timercheck`. */
export interface TimerCheck {
  /** What was due before it is delivered, ms since 1970. */
  readonly deliveredTo: number;
  /** Offset in the timer topic's queue: those below it are in its wheel, or delivered. */
  readonly takenUpTo: number;
}

const BYTES = 24;
/** Upstream maps a page of it. */
const FILE_BYTES = 4096;
/** Where the offset stands that upstream goes on from at the most. */
const LEAST_AT = 24;

/** Reads RocketMQ's file; undefined where there is none, or none that makes sense. */
export function readTimerCheck(disk: Disk, directory: string): TimerCheck | undefined {
  const path = `${directory}/config/timercheck`;
  if (!disk.exists(path)) return undefined;
  const file = disk.open(path, "read");
  try {
    const view = new DataView(new ArrayBuffer(BYTES));
    if (file.read(new Uint8Array(view.buffer), 0) < BYTES) return undefined;
    const [deliveredTo, takenUpTo] = [getLong(view, 0), getLong(view, 16)];
    const isSound = [deliveredTo, takenUpTo].every((value) =>
      Number.isSafeInteger(value) && value > 0
    );
    return isSound ? { deliveredTo, takenUpTo } : undefined;
  } finally {
    file.close();
  }
}

/**
 * Until the file is written anew, another broker is to read the topic of timed messages from its
 * beginning; what {@linkcode readTimerCheck} finds stays.
 */
export async function forbidTimerCheck(disk: Disk, directory: string): Promise<void> {
  const path = `${directory}/config/timercheck`;
  if (disk.exists(path)) await put(disk, path, { bytes: new Uint8Array(8), at: LEAST_AT });
}

/** Writes RocketMQ's file, durably: all of its log of timers is to be read at the next start. */
export async function writeTimerCheck(
  disk: Disk,
  directory: string,
  { deliveredTo, takenUpTo }: TimerCheck,
): Promise<void> {
  const bytes = new Uint8Array(FILE_BYTES);
  const view = new DataView(bytes.buffer);
  setLong(view, 0, deliveredTo);
  setLong(view, 16, takenUpTo);
  setLong(view, LEAST_AT, takenUpTo);
  makeDurableDirectory(disk, `${directory}/config`);
  await put(disk, `${directory}/config/timercheck`, { bytes, at: 0 });
  disk.syncDirectory(`${directory}/config`);
}

async function put(
  disk: Disk,
  path: string,
  { bytes, at }: { readonly bytes: Uint8Array; readonly at: number },
): Promise<void> {
  const file = disk.open(path, "create");
  try {
    file.write(bytes, at);
    await file.sync();
  } finally {
    file.close();
  }
}
