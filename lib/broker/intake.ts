import type { Log } from "../log/log.ts";
import { decodeBatch } from "../model/batch.ts";
import type { Group } from "../model/group.ts";
import { formatHost, type Host } from "../model/host.ts";
import { type Message, type Stored, viewOf } from "../model/message.ts";
import { Refusal } from "../model/refusal.ts";
import {
  checkTopicName,
  DLQ_PREFIX,
  isBatched,
  isSendable,
  makeTopic,
  RETRY_PREFIX,
  type Topic,
} from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { spanCutter } from "../port/span.ts";
import type { Access } from "./access.ts";
import { Backlog } from "./backlog.ts";
import { partMessages } from "./part_messages.ts";
import { checkTogether, type Whole } from "./check_together.ts";
import type { Counters } from "./counters.ts";
import type { Detours } from "./detours.ts";
import { OffsetIds } from "./hex_text.ts";
import type { Identity } from "./identity.ts";
import type { Locks } from "./locks.ts";
import type { NewTopics } from "./new_topics.ts";
import { OwnProperties } from "./own_properties.ts";
import { recallHandleOf } from "./recall.ts";
import type { Accepted, Incoming, SendAsk, SendReceipt } from "./send.ts";
import { checkBatchScan, checkFlags, checkScan, flagsFor } from "./send_rules.ts";
import type { BrokerSettings } from "./settings.ts";
import { type Scan, scanProperties, undelayed, withKeyOf } from "./stamp.ts";
import { ownTries } from "./tries.ts";
import type { UniqueIds } from "./unique_ids.ts";

export type { Accepted, Incoming, SendAsk, SendReceipt } from "./send.ts";

/** Addresses of ours that are kept: a machine has few. */
const ADDRESSES_MAX = 1000;

/** What sends work with. */
export interface IntakeParts {
  readonly log: Pick<Log, "append" | "appendBatch" | "appendTogether" | "settled">;
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly newTopics: NewTopics;
  readonly groups: { get(name: string): Group };
  readonly locks: Pick<Locks, "isHeld">;
  readonly access: Access;
  readonly counters: Counters;
  readonly detours: Detours;
  readonly uniqueIds: UniqueIds;
  readonly identity: Identity;
  readonly settings: BrokerSettings;
  readonly clock: Clock;
  readonly random: Random;
}

/** This side of a connection, as receipts and records name it. */
interface OwnEnd {
  readonly host: Host;
  readonly ids: OffsetIds;
}

