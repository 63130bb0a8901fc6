import { type DataVersion, sameVersion } from "../model/data_version.ts";
import type { Host } from "../model/host.ts";
import { Refusal } from "../model/refusal.ts";
import { Perm } from "../model/topic.ts";
import { type OwnBroker, OwnTopics } from "./own_broker.ts";
import type { Registered, Registration, TopicRoute } from "./registration.ts";
import type { BrokerView } from "./route.ts";

/** One registered address under a broker name. */
export interface Member {
  readonly address: string;
  readonly haServerAddress: string | undefined;
  readonly filterServers: readonly string[];
  readonly timeoutMs: number;
  readonly linkId: number;
  readonly version: DataVersion;
  /** Monotonic ms. */
  lastHeardMs: number;
}

/** How a registration went, for the log. */
export interface Outcome {
  /** False where a broker with a newer state keeps the id. */
  readonly isTaken: boolean;
  /** A sentence where another live broker holds the same name and id. */
  readonly warning?: string;
  readonly isNew: boolean;
}

const MASTER = 0;

/** All that is known of one broker name: the members that registered, their topics, our own. */
export class BrokerEntry {
  readonly name: string;
  readonly #members = new Map<number, Member>();
  readonly #topics = new Map<string, TopicRoute>();
  readonly #mappings = new Map<string, string>();
  readonly #own: OwnBroker | undefined;
  readonly #ownTopics: OwnTopics | undefined;
  /** By broker id: the last warning, so that two brokers taking turns are told of once. */
  readonly #warned = new Map<number, string>();
  #clusterName: string;
  #actingMaster = false;
  #zoneName: string | undefined;
  #isWiped = false;

  constructor(name: string, clusterName: string, own?: OwnBroker) {
    this.name = name;
    this.#clusterName = clusterName;
    this.#own = own;
    this.#ownTopics = own && new OwnTopics(own);
  }

  get clusterName(): string {
    return this.#clusterName;
  }

