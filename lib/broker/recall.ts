import type { Host } from "../model/host.ts";
import type { Message } from "../model/message.ts";
import { formatProperties, getProperty, Property } from "../model/properties.ts";
import { formatHandle, parseHandle } from "../model/recall_handle.ts";
import { Refusal } from "../model/refusal.ts";
import { RETRY_PREFIX } from "../model/topic.ts";
import type { Clock } from "../port/clock.ts";
import type { Access } from "./access.ts";
import type { DelaySettings } from "./delay_settings.ts";
import type { Identity } from "./identity.ts";
import type { Inlet } from "./inlet.ts";
import { TIMER_TOPIC } from "./timer_times.ts";

/** What taking messages back works with. */
export interface RecallParts {
  readonly inlet: Inlet;
  readonly topicTable: { has(name: string): boolean };
  readonly access: Access;
  readonly identity: Identity;
  readonly settings: DelaySettings;
  readonly clock: Clock;
}

/** Who takes which message back. */
export interface RecallAsk {
  readonly producerGroup: string;
  readonly topic: string;
  readonly handle: string;
  /** The asking connection's two ends. */
  readonly local: Host;
  readonly remote: Host;
}

const TAG = "_RECALL_TAG_";

/**
 * What the sender of this message may take it back by; undefined where it is not timed, or one of
 * a group's own (`SendMessageProcessor.attachRecallHandle`).
 */
export function recallHandleOf(message: Message, brokerName: string): string | undefined {
  if (message.topic !== TIMER_TOPIC) return undefined;
  const { properties } = message;
  const topic = getProperty(properties, Property.realTopic) ?? "";
  const uniqueKey = getProperty(properties, Property.uniqueKey);
  if (topic.startsWith(RETRY_PREFIX) || uniqueKey === undefined) return undefined;
  const time = String(Number(getProperty(properties, Property.timerOutMs)) + 1);
  return formatHandle({ topic, brokerName, time, uniqueKey });
}

/** Takes messages back whose time has not come: a record that is due just before them says so. */
export class Recall {
  readonly #parts: RecallParts;

  constructor(parts: RecallParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with the message's unique key once that is stored; as upstream's, it does not say
   * whether the message was still there (`RecallMessageProcessor` of 5.5.0).
   * @throws {Refusal} `no-permission` where it is switched off, `unavailable`, `topic-unknown`,
   * `illegal-operation` with what is wrong with the handle.
   */
  async recall(ask: RecallAsk): Promise<string> {
    const { inlet, settings, access, topicTable } = this.#parts;
    if (!settings.recall) {
      refuse("no-permission", "operation is forbidden: recallMessageEnable is false");
    }
    if (!access.isWritable) {
      refuse("unavailable", "broker service not available: see brokerPermission");
    }
    if (!topicTable.has(ask.topic)) {
      refuse("topic-unknown", `the topic[${ask.topic.slice(0, 300)}] not exist`);
    }
    const stored = inlet.put(this.#message(ask));
    await inlet.settled(stored).catch(lateIsFine);
    return parseHandle(ask.handle)?.uniqueKey ?? "";
  }

  #message({ producerGroup, topic, handle, local, remote }: RecallAsk): Message {
    const { clock, identity, settings } = this.#parts;
    const parsed = parseHandle(handle);
    if (parsed === undefined) {
      throw new Refusal("illegal-operation", "recall handle is invalid");
    }
    const { brokerName, time, uniqueKey } = parsed;
    if (parsed.topic !== topic) refuse("illegal-operation", "topic not match");
    if (brokerName !== identity.brokerName) {
      refuse("illegal-operation", "broker service not available: it is of another broker");
    }
    const now = clock.now();
    const left = /^\d{1,16}$/.test(time) ? Number(time) - now : -1;
    if (left <= 0 || left >= settings.timerMaxSeconds * 1000) {
      refuse("illegal-operation", `timestamp invalid: ${left} ms are left`);
    }
    const properties = formatProperties(
      new Map<string, string>([
        [Property.tags, TAG],
        [Property.timerDelete, uniqueKey],
        [Property.uniqueKey, uniqueKey],
        [Property.timerDeliverMs, time],
        ["BORN_TIMESTAMP", String(now)],
        [Property.producerGroup, producerGroup],
      ]),
    );
    return {
      ...{ topic, queueId: 0, flag: 0, sysFlag: 0, reconsumeTimes: 0, preparedPosition: 0 },
      ...{ bornTimestamp: now, bornHost: remote, storeHost: identity.address.hostFor(local) },
      properties,
      body: new TextEncoder().encode("0"),
    };
  }
}

function refuse(kind: Refusal["kind"], why: string): never {
  throw new Refusal(kind, `recall failed, ${why}`);
}

/** Stored, though the disk did not confirm it in time: upstream calls that a success. */
function lateIsFine(fault: unknown): void {
  if (!(fault instanceof Refusal && fault.kind === "flush-timeout")) throw fault;
}
