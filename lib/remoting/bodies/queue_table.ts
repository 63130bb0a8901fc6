import { formatJson, type Json, jsonObject } from "../../model/loose_json.ts";

/** One queue and what a table says of it. */
export interface QueueEntry {
  readonly topic: string;
  readonly queueId: number;
  readonly values: Record<string, Json>;
}

/**
 * A table by queue (`TopicStatsTable`, `ConsumeStats`): fastjson writes `MessageQueue`s as keys,
 * which has no standard form. `rest` are the fields behind it.
 */
export function formatQueueTable(
  brokerName: string,
  entries: readonly QueueEntry[],
  rest: Record<string, Json>,
): string {
  const pairs = entries.map(({ topic, queueId, values }) => {
    const key = formatJson(jsonObject({ brokerName, queueId, topic }));
    return `${key}:${formatJson(jsonObject(values))}`;
  });
  const others = Object.keys(rest).map((name) =>
    `,${JSON.stringify(name)}:${formatJson(rest[name])}`
  );
  return `{"offsetTable":{${pairs.join(",")}}${others.join("")}}`;
}
