import { FakeLink as BrokerLink } from "../broker/fake_link.ts";
import type { DataVersion } from "../../lib/model/data_version.ts";
import { type Host, parseHost } from "../../lib/model/host.ts";
import { OwnAddress } from "../../lib/model/own_address.ts";
import { makeTopic, type Topic } from "../../lib/model/topic.ts";
import type { KeyValueStore } from "../../lib/nameserver/key_values.ts";
import { NameServer, type NameServerOptions } from "../../lib/nameserver/name_server.ts";
import type { OwnBroker } from "../../lib/nameserver/own_broker.ts";
import type { Registration } from "../../lib/nameserver/registration.ts";
import type { SettingsStore } from "../../lib/nameserver/settings.ts";
import type { Clock } from "../../lib/port/clock.ts";
import type { Lines } from "../../lib/port/lines.ts";

/** A clock that stands still until a test turns it. */
export class TurnedClock implements Clock {
  time = 1000;
  now(): number {
    return 1_700_000_000_000 + this.time;
  }
  monotonic(): number {
    return this.time;
  }
  after(): { cancel(): void } {
    throw new Error("The name server sets no timers.");
  }
  soon(): void {
    throw new Error("The name server sets no timers.");
  }
}

/** Lines that a test can read, level before text. */
export class KeptLines implements Lines {
  readonly all: string[] = [];
  info(text: string): void {
    this.all.push(`info ${text}`);
  }
  warn(text: string): void {
    this.all.push(`warn ${text}`);
  }
  error(text: string): void {
    this.all.push(`error ${text}`);
  }
  get warnings(): string[] {
    return this.all.filter((line) => line.startsWith("warn "));
  }
}

export class MapStore implements KeyValueStore, SettingsStore {
  readonly #spaces = new Map<string, Map<string, string>>();
  get size(): number {
    return [...this.#spaces.values()].reduce((sum, space) => sum + space.size, 0);
  }
  get(namespace: string, key = ""): string | undefined {
    return this.#spaces.get(namespace)?.get(key);
  }
  put(entries: ReadonlyMap<string, string>): Promise<void>;
  put(namespace: string, key: string, value: string): Promise<void>;
  async put(first: string | ReadonlyMap<string, string>, key = "", value = ""): Promise<void> {
    await Promise.resolve();
    if (typeof first === "string") this.#set(first, key, value);
    else for (const [name, text] of first) this.#set(name, "", text);
  }
  #set(namespace: string, key: string, value: string): void {
    const space = this.#spaces.get(namespace) ?? new Map<string, string>();
    this.#spaces.set(namespace, space.set(key, value));
  }
  async remove(namespace: string, key: string): Promise<void> {
    await Promise.resolve();
    this.#spaces.get(namespace)?.delete(key);
  }
  ofNamespace(namespace: string): ReadonlyMap<string, string> {
    return this.#spaces.get(namespace) ?? new Map();
  }
}

/** A connection that a test closes. */
export class FakeLink extends BrokerLink {
  override readonly local = host("10.0.0.100", 9876);
  override readonly remote = host("10.0.0.200", 40000);
}

export function host(ip: string, port: number): Host {
  const parsed = parseHost(ip, port);
  if (parsed === undefined) throw new Error(`${ip} is no address`);
  return parsed;
}

export const version: DataVersion = { stateVersion: 0, timestamp: 1_700_000_000_000, counter: 1 };

/** A master's registration with topics A and B. */
export function registration(changes: Partial<Registration> = {}): Registration {
  return {
    clusterName: "C",
    brokerName: "broker-a",
    brokerId: 0,
    address: "10.0.0.1:10911",
    haServerAddress: "10.0.0.1:10912",
    actingMaster: false,
    version,
    topics: [makeTopic("A", 8), makeTopic("B", 4)],
    mappings: new Map(),
    filterServers: [],
    ...changes,
  };
}

/** An own broker whose topics a test changes. */
export class FakeOwn implements OwnBroker {
  readonly clusterName: string = "DefaultCluster";
  readonly brokerName: string = "own";
  readonly brokerId: number = 0;
  readonly address: OwnAddress;
  held = new Map<string, Topic>();
  counter = 1;
  perm = 6;
  /** Topics that it heard to be ordered. */
  readonly heard: string[] = [];
  constructor(advertised?: string) {
    this.address = new OwnAddress({ advertised, brokerPort: 10911 });
    this.set(makeTopic("TBW102", 8, { perm: 7 }));
    this.set(makeTopic("Mine", 4));
  }
  set(topic: Topic): void {
    this.held.set(topic.name, topic);
    this.counter++;
  }
  remove(name: string): void {
    this.held.delete(name);
    this.counter++;
  }
  topics(): Iterable<Topic> {
    return this.held.values();
  }
  topic(name: string): Topic | undefined {
    return this.held.get(name);
  }
  ordered(topics: readonly string[]): void {
    this.heard.push(...topics);
  }
  version(): DataVersion {
    return { ...version, counter: this.counter };
  }
  permission(): number {
    return this.perm;
  }
}

/** A name server with its clock, lines and store at hand. */
export function makeNameServer(options: Partial<NameServerOptions> = {}) {
  const clock = new TurnedClock();
  const lines = new KeptLines();
  const kv = new MapStore();
  const nameServer = new NameServer({ clock, lines, kv, ...options });
  const [job] = nameServer.jobs();
  let next = job.run(clock.time);
  /** Turns the clock and runs the job whenever it wants to. */
  const pass = (ms: number) => {
    const end = clock.time + ms;
    while (next <= end) {
      clock.time = next;
      next = job.run(clock.time);
    }
    clock.time = end;
  };
  return { nameServer, clock, lines, kv, pass, link: new FakeLink() };
}

export const LOCAL = host("192.168.1.5", 9876);
