import { type DataVersion, sameVersion } from "../model/data_version.ts";
import type { Host } from "../model/host.ts";
import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import { Absences } from "./absences.ts";
import { BrokerEntry, type Member } from "./broker_entry.ts";
import { checkRegistration } from "./check_registration.ts";
import { KeyValues, type KeyValueStore, ORDER_NAMESPACE } from "./key_values.ts";
import type { OwnBroker } from "./own_broker.ts";
import type {
  BrokerKey,
  Registered,
  RegisteringLink,
  Registration,
  TopicRoute,
} from "./registration.ts";
import type { BrokerView, ClusterView, Route } from "./route.ts";
import { NameServerSettings } from "./settings.ts";

/** How much a name server holds; what would be more is refused. */
export interface NameServerLimits {
  /** Registered addresses. */
  readonly brokers: number;
  /** Topics of all registered brokers together: one that two brokers have counts twice. */
  readonly topics: number;
  readonly kvEntries: number;
  /** Characters of one value. */
  readonly kvValueBytes: number;
}

export const DEFAULT_LIMITS: NameServerLimits = {
  brokers: 1000,
  topics: 1_000_000,
  kvEntries: 10_000,
  kvValueBytes: 65_536,
};

export interface NameServerOptions {
  readonly clock: Clock;
  readonly lines: Lines;
  readonly kv: KeyValueStore;
  /** The broker of this process; none where only the name server runs. */
  readonly own?: OwnBroker;
  readonly settings?: NameServerSettings;
  readonly limits?: Partial<NameServerLimits>;
  /** How long a broker may be silent that does not say it itself, ms. */
  readonly deadAfterMs?: number;
}

const DEAD_AFTER_MS = 120_000;
/** How much the queue mappings of static topics may take, for each topic that may be held. */
const MAPPING_CHARACTERS = 100;
const FAQ = "https://rocketmq.apache.org/docs/bestPractice/06FAQ";

/** Which broker has which topic (`RouteInfoManager`). */
export class NameServer {
  readonly kv: KeyValues;
  readonly settings: NameServerSettings;
  readonly #clock: Clock;
  readonly #lines: Lines;
  readonly #limits: NameServerLimits;
  readonly #deadAfterMs: number;
  readonly #brokers = new Map<string, BrokerEntry>();
  readonly #absences = new Absences();
  /** Connections whose close is listened for. */
  readonly #watched = new Set<number>();

  constructor(options: NameServerOptions) {
    this.#clock = options.clock;
    this.#lines = options.lines;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#deadAfterMs = options.deadAfterMs ?? DEAD_AFTER_MS;
    this.settings = options.settings ?? new NameServerSettings({});
    const { kvEntries, kvValueBytes } = this.#limits;
    const own = options.own;
    const limits = { entries: kvEntries, valueBytes: kvValueBytes };
    this.kv = new KeyValues(options.kv, limits, (namespace, key) => {
      const isTold = this.settings.isOn("returnOrderTopicConfigToBroker");
      if (namespace === ORDER_NAMESPACE && isTold) own?.ordered?.([key]);
    });
    if (own === undefined) return;
    this.#brokers.set(own.brokerName, new BrokerEntry(own.brokerName, own.clusterName, own));
  }

  /**
   * Takes a broker's registration (103).
   * @throws {Refusal} `failed` for a first registration with exactly one topic and for the own
   * broker's name and id, `busy` at a limit, `parameter-invalid` for names that cannot be.
   */
  register(asked: Registration, link: RegisteringLink): Registered {
    checkRegistration(asked);
    const entry = this.#brokers.get(asked.brokerName) ??
      new BrokerEntry(asked.brokerName, asked.clusterName);
    if (entry.isOwnAddress(asked, link.local)) return {};
    this.#checkLimits(asked, entry);
    this.#brokers.set(entry.name, entry);
    try {
      this.#take(asked, entry, link);
    } finally {
      if (entry.isEmpty) this.#brokers.delete(entry.name);
    }
    return entry.masterOf(asked.brokerId, link.local);
  }

  /** Takes a broker's leave (104). Unknown ones are passed over. */
  unregister(key: BrokerKey): void {
    const entry = this.#brokers.get(key.brokerName);
    if (entry) this.#remove(entry, (member) => member.address === key.address, "it unregistered");
  }

  /** A sign of life without topics (904). */
  heartbeat(key: Pick<BrokerKey, "brokerName" | "address">): void {
    const member = this.#member(key);
    if (member) member.lastHeardMs = this.#clock.monotonic();
  }

  /** What version of a broker's topics is held, and is it another? A sign of life too (322). */
  compareVersion(
    key: Pick<BrokerKey, "brokerName" | "address">,
    version: DataVersion,
  ): { readonly isChanged: boolean; readonly held: DataVersion | undefined } {
    this.heartbeat(key);
    const held = this.#member(key)?.version;
    return { isChanged: held === undefined || !sameVersion(held, version), held };
  }

