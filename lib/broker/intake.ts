import type { Log } from "../log/log.ts";
import { decodeBatch } from "../model/batch.ts";
import type { Group } from "../model/group.ts";
import type { Host } from "../model/host.ts";
import { hexNumber, offsetId } from "../model/ids.ts";
import type { Message, Stored } from "../model/message.ts";
import { Refusal } from "../model/refusal.ts";
import {
  checkTopicName,
  DLQ_PREFIX,
  isSendable,
  makeTopic,
  RETRY_PREFIX,
  type Topic,
} from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import type { Access } from "./access.ts";
import type { Counters } from "./counters.ts";
import type { Detours } from "./detours.ts";
import type { Identity } from "./identity.ts";
import type { NewTopics } from "./new_topics.ts";
import type { Incoming, SendAsk, SendReceipt } from "./send.ts";
import { checkBatchScan, checkFlags, checkScan, flagsFor } from "./send_rules.ts";
import type { BrokerSettings } from "./settings.ts";
import { brokerProperties, type Scan, scanProperties, undelayed, withUniqueKey } from "./stamp.ts";
import type { UniqueIds } from "./unique_ids.ts";

export type { Incoming, SendAsk, SendReceipt } from "./send.ts";

/** What sends work with. */
export interface IntakeParts {
  readonly log: Pick<Log, "append" | "appendBatch" | "settled">;
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly newTopics: NewTopics;
  readonly groups: { get(name: string): Group };
  readonly access: Access;
  readonly counters: Counters;
  readonly detours: Detours;
  readonly uniqueIds: UniqueIds;
  readonly identity: Identity;
  readonly settings: BrokerSettings;
  readonly clock: Clock;
  readonly random: Random;
}

/** MQVersion V3_4_9: from it on a sender says how often it wants a message tried again. */
const VERSION_3_4_9 = 121;

/** This side of a connection, as receipts and records name it. */
interface OwnEnd {
  readonly host: Host;
  /** The part of an offset id before the position. */
  readonly idStart: string;
}

