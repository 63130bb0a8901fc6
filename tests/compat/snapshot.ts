import { endsOf, readFrom } from "./reader.ts";
import type { StoredRecord } from "./record.ts";
import { groupsOf, progressOf, queuesOf, topicsOf } from "./requests.ts";
import type { Target } from "./target.ts";
import { Wire } from "./wire.ts";

/** Everything that a broker gives to see of its store. */
export interface Snapshot {
  /** Number of queues, by topic. */
  readonly topics: ReadonlyMap<string, number>;
  /** Records in the order of their offsets, by `topic/queue`. */
  readonly queues: ReadonlyMap<string, readonly StoredRecord[]>;
  /** Offsets by `group@topic/queue`. */
  readonly progress: ReadonlyMap<string, number>;
}

/** Reads all topics, all queues and the progress of all groups. */
export async function snapshotOf({ nameServerPort, brokerPort }: Target): Promise<Snapshot> {
  const topics = new Map<string, number>();
  const queues = new Map<string, StoredRecord[]>();
  const progress = new Map<string, number>();
  const wire = await Wire.connect(brokerPort);
  for (const topic of await topicsOf(nameServerPort)) {
    const count = await queuesOf(nameServerPort, topic);
    topics.set(topic, count);
    const groups = await groupsOf(wire, topic);
    for (let queueId = 0; queueId < count; queueId++) {
      const queue = { topic, queueId };
      const { min, max } = await endsOf(wire, queue);
      const records = max > min ? await readFrom(wire, queue, min) : [];
      queues.set(`${topic}/${queueId}`, records);
      for (const group of groups) {
        const offset = await progressOf(wire, group, queue);
        if (offset !== undefined) progress.set(`${group}@${topic}/${queueId}`, offset);
      }
    }
  }
  wire.close();
  return { topics, queues, progress };
}

/** How many messages it holds. */
export function sizeOf({ queues }: Snapshot): number {
  return [...queues.values()].reduce((sum, records) => sum + records.length, 0);
}

/** What is asked of a store that was opened by another broker. */
export interface Demand {
  /** Was the broker before killed? Then groups may stand where they stood a while ago. */
  readonly wasKilled: boolean;
}

/** Everything of `before` must be in `behind`; more may have come. Throws with all that is not. */
export function mustHold(before: Snapshot, behind: Snapshot, { wasKilled }: Demand): void {
  const troubles: string[] = [];
  for (const [topic, count] of before.topics) {
    const found = behind.topics.get(topic);
    if (found !== count) troubles.push(`${topic} had ${count} queues, has ${found}`);
  }
  for (const [queue, records] of before.queues) {
    const found = behind.queues.get(queue) ?? [];
    const difference = firstDifference(records, found);
    if (difference !== undefined) troubles.push(`${queue}: ${difference}`);
  }
  for (const [key, offset] of before.progress) {
    const found = behind.progress.get(key);
    const isWell = wasKilled ? (found ?? 0) <= offset : found === offset;
    if (!isWell) troubles.push(`${key} stood at ${offset}, stands at ${found}`);
  }
  if (troubles.length > 0) throw new Error(troubles.slice(0, 20).join("\n"));
}

function firstDifference(
  expected: readonly StoredRecord[],
  found: readonly StoredRecord[],
): string | undefined {
  const shift = expected.length > 0 && found.length > 0 ? expected[0].offset - found[0].offset : 0;
  for (const [at, one] of expected.entries()) {
    const other = found[at + shift];
    if (other === undefined) {
      return `${expected.length - at} of ${expected.length} are lost, from offset ${one.offset}`;
    }
    if (!one.bytes.every((byte, index) => byte === other.bytes[index])) {
      return `the record at offset ${one.offset} is another one`;
    }
  }
  return undefined;
}