  /** Sets one topic's route on registered brokers (217); none where one of them is unknown. */
  registerTopic(
    routes: readonly { readonly brokerName: string; readonly topic: TopicRoute }[],
  ): void {
    const entries = routes.map((route) => this.#brokers.get(route.brokerName));
    if (entries.some((entry) => entry === undefined)) return;
    for (const [at, entry] of entries.entries()) {
      this.#checkTopics(entry?.countNew([routes[at].topic]) ?? 0, routes[at].brokerName);
      entry?.putTopic(routes[at].topic);
    }
  }

  /** Forgets a topic's route, on all brokers or those of one cluster (216). */
  removeTopic(topic: string, clusterName?: string): void {
    const now = this.#clock.monotonic();
    for (const entry of this.#brokers.values()) {
      const isAsked = clusterName === undefined || clusterName === entry.clusterName;
      if (isAsked) entry.removeTopic(topic, now);
    }
  }

  /** Takes the write permission out of a broker's routes until it is added; counts topics (205). */
  wipeWrite(brokerName: string): number {
    return this.#setWiped(brokerName, true);
  }

  /** Shows a broker's topics with the permissions it registered again; counts them (327). */
  addWrite(brokerName: string): number {
    return this.#setWiped(brokerName, false);
  }

  /**
   * Where a topic is, for an asker whose connection ends at `local` (105).
   * @throws {Refusal} `topic-unknown`: a producer then asks for TBW102.
   */
  route(topic: string, local: Host): Route {
    const now = this.#clock.monotonic();
    const queues: { brokerName: string; topic: TopicRoute }[] = [];
    const brokers: BrokerView[] = [];
    const filterServers = new Map<string, readonly string[]>();
    const mappings = new Map<string, string>();
    const all = [...this.#brokers.values()];
    for (const entry of sorted(all.filter((one) => one.topic(topic, now) !== undefined))) {
      const found = entry.topic(topic, now);
      if (found) queues.push({ brokerName: entry.name, topic: found });
      brokers.push(entry.view(local));
      for (const [address, servers] of entry.filterServers()) filterServers.set(address, servers);
      const mapping = entry.mapping(topic);
      if (mapping) mappings.set(entry.name, mapping);
    }
    if (queues.length === 0) {
      const names = all.map((entry) => entry.name);
      refuseTopic(topic, this.#absences.reason(topic, names, now));
    }
    const orderConfiguration = this.settings.isOn("orderMessageEnable")
      ? this.kv.get(ORDER_NAMESPACE, topic)
      : undefined;
    return { queues, brokers, filterServers, mappings, orderConfiguration };
  }

  /** How many queues of a topic each broker has, with their permissions. */
  queues(topic: string): { brokerName: string; readQueues: number; perm: number }[] {
    const now = this.#clock.monotonic();
    return [...this.#brokers.values()].flatMap((entry) => {
      const found = entry.topic(topic, now);
      if (found === undefined) return [];
      return [{ brokerName: entry.name, readQueues: found.readQueues, perm: found.perm }];
    });
  }

  /** All brokers and clusters (106). */
  clusters(local: Host): ClusterView {
    const clusters = new Map<string, string[]>();
    const entries = sorted([...this.#brokers.values()]);
    for (const { clusterName, name } of entries) {
      const names = clusters.get(clusterName);
      if (names) names.push(name);
      else clusters.set(clusterName, [name]);
    }
    return { brokers: entries.map((entry) => entry.view(local)), clusters };
  }

  /** The members of one broker name by id (901); empty where there is none. */
  members(brokerName: string, local: Host): ReadonlyMap<number, string> {
    return this.#brokers.get(brokerName)?.view(local).addresses ?? new Map();
  }

  /** All topics that have a route (206), those of one cluster (224). */
  topics(clusterName?: string): string[] {
    const now = this.#clock.monotonic();
    const names = new Set<string>();
    for (const entry of this.#brokers.values()) {
      if (clusterName !== undefined && clusterName !== entry.clusterName) continue;
      for (const name of entry.topics(now)) names.add(name);
    }
    return [...names].sort();
  }

  /** Topics whose system flags, on the first broker that has them, are `isAsked` (311–313). */
  topicsWithFlag(isAsked: (sysFlag: number) => boolean): string[] {
    const now = this.#clock.monotonic();
    const entries = sorted([...this.#brokers.values()]);
    return this.topics().filter((name) => {
      const first = entries.find((entry) => entry.topic(name, now) !== undefined);
      return isAsked(first?.topic(name, now)?.sysFlag ?? 0);
    });
  }

  /** Cluster and broker names, topics of the system's own, and a broker to ask for more (304). */
  systemTopics(local: Host): { topics: string[]; brokerAddress: string | undefined } {
    const { brokers, clusters } = this.clusters(local);
    const names = new Set([...clusters.keys(), ...brokers.map((broker) => broker.brokerName)]);
    const [brokerAddress] = brokers.flatMap((broker) => [...broker.addresses.values()]);
    return { topics: [...names], brokerAddress };
  }

  jobs(): Job[] {
    return [{
      name: "name server: silent brokers",
      run: (now) => {
        this.#removeSilent(now);
        return now + this.settings.scanIntervalMs;
      },
    }];
  }

  #take(asked: Registration, entry: BrokerEntry, link: RegisteringLink): void {
    const member: Member = {
      address: asked.address,
      haServerAddress: asked.haServerAddress,
      filterServers: asked.filterServers,
      timeoutMs: asked.timeoutMs ?? this.#deadAfterMs,
      linkId: link.id,
      version: asked.version,
      lastHeardMs: this.#clock.monotonic(),
    };
    const removeAbsent = this.settings.isOn("deleteTopicWithBrokerRegistration");
    const outcome = entry.register(asked, member, removeAbsent);
    if (outcome.warning) this.#lines.warn(outcome.warning);
    if (outcome.isTaken) this.#absences.came(entry.name);
    if (outcome.isNew) this.#lines.info(`${told(asked.brokerId, asked)} registered.`);
    this.#watch(link);
  }

  /** A broker leaves with its connection; one listener each, however often it registers. */
  #watch(link: RegisteringLink): void {
    if (this.#watched.has(link.id)) return;
    this.#watched.add(link.id);
    link.onClose(() => {
      this.#watched.delete(link.id);
      for (const entry of [...this.#brokers.values()]) {
        this.#remove(entry, (member) => member.linkId === link.id, "its connection closed");
      }
    });
  }

  #removeSilent(now: number): void {
    for (const entry of [...this.#brokers.values()]) {
      this.#remove(entry, (member) => now - member.lastHeardMs > member.timeoutMs, "it was silent");
    }
  }

  #remove(entry: BrokerEntry, isGone: (member: Member) => boolean, why: string): void {
    const { gone, topics } = entry.removeMembers(isGone);
    if (entry.isEmpty) this.#brokers.delete(entry.name);
    const atMs = this.#clock.monotonic();
    if (topics.length > 0) this.#absences.left(entry.name, { why, atMs, topics });
    for (const [id, { address, lastHeardMs }] of gone) {
      const silentMs = Math.round(this.#clock.monotonic() - lastHeardMs);
      const broker = told(id, { brokerName: entry.name, address });
      this.#lines.info(`${broker} was removed: ${why}, last heard of ${silentMs} ms ago.`);
    }
  }

  #setWiped(brokerName: string, isWiped: boolean): number {
    const count = this.#brokers.get(brokerName)?.setWiped(isWiped, this.#clock.monotonic()) ?? 0;
    const what = isWiped ? "taken from" : "given back to";
    this.#lines.info(`Write permission was ${what} ${count} topics of ${brokerName} in routes.`);
    return count;
  }

  #member(key: Pick<BrokerKey, "brokerName" | "address">): Member | undefined {
    return this.#brokers.get(key.brokerName)?.memberAt(key.address);
  }

  #checkLimits(asked: Registration, entry: BrokerEntry): void {
    this.#checkTopics(entry.countNew(asked.topics), asked.brokerName);
    this.#checkMappings(asked);
    if (entry.memberAt(asked.address)) return;
    const count = [...this.#brokers.values()].reduce((sum, one) => sum + one.memberCount, 0);
    if (count < this.#limits.brokers) return;
    throw new Refusal(
      "busy",
      `Cannot register ${asked.brokerName} at ${asked.address}: ${count} brokers are registered, ` +
        `at most ${this.#limits.brokers} (namesrvBrokers). Stop some or raise the limit.`,
    );
  }

  #checkMappings(asked: Registration): void {
    let count = 0;
    for (const mapping of asked.mappings.values()) count += mapping.length;
    if (count === 0) return;
    const max = this.#limits.topics * MAPPING_CHARACTERS;
    for (const entry of this.#brokers.values()) {
      if (entry.name !== asked.brokerName) count += entry.heldMappings;
    }
    if (count <= max) return;
    throw new Refusal(
      "busy",
      `Cannot register ${asked.brokerName}: with it the queue mappings of static topics would ` +
        `have ${count} characters, at most ${max} are held (${MAPPING_CHARACTERS} times ` +
        `namesrvTopics).`,
    );
  }

  #checkTopics(more: number, brokerName: string): void {
    if (more === 0) return;
    const held = [...this.#brokers.values()].reduce((sum, one) => sum + one.heldTopics, 0);
    if (held + more <= this.#limits.topics) return;
    throw new Refusal(
      "busy",
      `Cannot register ${more} more topics of ${brokerName}: brokers registered ${held}, at most ` +
        `${this.#limits.topics} (namesrvTopics). Delete some or raise the limit.`,
    );
  }
}

function sorted(entries: BrokerEntry[]): BrokerEntry[] {
  return entries.sort((one, other) => one.name < other.name ? -1 : 1);
}

function told(id: number, broker: Pick<BrokerKey, "brokerName" | "address">): string {
  return `Broker ${broker.brokerName} (id ${id}, ${broker.address})`;
}

function refuseTopic(topic: string, why: string): never {
  throw new Refusal(
    "topic-unknown",
    `No topic route info in name server for the topic: ${topic}\n${why}\n` +
      `See ${FAQ} for further details.`,
  );
}
