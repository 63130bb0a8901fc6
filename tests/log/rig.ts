import { Log, type LogOptions } from "../../lib/log/log.ts";
import type { Message } from "../../lib/model/message.ts";
import { formatProperties } from "../../lib/model/properties.ts";
import { decodeRecord } from "../../lib/model/record.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";

/** A log in memory with what it stands on; small files, so that everything rolls soon. */
export class Rig {
  readonly clock: VirtualClock;
  readonly lines = new MemoryLines();
  disk: MemoryDisk;
  options: LogOptions;

  constructor(changes: Partial<LogOptions> = {}, clock = new VirtualClock()) {
    this.clock = clock;
    this.disk = new MemoryDisk({ clock: this.clock });
    this.options = { ...smallOptions(this.disk, this.clock, this.lines), ...changes };
  }

  open(changes: Partial<LogOptions> = {}): Promise<Log> {
    this.options = { ...this.options, disk: this.disk, ...changes };
    return this.turned(Log.open(this.options));
  }

  /** Lets time go by until the promise settles. */
  async turned<T>(promise: Promise<T>): Promise<T> {
    let isPending = true;
    const end = () => isPending = false;
    promise.then(end, end);
    for (let turns = 0; isPending && turns < 1000; turns++) {
      await this.clock.advance(turns === 0 ? 0 : 1);
    }
    return await promise;
  }
}

export function smallOptions(
  disk: MemoryDisk,
  clock: VirtualClock,
  lines: MemoryLines,
): LogOptions {
  return {
    disk,
    clock,
    lines,
    directory: "/store",
    segmentBytes: 4096,
    queueFileEntries: 8,
    indexSlots: 16,
    indexEntries: 32,
    indexEnabled: true,
    flush: "ASYNC_FLUSH",
    flushIntervalMs: 500,
    syncFlushTimeoutMs: 5000,
    openFilesMax: 64,
    tailBytes: 16_384,
    retention: {
      hours: 72,
      deleteWhen: "04",
      diskMaxUsedPercent: 75,
      diskForcePercent: 85,
      diskWarnPercent: 90,
      checkIntervalMs: 10_000,
    },
    processId: 4711,
  };
}

const host = { ip: Uint8Array.of(127, 0, 0, 1), port: 10911 };

/** A message as intake makes it. */
export function message(changes: Partial<Message> = {}): Message {
  return {
    topic: "TopicTest",
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: 1_767_225_600_000,
    bornHost: host,
    storeHost: host,
    reconsumeTimes: 0,
    preparedPosition: 0,
    properties: "",
    body: new TextEncoder().encode("Hello RocketMQ"),
    ...changes,
  };
}

/** A numbered message with tag and keys. */
export function numbered(number: number, changes: Partial<Plain> = {}): Plain {
  const body = new TextEncoder().encode(`body ${number} `.repeat(1 + number % 5));
  const made = message({
    queueId: number % 3,
    properties: formatProperties(
      new Map([["KEYS", `k${number} even${number % 2}`], ["UNIQ_KEY", `U${number}`], [
        "TAGS",
        `Tag${number % 2}`,
      ]]),
    ),
    ...changes,
  });
  return { ...made, body: changes.body ?? body };
}

/** A message whose body is a view. */
type Plain = Message & { readonly body: Uint8Array };

/** All files below a directory with their bytes as hex digests or text, for comparing stores. */
export function snapshot(disk: MemoryDisk, directory: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of disk.list(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) {
      for (const [inner, text] of snapshot(disk, path)) files.set(inner, text);
      continue;
    }
    const file = disk.open(path, "read");
    const bytes = new Uint8Array(file.size());
    file.read(bytes, 0);
    file.close();
    files.set(path, `${bytes.length}:${Array.from(bytes).join(",")}`);
  }
  return files;
}

/** The bytes of the segment that starts at `start`. */
export function segmentBytes(disk: MemoryDisk, start: number): Uint8Array {
  const file = disk.open(`/store/commitlog/${String(start).padStart(20, "0")}`, "read");
  const bytes = new Uint8Array(file.size());
  file.read(bytes, 0);
  file.close();
  return bytes;
}

/** Bodies in the queue, by offset; undefined for a blank or unreadable entry. */
export function bodiesOf(log: Log, topic: string, queueId: number): (string | undefined)[] {
  const bodies: (string | undefined)[] = [];
  const queue = log.queue(topic, queueId);
  queue.scan(queue.offsetMin, 1e9, (offset, position, size) => {
    const record = log.read(position, size);
    bodies[offset] = record && new TextDecoder().decode(decodeRecord(record).body);
    return true;
  });
  return bodies;
}
