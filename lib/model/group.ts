/** A consumer group as the catalogue holds it and tools see it (`SubscriptionGroupConfig`). */
export interface Group {
  readonly name: string;
  readonly consumeEnable: boolean;
  readonly consumeFromMinEnable: boolean;
  readonly consumeBroadcastEnable: boolean;
  readonly consumeMessageOrderly: boolean;
  readonly retryQueues: number;
  readonly retryMaxTimes: number;
  readonly brokerId: number;
  readonly whichBrokerWhenConsumeSlowly: number;
  readonly notifyConsumerIdsChangedEnable: boolean;
  readonly sysFlag: number;
  readonly consumeTimeoutMinutes: number;
  /** RocketMQ's `groupRetryPolicy`, kept and returned as it came: JSON text. */
  readonly retryPolicy: string;
  /** RocketMQ's `subscriptionDataSet`, kept and returned as it came: JSON text, empty for null. */
  readonly subscriptions: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** A group with RocketMQ's default settings. */
export function makeGroup(name: string, changes: Partial<Group> = {}): Group {
  return {
    name,
    consumeEnable: true,
    consumeFromMinEnable: true,
    consumeBroadcastEnable: true,
    consumeMessageOrderly: false,
    retryQueues: 1,
    retryMaxTimes: 16,
    brokerId: 0,
    whichBrokerWhenConsumeSlowly: 1,
    notifyConsumerIdsChangedEnable: true,
    sysFlag: 0,
    consumeTimeoutMinutes: 15,
    retryPolicy: `{"type":"CUSTOMIZED"}`,
    subscriptions: "",
    attributes: new Map(),
    ...changes,
  };
}

/**
 * Groups that are there from the start and never need to be created (`MixAll.isSysConsumerGroup`).
 */
export const SYSTEM_GROUPS: readonly string[] = [
  "TOOLS_CONSUMER",
  "FILTERSRV_CONSUMER",
  "SELF_TEST_C_GROUP",
  "CID_ONS-HTTP-PROXY",
  "CID_ONSAPI_PULL",
  "CID_ONSAPI_PERMISSION",
  "CID_ONSAPI_OWNER",
  "CID_RMQ_SYS_TRANS",
];

/** Is the group the broker's or the tools' own? */
export function isSystemGroup(group: string): boolean {
  return group.startsWith("CID_RMQ_SYS_") || SYSTEM_GROUPS.includes(group);
}
