import { createBroker, type OwnedBroker } from "../../lib/broker/broker.ts";
import { Jobs } from "../../lib/broker/jobs.ts";
import type { Incoming, SendAsk } from "../../lib/broker/intake.ts";
import type { PullAsk } from "../../lib/broker/pull.ts";
import type { BrokerSettings } from "../../lib/broker/settings.ts";
import type { Tunable } from "../../lib/broker/tuning.ts";
import { formatProperties } from "../../lib/model/properties.ts";
import { OwnAddress } from "../../lib/model/own_address.ts";
import { decodeRecord, type StoredRecord } from "../../lib/model/record.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { brokerSettings } from "./broker_settings.ts";
import { FakeCatalogue } from "./fake_catalogue.ts";
import { FakeLog } from "./fake_log.ts";
import { host } from "./fake_link.ts";

/** A broker over a log and a catalogue in memory, in virtual time. */
export interface World {
  readonly clock: VirtualClock;
  readonly lines: MemoryLines;
  readonly log: FakeLog;
  readonly catalogue: FakeCatalogue;
  readonly settings: BrokerSettings;
  readonly broker: OwnedBroker;
}

/** Makes it and starts it. */
export async function makeWorld(
  changes: Partial<BrokerSettings> = {},
  tunables: readonly Tunable[] = [],
): Promise<World> {
  const clock = new VirtualClock();
  const lines = new MemoryLines();
  const log = new FakeLog(clock);
  const catalogue = new FakeCatalogue(clock);
  const settings = brokerSettings(changes);
  const jobs = new Jobs(lines);
  const identity = {
    clusterName: "DefaultCluster",
    brokerName: "broker-a",
    brokerId: 0,
    address: new OwnAddress({ brokerPort: 10911 }),
    region: "DefaultRegion",
    traceOn: true,
    startedMs: clock.now(),
  };
  const broker = createBroker({
    log,
    catalogue,
    clock,
    random: new SeededRandom(1),
    lines,
    identity,
    settings,
    tunables,
    machineBytes: 1_000_000,
    processId: 4711,
    logDirectory: "/data/commitlog",
    wake: (name) => jobs.wake(name),
  });
  for (const job of broker.jobs()) jobs.add(job);
  const started = broker.start();
  jobs.start(clock);
  await clock.advance(100);
  await started;
  return { clock, lines, log, catalogue, settings, broker };
}

/** Waits for a promise while virtual time goes by. */
export async function within<T>(world: World, ms: number, promise: T | Promise<T>): Promise<T> {
  const settled = Promise.allSettled([promise]);
  await world.clock.advance(ms);
  const [result] = await settled;
  if (result.status === "rejected") throw result.reason;
  return result.value;
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
