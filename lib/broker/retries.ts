import type { Log } from "../log/log.ts";
import type { Group } from "../model/group.ts";
import type { Host } from "../model/host.ts";
import { offsetId } from "../model/ids.ts";
import { type Message, type Stored, SysFlag } from "../model/message.ts";
import { getProperty, Property, withProperty } from "../model/properties.ts";
import { decodeRecord, type StoredRecord } from "../model/record.ts";
import { Refusal } from "../model/refusal.ts";
import { DLQ_PREFIX, makeTopic, Perm, retryTopic, type Topic } from "../model/topic.ts";
import type { Random } from "../port/random.ts";
import type { Access } from "./access.ts";
import type { Counters } from "./counters.ts";
import type { Identity } from "./identity.ts";
import type { Inlet } from "./inlet.ts";
import type { NewTopics } from "./new_topics.ts";
import { ownTries } from "./tries.ts";

/** What a consumer says about a message that it could not consume. */
export interface SendBackAsk {
  readonly group: string;
  /** Where its record is in the log. */
  readonly position: number;
  /** How long to wait: a delay level; 0: longer with every try; less: it is given up. */
  readonly delayLevel: number;
  readonly unitMode: boolean;
  /** How often the consumer wants it tried again; undefined: as its group says. */
  readonly maxReconsumeTimes?: number;
  /** The consumer's version ordinal (`MQVersion`). */
  readonly version: number;
  /** This side of the consumer's connection. */
  readonly local: Host;
}

/** What retries work with. */
export interface RetryParts {
  readonly log: Pick<Log, "recordAt" | "positionMin" | "positionMax">;
  readonly groups: { get(name: string): Group };
  readonly newTopics: Pick<NewTopics, "ensure">;
  readonly access: Access;
  readonly counters: Counters;
  readonly inlet: Inlet;
  readonly identity: Identity;
  readonly random: Random;
}

/** The delay level of a first retry; each further one waits a level longer. */
const FIRST_LEVEL = 3;
/** The most that a record can say. */
const TIMES_MAX = 0x7fffffff;
/** Upstream's answer: a retry topic takes no batch as one record. */
const NO_PART = "MESSAGE_ILLEGAL: the record holds several messages, of which a position names " +
  "none alone. Send the message to its group's retry topic, as clients do.";
/** The flag of a unit's retry topic (`TopicSysFlag.FLAG_UNIT_SUB`). */
const UNIT_SUBSCRIPTION = 2;

/**
 * What consumers could not consume: it is stored again for their group alone, to be delivered
 * after a delay that grows, or with the group's dead letters where that was enough
 * (`AbstractSendMessageProcessor.consumerSendMsgBack` of 5.5.0).
 */
export class Retries {
  readonly #parts: RetryParts;

  constructor(parts: RetryParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the message is stored for its next try; at once where its group wants no retries.
   * @throws {Refusal} `group-unknown`, `no-permission`, and `failed` where its record is gone or
   * the log takes nothing: then consumers send it themselves, or get it again later.
   */
  async sendBack(ask: SendBackAsk): Promise<void> {
    const group = this.#parts.groups.get(ask.group);
    if (!this.#parts.access.isWritable) {
      const why = `the broker[${this.#parts.identity.brokerName}] sending message is forbidden: ` +
        `see brokerPermission`;
      throw new Refusal("no-permission", why);
    }
    if (group.retryQueues <= 0) return;
    const topic = await this.#retryTopic(group, ask);
    const record = this.#recordAt(ask.position);
    if ((record.sysFlag & SysFlag.innerBatch) !== 0) throw new Refusal("failed", NO_PART);
    const most = ownTries(ask) ?? group.retryMaxTimes;
    const isDead = ask.delayLevel < 0 || record.reconsumeTimes >= most;
    const message = this.#next(record, ask);
    if (isDead) await this.#bury(message, group);
    else await this.#tryAgain(message, { topic, group, level: ask.delayLevel });
    this.#parts.counters.sentBack(group.name, sourceOf(record), isDead);
  }

  async #retryTopic(group: Group, ask: SendBackAsk): Promise<Topic> {
    const sysFlag = ask.unitMode ? UNIT_SUBSCRIPTION : 0;
    const asked = makeTopic(retryTopic(group.name), group.retryQueues, { sysFlag });
    const topic = await this.#parts.newTopics.ensure(asked);
    if ((topic.perm & Perm.write) !== 0) return topic;
    throw new Refusal(
      "no-permission",
      `the topic[${topic.name}] sending message is forbidden: its permission is ${topic.perm}`,
    );
  }

  #recordAt(position: number): StoredRecord {
    const { log } = this.#parts;
    const bytes = log.recordAt(position);
    if (bytes !== undefined) return decodeRecord(bytes);
    const { positionMin, positionMax } = log;
    const why = position < positionMin
      ? `the log begins at ${positionMin}, what was before is deleted (fileReservedTime)`
      : position >= positionMax
      ? `the log ends at ${positionMax}; is it the position of another broker's message?`
      : "no record begins there";
    throw new Refusal(
      "failed",
      `look message by offset failed, ${position}: ${why}. Send the message to its group's retry ` +
        `topic, as clients do.`,
    );
  }

  /** The message as it is stored again, but for its topic and its delay. */
  #next(record: StoredRecord, { local }: SendBackAsk): Message {
    const { flag, sysFlag, bornTimestamp, bornHost, body } = record;
    const id = getProperty(record.properties, Property.originMessageId) ?? "";
    const origin = id.trim() === "" ? offsetId(record.storeHost, record.position) : id;
    const sourced = withProperty(record.properties, Property.retryTopic, sourceOf(record));
    return {
      ...{ flag, sysFlag, bornTimestamp, bornHost, body },
      topic: record.topic,
      queueId: 0,
      storeHost: this.#parts.identity.address.hostFor(local),
      reconsumeTimes: Math.min(record.reconsumeTimes + 1, TIMES_MAX),
      preparedPosition: 0,
      properties: withProperty(sourced, Property.originMessageId, origin),
    };
  }

  async #bury(message: Message, group: Group): Promise<void> {
    const dead = makeTopic(DLQ_PREFIX + group.name, 1);
    const topic = await this.#parts.newTopics.ensure(dead);
    await this.#store({
      ...message,
      topic: topic.name,
      properties: withProperty(message.properties, Property.delayLevel, "0"),
    });
  }

  async #tryAgain(
    message: Message,
    to: { readonly topic: Topic; readonly group: Group; readonly level: number },
  ): Promise<void> {
    const { topic, group } = to;
    const level = to.level === 0 ? FIRST_LEVEL + message.reconsumeTimes - 1 : to.level;
    const queues = Math.max(1, Math.min(group.retryQueues, topic.readQueues));
    await this.#store({
      ...message,
      topic: topic.name,
      queueId: this.#parts.random.below(queues),
      properties: withProperty(message.properties, Property.delayLevel, String(level)),
    });
  }

  /** Upstream has one code for all that the log may say. */
  async #store(message: Message): Promise<void> {
    let stored: Stored;
    try {
      stored = this.#parts.inlet.put(message);
    } catch (fault) {
      this.#parts.counters.putFailed++;
      if (fault instanceof Refusal) throw new Refusal("failed", fault.message);
      throw fault;
    }
    await this.#parts.inlet.settled(stored);
  }
}

/** The topic that it was first sent to. */
function sourceOf(record: StoredRecord): string {
  return getProperty(record.properties, Property.retryTopic) ?? record.topic;
}