/** The way of a message into the log. */
export class Intake {
  readonly #parts: IntakeParts;
  /** What is added to every message's properties. */
  readonly #own: OwnProperties;
  readonly #ends = new WeakMap<Host, OwnEnd>();
  /** The same by address: what connections have in common is made once. */
  readonly #endsByAddress = new Map<string, OwnEnd>();
  /** What the messages of this moment wait for, and when they came. */
  #awaited: Promise<void> | undefined;
  #starts: number[] = [];
  readonly #backlog: Backlog;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#backlog = new Backlog(parts.settings);
    this.#own = new OwnProperties(parts.identity);
  }

  /** Stores one message and waits until it is safe. @throws {Refusal} as {@linkcode accept} */
  async send(incoming: Incoming, asked: SendAsk): Promise<SendReceipt> {
    return await this.#receipt(await this.accept(incoming, asked));
  }

  /** The same for a batch. */
  async sendBatch(incoming: Incoming, asked: SendAsk): Promise<SendReceipt> {
    return await this.#receipt(await this.acceptBatch(incoming, asked));
  }

  /**
   * Takes one message into the log, at once where its topic is there. Throws, or rejects, a
   * `Refusal` for every reason of the send path (reference §4.1).
   */
  accept(incoming: Incoming, asked: SendAsk): Accepted | Promise<Accepted> {
    const arriving = { incoming, asked, startedAt: this.#parts.clock.monotonic() };
    this.#backlog.check(arriving.startedAt);
    const topic = this.#known(incoming.topic);
    if (topic !== undefined) return this.#place(topic, arriving);
    return this.#create(incoming.topic, asked).then((made) => this.#place(made, arriving));
  }

  /**
   * The queue that such a message would go to, where it is not to be kept.
   * @throws {Refusal} for its topic or queue, as {@linkcode accept}
   */
  async destined(incoming: Incoming, asked: SendAsk): Promise<number> {
    const topic = this.#known(incoming.topic) ?? await this.#create(incoming.topic, asked);
    return this.#queueOf(topic, incoming.queueId);
  }

  /** Takes a batch: `message.body` is the batch's body (`batch.ts`), the rest holds for each. */
  acceptBatch(incoming: Incoming, asked: SendAsk): Accepted | Promise<Accepted> {
    const arriving = { incoming, asked, startedAt: this.#parts.clock.monotonic() };
    this.#backlog.check(arriving.startedAt);
    const topic = this.#known(incoming.topic);
    if (topic !== undefined) return this.#takeBatch(topic, arriving);
    return this.#create(incoming.topic, asked).then((made) => this.#takeBatch(made, arriving));
  }

  /** A message that was tried too often goes to the dead letters instead. */
  #place(topic: Topic, arriving: Arriving): Accepted | Promise<Accepted> {
    if (!this.#isDead(arriving.incoming, arriving.asked)) return this.#take(topic, arriving);
    this.#queueOf(topic, arriving.incoming.queueId);
    return this.#deadLetters(topic).then((dead) => this.#take(dead, arriving));
  }

  #take(topic: Topic, { incoming, asked, startedAt }: Arriving): Accepted {
    const isDead = topic.name !== incoming.topic;
    const queueId = isDead ? 0 : this.#queueOf(topic, incoming.queueId);
    this.#checkBody(incoming.body);
    const scan = scanProperties(incoming.properties);
    checkFlags(incoming.sysFlag, scan.wish);
    if (!isDead) checkScan(scan);
    const end = this.#endOf(asked.local);
    const key = scan.uniqueKey ?? this.#parts.uniqueIds.next(end.host.ip);
    const own: Message = {
      topic: topic.name,
      queueId,
      flag: incoming.flag,
      sysFlag: flagsFor(topic, incoming.sysFlag),
      bornTimestamp: incoming.bornTimestamp,
      bornHost: incoming.bornHost,
      storeHost: end.host,
      reconsumeTimes: incoming.reconsumeTimes,
      preparedPosition: 0,
      properties: (isDead ? undelayed(scan) : scan).kept,
      givenKey: scan.uniqueKey === undefined ? key : undefined,
      ownProperties: this.#own.bytes,
      body: incoming.body,
    };
    const message = scan.wish === undefined || isDead ? own : this.#detour(own, scan, key);
    const stored = this.#append(message);
    this.#parts.counters.stored(message.topic, 1, stored.size);
    return {
      ids: end.ids.at(stored.position),
      queueId,
      offset: stored.offset,
      transactionId: key,
      recallHandle: message === own ? undefined : this.#handleOf(message),
      settled: this.#settled(scan, stored, startedAt),
    };
  }

  #takeBatch(topic: Topic, { incoming, asked, startedAt }: Arriving): Accepted {
    const queueId = this.#queueOf(topic, incoming.queueId);
    if (topic.name.startsWith(RETRY_PREFIX)) {
      const why = `batch request does not support retry group ${topic.name}`;
      throw new Refusal("message-illegal", why);
    }
    this.#checkBody(incoming.body);
    checkFlags(incoming.sysFlag, undefined);
    const whole = scanProperties(incoming.properties);
    checkBatchScan(whole);
    const parts = decodeBatch(viewOf(incoming.body), spanCutter);
    this.#checkCount(parts.length);
    const end = this.#endOf(asked.local);
    const common = {
      ...incoming,
      queueId,
      storeHost: end.host,
      sysFlag: flagsFor(topic, incoming.sysFlag),
      preparedPosition: 0,
      ownProperties: this.#own.bytes,
    };
    const { uniqueKey } = whole;
    if (uniqueKey !== undefined && isBatched(topic)) {
      checkTogether(parts);
      const message = { ...common, properties: whole.kept };
      const together = { message, scan: whole, count: parts.length, startedAt };
      return this.#takeTogether(together, uniqueKey, end);
    }
    const { uniqueIds, log, counters } = this.#parts;
    const key = () => uniqueIds.next(end.host.ip);
    const detour = (own: Message, scan: Scan, itsKey: string) => this.#detour(own, scan, itsKey);
    const { messages, firstKey } = partMessages(parts, common, { key, detour });
    const all = this.#counted(() => log.appendBatch(messages));
    const last = all[all.length - 1];
    const bytes = last.position + last.size - all[0].position;
    counters.stored(topic.name, all.length, bytes);
    return {
      ids: end.ids.of(all),
      queueId,
      offset: all[0].offset,
      transactionId: uniqueKey ?? firstKey,
      settled: this.#settled(whole, last, startedAt),
    };
  }

  /** A batch as one record. */
  #takeTogether(whole: Whole, uniqueKey: string, end: OwnEnd): Accepted {
    const { message, scan, count, startedAt } = whole;
    const stored = this.#counted(() => this.#parts.log.appendTogether(message, count));
    this.#parts.counters.stored(message.topic, count, stored.size);
    return {
      ids: end.ids.at(stored.position),
      queueId: message.queueId,
      offset: stored.offset,
      transactionId: uniqueKey,
      batchUniqueId: uniqueKey,
      settled: this.#settled(scan, stored, startedAt),
    };
  }

  #handleOf(message: Message): string | undefined {
    return recallHandleOf(message, this.#parts.identity.brokerName);
  }

  /** Elsewhere first, with all its properties as one text. */
  #detour(own: Message, scan: Scan, key: string): Message {
    const properties = withKeyOf(scan, key) + this.#own.text;
    const whole = { ...own, properties, givenKey: undefined, ownProperties: undefined };
    return this.#parts.detours.take(whole, scan);
  }

  async #receipt({ settled, ...placed }: Accepted): Promise<SendReceipt> {
    try {
      await settled;
    } catch (fault) {
      if (!isTimeout(fault)) throw fault;
      return { ...placed, flush: "timeout" };
    }
    return { ...placed, flush: "ok" };
  }

  /** The topic where it exists and takes messages; undefined where it must be created. */
  #known(name: string): Topic | undefined {
    const { access, topicTable } = this.#parts;
    const topic = topicTable.get(name);
    if (topic?.order === true && !access.isWritable) {
      throw new Refusal(
        "no-permission",
        "the broker sending message is forbidden: see brokerPermission",
      );
    }
    if (topic === undefined) checkTopicName(name);
    if (isSendable(name)) return topic;
    throw new Refusal("no-permission", `Sending message to topic[${name}] is forbidden.`);
  }

  #create(name: string, asked: SendAsk): Promise<Topic> {
    return this.#parts.newTopics.automatic(name, asked);
  }

  #queueOf(topic: Topic, asked: number): number {
    const queues = Math.max(topic.writeQueues, topic.readQueues);
    if (asked >= queues || topic.writeQueues <= 0) {
      throw new Refusal(
        "parameter-invalid",
        `request queueId[${asked}] is illegal, topic[${topic.name}] has ${topic.readQueues} ` +
          `queues to read and ${topic.writeQueues} to write`,
      );
    }
    return asked >= 0 ? asked : this.#parts.random.below(topic.writeQueues);
  }

  /**
   * Was it tried so often that it goes to the dead letters? What an orderly consumer gives up goes
   * there at once: later it would be out of order. @throws {Refusal} `group-unknown`
   */
  #isDead(incoming: Incoming, asked: SendAsk): boolean {
    if (!incoming.topic.startsWith(RETRY_PREFIX)) return false;
    const group = this.#parts.groups.get(incoming.topic.slice(RETRY_PREFIX.length));
    if (this.#parts.locks.isHeld(group.name)) return true;
    return incoming.reconsumeTimes > (ownTries(asked) ?? group.retryMaxTimes);
  }

  #deadLetters(retry: Topic): Promise<Topic> {
    const name = DLQ_PREFIX + retry.name.slice(RETRY_PREFIX.length);
    return this.#parts.newTopics.ensure(makeTopic(name, 1));
  }

  #checkBody(body: Message["body"]): void {
    const most = this.#parts.settings.messageBytesMax;
    if (body.length > 0 && body.length <= most) return;
    throw new Refusal(
      "message-illegal",
      `the message is illegal: its body has ${body.length} bytes; at least 1 and at most ` +
        `${most}, which maxMessageSize sets.`,
    );
  }

  #checkCount(count: number): void {
    const most = this.#parts.settings.batchMessagesMax;
    if (count <= most) return;
    throw new Refusal(
      "message-illegal",
      `The batch holds ${count} messages, but batchMessagesMax is ${most}. Send several batches.`,
    );
  }

  #append(message: Message): Stored {
    try {
      return this.#parts.log.append(message);
    } catch (fault) {
      this.#parts.counters.putFailed++;
      throw fault;
    }
  }

  #counted<Result>(append: () => Result): Result {
    try {
      return append();
    } catch (fault) {
      this.#parts.counters.putFailed++;
      throw fault;
    }
  }

  /** When it is safe, as far as the settings and its sender want it. */
  #settled(scan: Scan, { position, size }: Stored, startedAt: number): Promise<void> | undefined {
    if (!scan.wait) return undefined;
    const settled = this.#parts.log.settled(position + size);
    if (settled !== this.#awaited) this.#await(settled, startedAt);
    this.#starts.push(startedAt);
    return settled;
  }

  /** Counts how long those took that wait for the same. */
  #await(settled: Promise<void>, startedAt: number): void {
    const starts: number[] = [];
    this.#backlog.begin(starts, startedAt);
    this.#awaited = settled;
    this.#starts = starts;
    const { counters, clock } = this.#parts;
    const count = () => {
      if (this.#starts === starts) this.#awaited = undefined;
      this.#backlog.end(starts);
      const now = clock.monotonic();
      for (const startedAt of starts) counters.putTook(now - startedAt);
    };
    settled.then(count, (fault) => {
      if (!isTimeout(fault)) counters.putFailed += starts.length;
      count();
    });
  }

  #endOf(local: Host): OwnEnd {
    return this.#ends.get(local) ?? this.#newEnd(local);
  }

  #newEnd(local: Host): OwnEnd {
    const host = this.#parts.identity.address.hostFor(local);
    const address = formatHost(host);
    const end = this.#endsByAddress.get(address) ?? { host, ids: new OffsetIds(host) };
    if (this.#endsByAddress.size < ADDRESSES_MAX) this.#endsByAddress.set(address, end);
    this.#ends.set(local, end);
    return end;
  }
}

/** A message on its way in. */
interface Arriving {
  readonly incoming: Incoming;
  readonly asked: SendAsk;
  /** Monotonic ms. */
  readonly startedAt: number;
}

function isTimeout(fault: unknown): boolean {
  return fault instanceof Refusal && fault.kind === "flush-timeout";
}
