import { makeTopic, retryTopic, type Topic } from "../model/topic.ts";
import { formatHost } from "../model/host.ts";
import { Refusal } from "../model/refusal.ts";
import type { Group } from "../model/group.ts";
import type { Clock } from "../port/clock.ts";
import type { Job } from "../port/job.ts";
import type { Lines } from "../port/lines.ts";
import type { Agreement } from "./agreement.ts";
import type { ConsumerGroup, Member } from "./consumer_group.ts";
import type { ConsumerGroups } from "./consumer_groups.ts";
import type { Filters } from "./filters.ts";
import type { FirstEnds } from "./first_ends.ts";
import type { Heartbeat, HeartbeatConsumer, Subscription } from "./heartbeat.ts";
import { type Attendance, checkHeartbeat } from "./heartbeat_limits.ts";
import type { Link } from "./link.ts";
import type { ProducerLinks } from "./producer_links.ts";
import type { BrokerSettings } from "./settings.ts";

export type { Heartbeat, HeartbeatConsumer, Subscription } from "./heartbeat.ts";

export interface HeartbeatResult {
  /** Does the broker understand heartbeats without subscriptions? */
  readonly v2: boolean;
  /** The client should send a full heartbeat next. */
  readonly subscriptionChanged: boolean;
}

/** One client of a group, as tools see it. */
export interface Connected {
  readonly clientId: string;
  /** `ip:port`. */
  readonly address: string;
  readonly language: string;
  readonly version: number;
}

export interface Producer extends Connected {
  /** Last heartbeat, ms since 1970. */
  readonly seenMs: number;
}

export interface ConsumerConnections {
  readonly connections: readonly Connected[];
  readonly subscriptions: readonly Subscription[];
  readonly type: string;
  readonly model: string;
  readonly fromWhere: string;
}

export interface ProducerConnections {
  readonly connections: readonly Connected[];
}

/** What the clients work with. */
export interface ClientParts {
  readonly groups: { find(name: string): Group | undefined };
  readonly newTopics: { ensure(topic: Topic): Promise<Topic>; has(name: string): boolean };
  readonly consumers: ConsumerGroups;
  readonly firstEnds: Pick<FirstEnds, "note">;
  readonly agreement: Agreement;
  readonly filters: Pick<Filters, "heard">;
  readonly producerLinks: Pick<ProducerLinks, "heard" | "left">;
  readonly settings: BrokerSettings;
  readonly clock: Clock;
  readonly lines: Lines;
}

const SCAN_MS = 10_000;
/** The flag of a unit's retry topic (`TopicSysFlag.FLAG_UNIT_SUB`). */
const UNIT_SUBSCRIPTION = 2;

