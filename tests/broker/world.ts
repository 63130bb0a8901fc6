import { createBroker, type OwnedBroker } from "../../lib/broker/broker.ts";
import type { Incoming, SendAsk } from "../../lib/broker/intake.ts";
import { Jobs } from "../../lib/broker/jobs.ts";
import type { PullAsk } from "../../lib/broker/pull.ts";
import type { BrokerSettings } from "../../lib/broker/settings.ts";
import type { Tunable } from "../../lib/broker/tuning.ts";
import { Log } from "../../lib/log/log.ts";
import type { LogOptions } from "../../lib/log/options.ts";
import { Catalogue } from "../../lib/meta/catalogue.ts";
import { DELAY_LEVELS, delayLevelsMs } from "../../lib/model/delay_levels.ts";
import { OwnAddress } from "../../lib/model/own_address.ts";
import { formatProperties } from "../../lib/model/properties.ts";
import { decodeRecord, type StoredRecord } from "../../lib/model/record.ts";
import { isBatched } from "../../lib/model/topic.ts";
import type { Clock } from "../../lib/port/clock.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { MemorySqlite } from "../../lib/port/sqlite_memory.ts";
import { brokerSettings } from "./broker_settings.ts";
import { host } from "./fake_link.ts";

/** A broker over a log and a catalogue in memory, in virtual time; a commit takes 10 ms. */
export interface World {
  readonly clock: VirtualClock;
  readonly lines: MemoryLines;
  readonly disk: MemoryDisk;
  readonly sqlite: MemorySqlite;
  readonly log: Log;
  readonly catalogue: Catalogue;
  readonly settings: BrokerSettings;
  readonly broker: OwnedBroker;
  readonly jobs: Jobs;
}

/** What is unusual about a world. */
export interface WorldOptions {
  readonly settings?: Partial<BrokerSettings>;
  readonly log?: Partial<LogOptions>;
  readonly tunables?: readonly Tunable[];
  readonly delayLevels?: string;
  /** Puts something on the disk before anything is opened. */
  readonly prepare?: (disk: MemoryDisk) => void;
  /** How long a sync of the disk takes. */
  readonly syncMs?: () => number;
  /** What it stands on, where a test makes it live again; see `lives.ts`. */
  readonly ground?: Ground;
}

/** Time, disk and database, and the clock of one life over that time. */
export interface Ground {
  readonly time: VirtualClock;
  readonly disk: MemoryDisk;
  readonly sqlite: MemorySqlite;
  readonly clock: Clock;
}

const directory = "/data";

/** Makes it and starts it. */
export async function makeWorld(
  changes: Partial<BrokerSettings> = {},
  options: WorldOptions = {},
): Promise<World> {
  const lines = new MemoryLines();
  const { time, disk, sqlite, clock } = options.ground ?? newGround(options);
  options.prepare?.(disk);
  const opening = openStores({ clock, lines, disk, sqlite }, options);
  await time.advance(1000);
  const { log, catalogue } = await opening;
  if (options.ground !== undefined) {
    catalogue.progress.clamp((topic, queueId) => log.queue(topic, queueId).offsetMax);
    catalogue.progress.beforeWrite(() => log.durable());
  }
  const settings = brokerSettings(changes);
  const jobs = new Jobs(lines);
  const broker = createBroker({
    ...{ log, catalogue, clock, lines, settings },
    random: new SeededRandom(1),
    identity: {
      clusterName: "DefaultCluster",
      brokerName: "broker-a",
      brokerId: 0,
      address: new OwnAddress({ brokerPort: 10911 }),
      region: "DefaultRegion",
      traceOn: true,
      startedMs: clock.now(),
    },
    tunables: options.tunables ?? [],
    delayLevelsMs: delayLevelsMs(options.delayLevels ?? DELAY_LEVELS),
    logKeptMs: 72 * 3_600_000,
    machineBytes: 1_000_000,
    processId: 4711,
    logDirectory: `${directory}/commitlog`,
    wake: (name) => jobs.wake(name),
  });
  for (const job of [...log.jobs(), ...catalogue.jobs(), ...broker.jobs()]) jobs.add(job);
  jobs.start(clock);
  const world = { clock: time, lines, disk, sqlite, log, catalogue, settings, broker, jobs };
  await within(world, 100, broker.start());
  return world;
}

