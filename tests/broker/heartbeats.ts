import type { Heartbeat } from "../../lib/broker/heartbeat.ts";

/** A heartbeat of one consumer group that subscribes to all of some topics. */
export function heartbeat(clientId: string, said: {
  readonly group: string;
  readonly topics: readonly string[];
  readonly model?: string;
  readonly version?: number;
  readonly type?: string;
}): Heartbeat {
  const { version = 1, type = "TAG" } = said;
  const subscriptions = said.topics.map((topic) => ({
    ...{ topic, expression: "*", type, version },
    ...{ tags: [], codes: [], classFilter: false },
  }));
  const consumer = {
    group: said.group,
    type: "CONSUME_PASSIVELY",
    model: said.model ?? "CLUSTERING",
    fromWhere: "CONSUME_FROM_LAST_OFFSET",
    unitMode: false,
    subscriptions,
  };
  return {
    ...{ clientId, language: "JAVA", version: 513, producers: [], fingerprint: 0 },
    consumers: [consumer],
    withoutSubscriptions: false,
  };
}