/** Who is connected: producers and consumers, by group. A job forgets the silent ones. */
export class Clients implements Job {
  readonly name = "clients";
  readonly #parts: ClientParts;
  readonly #links = new Map<number, Attendance>();
  readonly #producers = new Map<string, Map<number, Member>>();
  /** Groups whose members are to be told, at the end of this turn, that they changed. */
  readonly #changed = new Set<string>();
  #memberships = 0;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /**
   * Takes in a heartbeat; a consumer group's retry topic is there when it is answered. Groups that
   * may not be created are passed over. @throws {Refusal} `busy` with the limit that was reached,
   * `subscription-invalid` for one that differs from its group, where that is refused.
   */
  heartbeat(heartbeat: Heartbeat, link: Link): HeartbeatResult | Promise<HeartbeatResult> {
    const { settings, groups, newTopics, firstEnds, agreement } = this.#parts;
    const attendance = this.#links.get(link.id);
    checkHeartbeat(heartbeat, { settings, attendance, memberships: this.#memberships });
    agreement.check(heartbeat);
    const waits: Promise<unknown>[] = [];
    for (const consumer of heartbeat.consumers) {
      const group = groups.find(consumer.group);
      const name = retryTopic(consumer.group);
      if (group === undefined) continue;
      const noted = firstEnds.note(consumer);
      if (noted !== undefined) waits.push(noted);
      if (newTopics.has(name)) continue;
      const sysFlag = consumer.unitMode ? UNIT_SUBSCRIPTION : 0;
      waits.push(newTopics.ensure(makeTopic(name, group.retryQueues, { sysFlag })));
    }
    if (waits.length === 0) return this.#takeIn(heartbeat, link);
    return Promise.all(waits).then(() => this.#takeIn(heartbeat, link));
  }

  /** Takes a client's connection out of the groups named. */
  unregister(
    who: {
      readonly clientId: string;
      readonly producerGroup?: string;
      readonly consumerGroup?: string;
    },
    link: Link,
  ): void {
    if (who.producerGroup !== undefined) this.#leaveProducers(who.producerGroup, link.id);
    if (who.consumerGroup === undefined) return;
    const group = this.#parts.consumers.get(who.consumerGroup);
    if (group !== undefined) this.#leave(group, link.id);
  }

  /** Client ids of a group, the same for everyone who asks. @throws {Refusal} `failed`: none. */
  members(group: string): string[] {
    const ids = this.#parts.consumers.get(group)?.clientIds() ?? [];
    if (ids.length > 0) return ids;
    throw new Refusal("failed", `no consumer for this group, ${group}`);
  }

  /** @throws {Refusal} `consumer-offline` */
  consumers(name: string): ConsumerConnections {
    const group = this.#parts.consumers.get(name);
    if (group === undefined) {
      throw new Refusal("consumer-offline", `the consumer group[${name}] not online`);
    }
    return {
      connections: connectedOf(group.members),
      subscriptions: [...group.subscriptions.values()],
      type: group.type,
      model: group.model,
      fromWhere: group.fromWhere,
    };
  }

  /** @throws {Refusal} `failed` */
  producers(name: string): ProducerConnections {
    const members = this.#producers.get(name);
    if (members !== undefined) return { connections: connectedOf(members) };
    throw new Refusal("failed", `the producer group[${name}] not exist`);
  }

  /** The clients of a producer group. */
  producersOf(group: string): Link[] {
    return [...this.#producers.get(group)?.values() ?? []].map(({ link }) => link);
  }

  /** All producers by group, with the time of their last heartbeat: ms since 1970. */
  *allProducers(): Iterable<readonly [group: string, producers: readonly Producer[]]> {
    const { clock } = this.#parts;
    const shift = clock.now() - clock.monotonic();
    for (const [group, members] of this.#producers) {
      const times = [...members.values()].map(({ seenAt }) => Math.round(seenAt + shift));
      yield [group, connectedOf(members).map((one, at) => ({ ...one, seenMs: times[at] }))];
    }
  }

  run(now: number): number {
    const silentSince = now - this.#parts.settings.clientExpiryMs;
    for (const group of this.#parts.consumers.all()) {
      for (const [id, member] of group.members) {
        if (member.seenAt < silentSince && this.#leave(group, id)) {
          this.#expired(group.name, member);
        }
      }
    }
    for (const [name, members] of this.#producers) {
      for (const [id, member] of members) {
        if (member.seenAt < silentSince) this.#leaveProducers(name, id);
      }
    }
    return now + SCAN_MS;
  }

  #takeIn(heartbeat: Heartbeat, link: Link): HeartbeatResult {
    let changed = heartbeat.fingerprint === 0;
    if (link.isClosed) return { v2: true, subscriptionChanged: changed };
    const attendance = this.#attend(link);
    for (const consumer of heartbeat.consumers) {
      const known = this.#parts.groups.find(consumer.group);
      if (known === undefined) continue;
      const group = this.#parts.consumers.open(consumer.group);
      if (isStale(group, heartbeat)) changed = true;
      attendance.consumers.add(group.name);
      this.#takeInConsumer(group, consumer, { heartbeat, link, known });
    }
    if (heartbeat.producers.length > 0) {
      this.#parts.producerLinks.heard(heartbeat.clientId, link);
    }
    for (const name of heartbeat.producers) {
      let members = this.#producers.get(name);
      if (members === undefined) this.#producers.set(name, members = new Map());
      attendance.producers.add(name);
      this.#join(members, heartbeat, link);
    }
    return { v2: true, subscriptionChanged: changed };
  }

  #takeInConsumer(
    group: ConsumerGroup,
    consumer: HeartbeatConsumer,
    said: { readonly heartbeat: Heartbeat; readonly link: Link; readonly known: Group },
  ): void {
    const { heartbeat, link, known } = said;
    group.describe(consumer);
    group.fingerprint = heartbeat.fingerprint;
    const joined = this.#join(group.members, heartbeat, link);
    const resubscribed = !heartbeat.withoutSubscriptions &&
      group.subscribe(
        consumer.subscriptions,
        (subscription) => this.#parts.filters.heard(group.name, subscription),
      );
    if (joined) {
      this.#parts.lines.info(
        `The consumer ${heartbeat.clientId} at ${formatHost(link.remote)} joined the group ` +
          `${group.name}: ${group.members.size} in it.`,
      );
    }
    if (!heartbeat.withoutSubscriptions) this.#parts.agreement.heard(group, consumer, link);
    if ((joined || resubscribed) && known.notifyConsumerIdsChangedEnable) this.#announce(group);
  }

  /** Says whether the connection is new to the group. */
  #join(members: Map<number, Member>, heartbeat: Heartbeat, link: Link): boolean {
    const { clientId, language, version } = heartbeat;
    const seenAt = this.#parts.clock.monotonic();
    const member = members.get(link.id);
    if (member !== undefined) {
      Object.assign(member, { clientId, language, version, seenAt });
      return false;
    }
    members.set(link.id, { link, clientId, language, version, seenAt });
    this.#memberships++;
    return true;
  }

