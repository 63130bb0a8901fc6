import { getLong } from "../model/record.ts";
import type { Disk } from "../port/disk.ts";

/** How far another broker's timer wheel was, as it left it in `config/timercheck`. */
export interface TimerCheck {
  /** What was due before it is delivered, ms since 1970. */
  readonly deliveredTo: number;
  /** Offset in the timer topic's queue: those below it are in its wheel, or delivered. */
  readonly takenUpTo: number;
}

const BYTES = 24;

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
