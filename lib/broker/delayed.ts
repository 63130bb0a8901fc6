import type { Message } from "../model/message.ts";
import { getProperty, Property, withoutProperty, withProperty } from "../model/properties.ts";
import type { StoredRecord } from "../model/record.ts";

/** The same message under an internal topic, with its own topic and queue in its properties. */
export function led(
  message: Message,
  to: { readonly topic: string; readonly queueId: number; readonly properties: string },
): Message {
  const named = withProperty(to.properties, Property.realTopic, message.topic);
  const properties = withProperty(named, Property.realQueueId, String(message.queueId));
  return { ...message, topic: to.topic, queueId: to.queueId, properties };
}

/**
 * The message as it goes to its own topic when its time has come; undefined where the record does
 * not say which that is. It names its record as what it was prepared by: so what was delivered can
 * be told after a crash. The properties in `dropped` go.
 */
export function arrived(record: StoredRecord, dropped: readonly string[]): Message | undefined {
  const topic = getProperty(record.properties, Property.realTopic);
  const queueId = Number(getProperty(record.properties, Property.realQueueId) ?? NaN);
  if (topic === undefined || !Number.isInteger(queueId) || queueId < 0) return undefined;
  const properties = dropped.reduce(withoutProperty, record.properties);
  const { flag, sysFlag, bornTimestamp, bornHost, storeHost, reconsumeTimes, body } = record;
  const kept = { flag, sysFlag, bornTimestamp, bornHost, storeHost, reconsumeTimes, body };
  return { ...kept, topic, queueId, properties, preparedPosition: record.position };
}