/** The way of a message into the log. */
export class Intake {
  readonly #parts: IntakeParts;
  /** What is added to every message's properties. */
  readonly #suffix: string;
  readonly #ends = new WeakMap<Host, OwnEnd>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#suffix = brokerProperties(parts.identity);
  }

  /** Stores one message. @throws {Refusal} for every reason of the send path (reference §4.1). */
  async send(incoming: Incoming, asked: SendAsk): Promise<SendReceipt> {
    const startedAt = this.#parts.clock.monotonic();
    const topic = this.#known(incoming.topic) ?? await this.#create(incoming.topic, asked);
    const queueId = this.#queueOf(topic, incoming.queueId);
    const dead = this.#isDead(incoming, asked) ? await this.#deadLetters(topic) : undefined;
    this.#checkBody(incoming.body);
    checkFlags(incoming.sysFlag);
    const scan = scanProperties(incoming.properties);
    if (dead === undefined) checkScan(scan);
    const end = this.#endOf(asked.local);
    const key = scan.uniqueKey ?? this.#parts.uniqueIds.next(end.host.ip);
    const own: Message = {
      topic: dead?.name ?? topic.name,
      queueId: dead === undefined ? queueId : 0,
      flag: incoming.flag,
      sysFlag: flagsFor(topic, incoming.sysFlag),
      bornTimestamp: incoming.bornTimestamp,
      bornHost: incoming.bornHost,
      storeHost: end.host,
      reconsumeTimes: incoming.reconsumeTimes,
      preparedPosition: 0,
      properties: this.#stamp(dead === undefined ? scan : undelayed(scan), key),
      body: incoming.body,
    };
    const message = scan.wish === undefined || dead !== undefined
      ? own
      : this.#parts.detours.take(own, scan);
    const stored = this.#append(message);
    this.#parts.counters.stored(message.topic, 1, stored.size);
    const flush = scan.wait ? await this.#settle(stored.position + stored.size) : "ok";
    this.#parts.counters.putTook(this.#parts.clock.monotonic() - startedAt);
    const ids = idOf(end, stored);
    return { ids, queueId: own.queueId, offset: stored.offset, transactionId: key, flush };
  }

  /** Stores a batch: `message.body` is the batch's body (`batch.ts`), the rest holds for each. */
  async sendBatch(incoming: Incoming, asked: SendAsk): Promise<SendReceipt> {
    const startedAt = this.#parts.clock.monotonic();
    const topic = this.#known(incoming.topic) ?? await this.#create(incoming.topic, asked);
    const queueId = this.#queueOf(topic, incoming.queueId);
    if (topic.name.startsWith(RETRY_PREFIX)) {
      const why = `batch request does not support retry group ${topic.name}`;
      throw new Refusal("message-illegal", why);
    }
    this.#checkBody(incoming.body);
    checkFlags(incoming.sysFlag);
    const whole = scanProperties(incoming.properties);
    checkBatchScan(whole);
    const parts = decodeBatch(incoming.body);
    this.#checkCount(parts.length);
    const end = this.#endOf(asked.local);
    const common = {
      ...incoming,
      queueId,
      storeHost: end.host,
      sysFlag: flagsFor(topic, incoming.sysFlag),
    };
    const keys: string[] = [];
    const messages = parts.map((part): Message => {
      const scan = scanProperties(part.properties);
      checkScan(scan);
      const key = scan.uniqueKey ?? this.#parts.uniqueIds.next(end.host.ip);
      keys.push(key);
      const properties = this.#stamp(scan, key);
      const own = { ...common, flag: part.flag, body: part.body, properties };
      return scan.wish === undefined ? own : this.#parts.detours.take(own, scan);
    });
    const all = this.#appendAll(messages);
    const last = all[all.length - 1];
    const bytes = last.position + last.size - all[0].position;
    this.#parts.counters.stored(topic.name, all.length, bytes);
    const flush = whole.wait ? await this.#settle(last.position + last.size) : "ok";
    this.#parts.counters.putTook(this.#parts.clock.monotonic() - startedAt);
    const ids = all.map((stored) => idOf(end, stored)).join(",");
    const transactionId = whole.uniqueKey ?? keys[0];
    return { ids, queueId, offset: all[0].offset, transactionId, flush };
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

  /** Was it tried so often that it goes to the dead letters? @throws {Refusal} `group-unknown` */
  #isDead(incoming: Incoming, asked: SendAsk): boolean {
    if (!incoming.topic.startsWith(RETRY_PREFIX)) return false;
    const group = this.#parts.groups.get(incoming.topic.slice(RETRY_PREFIX.length));
    const own = asked.version >= VERSION_3_4_9 ? asked.maxReconsumeTimes : undefined;
    return incoming.reconsumeTimes > (own ?? group.retryMaxTimes);
  }

  #deadLetters(retry: Topic): Promise<Topic> {
    const name = DLQ_PREFIX + retry.name.slice(RETRY_PREFIX.length);
    return this.#parts.newTopics.ensure(makeTopic(name, 1));
  }

  #checkBody(body: Uint8Array): void {
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

  #stamp(scan: Scan, key: string): string {
    if (scan.uniqueKey !== undefined) return scan.kept + this.#suffix;
    return withUniqueKey(scan.kept, key) + this.#suffix;
  }

  #append(message: Message): Stored {
    try {
      return this.#parts.log.append(message);
    } catch (fault) {
      this.#parts.counters.putFailed++;
      throw fault;
    }
  }

  #appendAll(messages: readonly Message[]): Stored[] {
    try {
      return this.#parts.log.appendBatch(messages);
    } catch (fault) {
      this.#parts.counters.putFailed++;
      throw fault;
    }
  }

  /** Waits for the disk, as far as the settings want it. */
  #settle(end: number): Promise<"ok" | "timeout"> {
    return this.#parts.log.settled(end).then(settled, this.#unsettled);
  }

  readonly #unsettled = (fault: unknown): "timeout" => {
    if (fault instanceof Refusal && fault.kind === "flush-timeout") return "timeout";
    this.#parts.counters.putFailed++;
    throw fault;
  };

  #endOf(local: Host): OwnEnd {
    let end = this.#ends.get(local);
    if (end === undefined) {
      const host = this.#parts.identity.address.hostFor(local);
      end = { host, idStart: offsetId(host, 0).slice(0, -POSITION_DIGITS) };
      this.#ends.set(local, end);
    }
    return end;
  }
}

const POSITION_DIGITS = 16;

function settled(): "ok" {
  return "ok";
}

function idOf(end: OwnEnd, stored: Stored): string {
  return end.idStart + hexNumber(stored.position, POSITION_DIGITS);
}