  /** Nobody is here any more: the name can go. */
  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#own === undefined;
  }

  get memberCount(): number {
    return this.#members.size;
  }

  /** Topics held for registered members; the own broker's are not held. */
  get heldTopics(): number {
    return this.#topics.size;
  }

  /** Characters of the queue mappings that are held. */
  get heldMappings(): number {
    let count = 0;
    for (const mapping of this.#mappings.values()) count += mapping.length;
    return count;
  }

  /** How many of these topics are not held yet. */
  countNew(topics: readonly TopicRoute[]): number {
    return topics.reduce((count, topic) => count + (this.#topics.has(topic.name) ? 0 : 1), 0);
  }

  /** Does this process's own broker register with itself? Then there is nothing to take. */
  isOwnAddress(asked: Registration, local: Host): boolean {
    const own = this.#own;
    return own?.brokerId === asked.brokerId && own.address.textFor(local) === asked.address;
  }

  /**
   * Takes a registration by the rules of `RouteInfoManager.registerBroker`.
   * @throws {Refusal} `failed` for the own broker's id, and for a new id that names one topic.
   */
  register(asked: Registration, member: Member, removeAbsent: boolean): Outcome {
    this.#refuseOwnId(asked);
    this.#leaveOtherIds(asked);
    const before = this.#members.get(asked.brokerId);
    const isOther = before !== undefined && before.address !== asked.address;
    if (isOther && before.version.stateVersion > asked.version.stateVersion) {
      const warning = this.#warnOnce(asked, before.address, "which has a newer state and stays");
      return { isTaken: false, warning, isNew: false };
    }
    if (before === undefined && asked.topics.length === 1) refuseOneTopic(asked);
    const isAlive = isOther && member.lastHeardMs - before.lastHeardMs <= before.timeoutMs;
    const warning = isAlive
      ? this.#warnOnce(asked, before.address, "which is live too; the last to register is used")
      : undefined;
    this.#members.set(asked.brokerId, member);
    this.#actingMaster = asked.actingMaster ?? false;
    this.#zoneName = asked.zoneName;
    if (this.#own === undefined && asked.brokerId === this.#idMin()) {
      this.#clusterName = asked.clusterName;
    }
    this.#takeTopics(asked, isOther ? undefined : before, removeAbsent);
    return { isTaken: true, warning, isNew: before === undefined };
  }

  /**
   * What a member is told of its master; nothing where it is the master itself or there is none.
   */
  masterOf(brokerId: number, local: Host): Registered {
    const master = this.#members.get(MASTER);
    if (brokerId === MASTER) return {};
    if (this.#own?.brokerId === MASTER) return { masterAddress: this.#own.address.textFor(local) };
    return { haServerAddress: master?.haServerAddress, masterAddress: master?.address };
  }

  /** Sets one topic of this broker (217). */
  putTopic(topic: TopicRoute): void {
    this.#topics.set(topic.name, topic);
  }

  /** Forgets a topic's route; the own broker, which still has it, shows it again later. */
  removeTopic(topic: string, now: number): void {
    this.#topics.delete(topic);
    this.#mappings.delete(topic);
    this.#ownTopics?.hide(topic, now);
  }

  /** Wipes or gives back the write permission in routes; returns how many topics it is about. */
  setWiped(isWiped: boolean, now: number): number {
    this.#isWiped = isWiped;
    return [...this.topics(now)].length;
  }

  /** The member at `address`, if it registered. */
  memberAt(address: string): Member | undefined {
    for (const member of this.#members.values()) {
      if (member.address === address) return member;
    }
    return undefined;
  }

  /**
   * Removes the members that `isGone` picks; returns them with their ids, and the names of the
   * topics that went with the last of them.
   */
  removeMembers(
    isGone: (member: Member) => boolean,
  ): { readonly gone: [number, Member][]; readonly topics: readonly string[] } {
    const gone = [...this.#members].filter(([, member]) => isGone(member));
    for (const [id] of gone) this.#members.delete(id);
    if (this.#members.size > 0) return { gone, topics: [] };
    const topics = gone.length > 0 ? [...this.#topics.keys()] : [];
    this.#forget();
    return { gone, topics };
  }

  /** The route of one topic, at `now` (monotonic ms). */
  topic(name: string, now: number): TopicRoute | undefined {
    const topic = this.#leadingOwn?.get(name, now) ?? this.#registeredTopic(name);
    if (topic === undefined) return undefined;
    const isReadOnly = this.#isWiped || (this.#actingMaster && !this.#hasMaster);
    return isReadOnly ? { ...topic, perm: topic.perm & ~Perm.write } : topic;
  }

  /** Names of all topics that have a route here. */
  topics(now: number): Iterable<string> {
    return this.#leadingOwn?.names(now) ?? this.#topics.keys();
  }

  mapping(topic: string): string | undefined {
    return this.#mappings.get(topic);
  }

  /** As an asker sees it whose connection ends at `local`. */
  view(local: Host): BrokerView {
    const addresses = new Map<number, string>();
    for (const [id, member] of this.#members) addresses.set(id, member.address);
    if (this.#own) addresses.set(this.#own.brokerId, this.#own.address.textFor(local));
    return {
      clusterName: this.#clusterName,
      brokerName: this.name,
      addresses: new Map([...addresses].sort(([one], [other]) => one - other)),
      actingMaster: this.#actingMaster,
      zoneName: this.#zoneName,
    };
  }

  /** Filter servers by broker address, of members that named some. */
  *filterServers(): Iterable<[string, readonly string[]]> {
    for (const member of this.#members.values()) {
      if (member.filterServers.length > 0) yield [member.address, member.filterServers];
    }
  }

  get #hasMaster(): boolean {
    return this.#members.has(MASTER) || this.#own?.brokerId === MASTER;
  }

  /** The own broker's topics, where it and not a registered member speaks for the name. */
  get #leadingOwn(): OwnTopics | undefined {
    return this.#own && this.#own.brokerId < this.#idMin() ? this.#ownTopics : undefined;
  }

  #registeredTopic(name: string): TopicRoute | undefined {
    return this.#leadingOwn === undefined ? this.#topics.get(name) : undefined;
  }

  #idMin(): number {
    return Math.min(...this.#members.keys());
  }

  #refuseOwnId(asked: Registration): void {
    if (this.#own?.brokerId !== asked.brokerId) return;
    throw new Refusal(
      "failed",
      `Cannot register ${asked.brokerName} with id ${asked.brokerId} at ${asked.address}: that ` +
        `name and id are those of the broker in this name server's own process. Give one of them ` +
        `another brokerName or brokerId, or start PocketMQ with --role namesrv.`,
    );
  }

  /** An address has one id: a slave that became the master is no slave any more. */
  #leaveOtherIds(asked: Registration): void {
    for (const [id, held] of this.#members) {
      if (held.address === asked.address && id !== asked.brokerId) this.#members.delete(id);
    }
  }

  #warnOnce(asked: Registration, other: string, which: string): string | undefined {
    const pair = [asked.address, other].sort().join(" ");
    if (this.#warned.get(asked.brokerId) === pair) return undefined;
    this.#warned.set(asked.brokerId, pair);
    return `Two brokers are named ${asked.brokerName} with id ${asked.brokerId}: ` +
      `${asked.address} registers beside ${other}, ${which}. Give one of them another brokerName ` +
      `or brokerId.`;
  }

  #takeTopics(asked: Registration, before: Member | undefined, removeAbsent: boolean): void {
    const leads = asked.brokerId === MASTER ||
      (asked.actingMaster !== undefined && asked.brokerId === this.#idMin());
    if (!leads) return;
    const isChanged = before === undefined || !sameVersion(before.version, asked.version);
    if (removeAbsent && asked.mappings.size === 0) this.#removeAbsent(asked.topics);
    for (const { name, readQueues, writeQueues, perm, sysFlag } of asked.topics) {
      if (!isChanged && this.#topics.has(name)) continue;
      this.#topics.set(name, { name, readQueues, writeQueues, perm, sysFlag });
    }
    if (!isChanged) return;
    for (const [topic, mapping] of asked.mappings) this.#mappings.set(topic, mapping);
  }

  #removeAbsent(topics: readonly TopicRoute[]): void {
    const named = new Set(topics.map((topic) => topic.name));
    for (const name of this.#topics.keys()) {
      if (!named.has(name)) this.#topics.delete(name);
    }
  }

  #forget(): void {
    this.#topics.clear();
    this.#mappings.clear();
    this.#warned.clear();
    if (this.#own === undefined) this.#isWiped = false;
  }
}

function refuseOneTopic(asked: Registration): never {
  const { brokerName, brokerId, address, topics: [topic] } = asked;
  throw new Refusal(
    "failed",
    `register broker failed: ${brokerName} with id ${brokerId} at ${address} is new and names ` +
      `only the topic ${topic.name}. The first registration must name all.`,
  );
}
