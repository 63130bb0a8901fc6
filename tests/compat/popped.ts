import { recordsIn, type StoredRecord } from "./record.ts";
import type { Answer } from "./wire.ts";

/** Codes of POP's requests. */
export const POP = 200050;
export const ACK = 200051;
export const CHANGE = 200053;

export type Fields = Readonly<Record<string, string | number>>;

/** A popped message, and what acknowledges it. */
export interface PoppedMessage {
  readonly body: string;
  readonly ack: Fields;
}

/** The messages of an answer, with what acknowledges them. */
export function heldIn(answer: Answer, topic: string, group: string): PoppedMessage[] {
  const { popTime, invisibleTime, reviveQid } = answer.fields;
  const starts = new Map(
    String(answer.fields.startOffsetInfo).split(";").map((one) => {
      const [retry, queueId, start] = one.split(" ");
      return [`${retry} ${queueId}`, start];
    }),
  );
  return recordsIn(answer.body).map((record: StoredRecord) => {
    const { body, queueId, offset, properties } = record;
    const start = starts.get(`0 ${queueId}`);
    const made =
      `${start} ${popTime} ${invisibleTime} ${reviveQid} 0 broker-a ${queueId} ${offset}`;
    const extraInfo = properties.get("POP_CK") ?? made;
    const retry = extraInfo.split(" ")[4];
    const names = [topic, `%RETRY%${group}_${topic}`, `%RETRY%${group}+${topic}`];
    const place = { topic: names[Number(retry)], queueId, offset };
    return { body, ack: { consumerGroup: group, ...place, extraInfo } };
  });
}