function newGround(options: WorldOptions): Ground {
  const time = new VirtualClock();
  const disk = new MemoryDisk({ clock: time, syncMs: options.syncMs, keepsSynced: false });
  return { time, disk, sqlite: new MemorySqlite({ clock: time, commitMs: () => 10 }), clock: time };
}

async function openStores(
  ports: { clock: Clock; lines: MemoryLines; disk: MemoryDisk; sqlite: MemorySqlite },
  options: WorldOptions,
) {
  const { clock, lines, disk } = ports;
  const sqlite = await ports.sqlite.open(`${directory}/catalogue.db`);
  const catalogue = await Catalogue.open({ sqlite, disk, clock, lines, directory });
  const log = await Log.open({
    ...{ disk, clock, lines, directory, processId: 4711 },
    segmentBytes: 1 << 20,
    queueFileEntries: 1000,
    indexSlots: 100,
    indexEntries: 1000,
    indexEnabled: true,
    flush: "ASYNC_FLUSH",
    flushIntervalMs: 500,
    syncFlushTimeoutMs: 5000,
    openFilesMax: 100,
    tailBytes: 1 << 20,
    retention: {
      hours: 72,
      deleteWhen: "04",
      diskMaxUsedPercent: 75,
      diskForcePercent: 85,
      diskWarnPercent: 90,
      checkIntervalMs: 10_000,
    },
    delayLevelsMs: delayLevelsMs(options.delayLevels ?? DELAY_LEVELS),
    isBatched: (topic) => isBatched(catalogue.topics.get(topic)),
    ...options.log,
  });
  return { log, catalogue };
}

/** Waits for a promise while virtual time goes by. */
export async function within<T>(
  { clock }: { readonly clock: VirtualClock },
  ms: number,
  promise: T | Promise<T>,
): Promise<T> {
  const settled = Promise.allSettled([promise]);
  await clock.advance(ms);
  const [result] = await settled;
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

/** Damages the record at a position: its body's first bytes. */
export function damage(world: World, position: number): void {
  const file = world.disk.open(`${directory}/commitlog/${"0".repeat(20)}`, "write");
  file.write(new Uint8Array([1, 2, 3, 4]), position + 84 + 4);
  file.close();
}

export function incoming(topic: string, changes: Partial<Incoming> = {}): Incoming {
  return {
    topic,
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: host("10.1.2.3", 5555),
    reconsumeTimes: 0,
    preparedPosition: 0,
    properties: "",
    body: new TextEncoder().encode("hello"),
    ...changes,
  };
}

export function sendAsk(changes: Partial<SendAsk> = {}): SendAsk {
  return {
    producerGroup: "p",
    defaultTopic: "TBW102",
    defaultTopicQueues: 4,
    unitMode: false,
    version: 513,
    local: host("192.168.0.9", 10911),
    ...changes,
  };
}

export function pullAsk(topic: string, changes: Partial<PullAsk> = {}): PullAsk {
  return {
    group: "g",
    topic,
    queueId: 0,
    offset: 0,
    maxMessages: 32,
    suspendMs: 0,
    subscription: { expression: "*", type: "TAG", version: 1 },
    lite: false,
    subVersion: 1,
    ...changes,
  };
}

export function properties(pairs: Record<string, string>): string {
  return formatProperties(new Map(Object.entries(pairs)));
}

/** The records inside the pieces of an answer. */
export function recordsOf(pieces: readonly Uint8Array[]): StoredRecord[] {
  const records: StoredRecord[] = [];
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const record = decodeRecord(piece, at);
      records.push(record);
      at += record.size;
    }
  }
  return records;
}

export function bodies(pieces: readonly Uint8Array[]): string[] {
  return recordsOf(pieces).map(({ body }) => new TextDecoder().decode(body));
}