  #attend(link: Link): Attendance {
    let attendance = this.#links.get(link.id);
    if (attendance === undefined) {
      attendance = { consumers: new Set(), producers: new Set() };
      this.#links.set(link.id, attendance);
      link.onClose(() => this.#closed(link.id));
    }
    return attendance;
  }

  #closed(linkId: number): void {
    const attendance = this.#links.get(linkId);
    this.#links.delete(linkId);
    for (const name of attendance?.consumers ?? []) {
      const group = this.#parts.consumers.get(name);
      if (group !== undefined) this.#leave(group, linkId);
    }
    for (const name of attendance?.producers ?? []) this.#leaveProducers(name, linkId);
  }

  #leave(group: ConsumerGroup, linkId: number): boolean {
    if (!group.members.delete(linkId)) return false;
    this.#memberships--;
    this.#links.get(linkId)?.consumers.delete(group.name);
    this.#parts.agreement.left(group);
    if (group.members.size === 0) this.#parts.consumers.remove(group.name);
    else if (this.#parts.groups.find(group.name)?.notifyConsumerIdsChangedEnable ?? true) {
      this.#announce(group);
    }
    return true;
  }

  #leaveProducers(name: string, linkId: number): void {
    const members = this.#producers.get(name);
    if (members === undefined || !members.delete(linkId)) return;
    this.#memberships--;
    const others = this.#links.get(linkId)?.producers;
    others?.delete(name);
    if (others === undefined || others.size === 0) this.#parts.producerLinks.left(linkId);
    if (members.size === 0) this.#producers.delete(name);
  }

  #expired(group: string, member: Member): void {
    this.#parts.lines.warn(
      `The consumer ${member.clientId} was silent for ${this.#parts.settings.clientExpiryMs} ms ` +
        `and is no longer in the group ${group}.`,
    );
  }

  /** Tells the members at the end of this turn, once, however much changes in it. */
  #announce(group: ConsumerGroup): void {
    if (group.isBroadcast || !this.#parts.settings.notifyMembersChanged) return;
    if (this.#changed.size === 0) this.#parts.clock.soon(() => this.#tell());
    this.#changed.add(group.name);
  }

  #tell(): void {
    for (const name of this.#changed) {
      for (const { link } of this.#parts.consumers.get(name)?.members.values() ?? []) {
        if (!link.isClosed && link.isWritable) link.membersChanged(name);
      }
    }
    this.#changed.clear();
  }
}

/** Does the broker know too little, or something else, of what the client last subscribed to? */
function isStale(group: ConsumerGroup, heartbeat: Heartbeat): boolean {
  if (group.fingerprint !== undefined && group.fingerprint !== heartbeat.fingerprint) return true;
  return heartbeat.withoutSubscriptions && group.subscriptions.size === 0;
}

function connectedOf(members: ReadonlyMap<number, Member>): Connected[] {
  return [...members.values()].map(({ clientId, language, version, link }) => ({
    clientId,
    address: formatHost(link.remote),
    language,
    version,
  }));
}
