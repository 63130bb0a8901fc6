import type { Message } from "../model/message.ts";
import { getProperty, Property, withProperties, withProperty } from "../model/properties.ts";
import type { StoredRecord } from "../model/record.ts";

/** The same message under an internal topic, with its own topic and queue in its properties. */
export function led(
  message: Message,
  to: { readonly topic: string; readonly queueId: number; readonly properties: string },
): Message {
  const properties = withProperties(to.properties, [
    [Property.realTopic, message.topic],
    [Property.realQueueId, String(message.queueId)],
  ]);
  return { ...message, topic: to.topic, queueId: to.queueId, properties };
}

/**
 * The message as it goes to its own topic when its time has come; undefined where the record does
 * not say which that is. All its properties stay, as 5.5.0 leaves them: its level and its topic
 * too. It carries its record's mark, so what was delivered can be told after a crash.
 * `properties`: others than the record's.
 */
export function arrived(
  record: StoredRecord,
  properties: string = record.properties,
): Message | undefined {
  const topic = getProperty(properties, Property.realTopic);
  const queueId = Number(getProperty(properties, Property.realQueueId) ?? NaN);
  if (topic === undefined || !Number.isInteger(queueId) || queueId < 0) return undefined;
  const { flag, sysFlag, bornTimestamp, bornHost, storeHost, reconsumeTimes, body } = record;
  return {
    topic,
    queueId,
    flag,
    sysFlag,
    bornTimestamp,
    bornHost,
    storeHost,
    reconsumeTimes,
    body,
    properties,
    preparedPosition: markOf(record.position),
  };
}

/**
 * What a record carries as the position that it was prepared by, where it was delivered for the
 * delayed one at `position`: one more, for a log begins at 0, and 0 is none.
 */
export function markOf(position: number): number {
  return position + 1;
}

/** The position that a mark stands for; undefined where it is none. */
export function markedBy(mark: number): number | undefined {
  return mark > 0 ? mark - 1 : undefined;
}

/** What upstream notes about the way through its wheel. */
export function dequeued(record: StoredRecord, wall: number): string {
  return withProperties(record.properties, [
    [Property.timerEnqueueMs, String(record.storeTimestamp)],
    [Property.timerDequeueMs, String(wall)],
  ]);
}

/** The same record once more: it is due so late that the log's files do not live so long. */
export function rolled(record: StoredRecord, wall: number): Message {
  const times = Number(getProperty(record.properties, Property.timerRollTimes) ?? 0) + 1;
  const noted = dequeued(record, wall);
  const properties = withProperty(noted, Property.timerRollTimes, String(times));
  return { ...record, properties, preparedPosition: markOf(record.position) };
}
