import type { Log } from "../log/log.ts";
import type { Group } from "../model/group.ts";
import type { Message } from "../model/message.ts";
import { getProperty, withProperty } from "../model/properties.ts";
import { popRetryTopic } from "../model/receipt.ts";
import { decodeRecord, type StoredRecord } from "../model/record.ts";
import { DLQ_PREFIX, makeTopic, Perm, RETRY_PREFIX, type Topic } from "../model/topic.ts";
import type { Lines } from "../port/lines.ts";
import type { Inlet } from "./inlet.ts";
import type { Lease } from "./lease.ts";
import type { PopSettings } from "./pop_settings.ts";

/** What messages come back with. */
export interface RevivalParts {
  readonly log: Pick<Log, "queue" | "read">;
  readonly inlet: Pick<Inlet, "deliver">;
  readonly topicTable: { get(name: string): Topic | undefined };
  readonly groupTable: { get(name: string): Group | undefined };
  readonly newTopics: { ensure(topic: Topic): Promise<Topic> };
  readonly settings: PopSettings;
  readonly lines: Lines;
}

const FIRST_POP_TIME = "1ST_POP_TIME";

/** Brings messages whose lease ended back to their group (`PopReviveService.reviveRetry`). */
export class Revival {
  readonly #parts: RevivalParts;

  constructor(parts: RevivalParts) {
    this.#parts = parts;
  }

  /**
   * Stores the message once more, one try later; false: the topic for it is being made. A message
   * that is gone is gone. @throws {Refusal} as `Log.append`
   */
  bringBack(lease: Lease, offset: number): boolean {
    const { topicTable, inlet } = this.#parts;
    const { topic, queueId } = lease.name;
    if (topicTable.get(topic) === undefined) return true;
    const record = this.#read(lease, offset);
    if (record === undefined) {
      this.#parts.lines.error(
        `A popped message is lost: offset ${offset} of ${topic} queue ${queueId} is gone or ` +
          `damaged, and ${lease.name.group} did not acknowledge it.`,
      );
      return true;
    }
    const target = this.#targetOf(lease, record);
    if (!this.#ensure(target)) return false;
    inlet.deliver(toRetry(record, target, lease.name.popMs));
    return true;
  }

  #read(lease: Lease, offset: number): StoredRecord | undefined {
    const { log } = this.#parts;
    const { topic, queueId } = lease.name;
    let bytes: Uint8Array | undefined;
    log.queue(topic, queueId).scan(offset, 1, (at, position, size) => {
      if (at === offset) bytes = log.read(position, size);
      return false;
    });
    return bytes && decodeRecord(bytes);
  }

  #targetOf({ name: { topic, group } }: Lease, record: StoredRecord): string {
    const { settings, groupTable } = this.#parts;
    const most = groupTable.get(group)?.retryMaxTimes ?? -1;
    if (settings.popDeadLetters && most >= 0 && record.reconsumeTimes + 1 > most) {
      return DLQ_PREFIX + group;
    }
    if (topic.startsWith(RETRY_PREFIX)) return topic;
    return popRetryTopic(topic, group, settings.popRetryV2);
  }

  #ensure(topic: string): boolean {
    const { topicTable, newTopics, lines } = this.#parts;
    if (topicTable.get(topic) !== undefined) return true;
    const isDead = topic.startsWith(DLQ_PREFIX);
    newTopics.ensure(makeTopic(topic, 1, isDead ? { perm: Perm.write } : {})).catch((fault) =>
      lines.error(`Cannot create the topic ${topic}, so popped messages wait: ${fault}`)
    );
    return false;
  }
}

function toRetry(record: StoredRecord, topic: string, popMs: number): Message {
  const { flag, sysFlag, bornTimestamp, bornHost, storeHost, body, reconsumeTimes } = record;
  const isFirst = getProperty(record.properties, FIRST_POP_TIME) === undefined;
  const properties = isFirst
    ? withProperty(record.properties, FIRST_POP_TIME, String(popMs))
    : record.properties;
  return {
    ...{ topic, flag, sysFlag, bornTimestamp, bornHost, storeHost, body, properties },
    queueId: 0,
    reconsumeTimes: reconsumeTimes + 1,
    preparedPosition: 0,
  };
}
