import type { ConsumeStats } from "../../broker/consumption.ts";
import { formatQueueTable } from "./queue_table.ts";

/** `ConsumeStats` as Java writes it. */
export function formatConsumeStats(brokerName: string, { tps, queues }: ConsumeStats): string {
  const entries = queues.map((queue) => ({
    topic: queue.topic,
    queueId: queue.queueId,
    values: {
      brokerOffset: queue.brokerOffset,
      consumerOffset: queue.consumerOffset,
      lastTimestamp: queue.lastTimestamp,
      pullOffset: queue.pullOffset,
    },
  }));
  return formatQueueTable(brokerName, entries, { consumeTps: tps });
}

/** `ConsumeStatsList` as Java writes it: groups, each with one `ConsumeStats` a topic. */
export function formatAllConsumeStats(
  groups: Iterable<readonly [group: string, stats: readonly ConsumeStats[]]>,
  brokerName: string,
  brokerAddress: string,
): string {
  let [behind, open] = [0, 0];
  const tables: string[] = [];
  for (const [group, topics] of groups) {
    for (
      const { brokerOffset, consumerOffset, pullOffset } of topics.flatMap((one) => one.queues)
    ) {
      behind += brokerOffset - consumerOffset;
      open += pullOffset - consumerOffset;
    }
    const texts = topics.map((stats) => formatConsumeStats(brokerName, stats));
    tables.push(`{${JSON.stringify(group)}:[${texts.join(",")}]}`);
  }
  const address = JSON.stringify(brokerAddress);
  return `{"brokerAddr":${address},"consumeStatsList":[${tables.join(",")}],` +
    `"totalDiff":${behind},"totalInflightDiff":${open}}`;
}
