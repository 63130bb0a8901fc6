import type { BrokerSettings } from "../broker/settings.ts";
import type { Settings } from "../config.ts";

/** Names of settings whose values are of type `T`. */
type NameOf<T> = { [K in keyof Settings]: Settings[K] extends T ? K : never }[keyof Settings];

/** Which setting fills which field of the broker's own. */
const NAMES: { readonly [F in keyof BrokerSettings]: NameOf<BrokerSettings[F]> } = {
  brokerPermission: "brokerPermission",
  autoCreateTopic: "autoCreateTopicEnable",
  autoCreateGroup: "autoCreateSubscriptionGroup",
  defaultTopicQueues: "defaultTopicQueueNums",
  clusterTopic: "clusterTopicEnable",
  brokerTopic: "brokerTopicEnable",
  traceTopic: "traceTopicEnable",
  traceTopicName: "msgTraceTopicName",
  reviveQueues: "reviveQueueNum",
  guardSystemTopics: "validateSystemTopicWhenUpdateTopic",
  mixedMessageType: "enableMixedMessageType",
  topicsMax: "topicsMax",
  groupsMax: "groupsMax",
  progressMax: "progressMax",
  topicQueuesMax: "topicQueuesMax",
  messageBytesMax: "maxMessageSize",
  batchMessagesMax: "batchMessagesMax",
  pullMemoryBytesMax: "maxTransferBytesOnMessageInMemory",
  pullMemoryCountMax: "maxTransferCountOnMessageInMemory",
  pullDiskBytesMax: "maxTransferBytesOnMessageInDisk",
  pullDiskCountMax: "maxTransferCountOnMessageInDisk",
  pullMemoryPercent: "accessMessageInMemoryMaxRatio",
  pullScanBytesMax: "maxFilterMessageSize",
  litePull: "litePullMessageEnable",
  longPolling: "longPollingEnable",
  shortPollingMs: "shortPollingTimeMills",
  pullHoldMaxMs: "pullHoldMaxMs",
  pullWaitersMax: "pullWaitersMax",
  pullWaitersPerLinkMax: "pullWaitersPerLinkMax",
  notifyMembersChanged: "notifyConsumerIdsChangedEnable",
  clientExpiryMs: "channelExpiredTimeout",
  membersMax: "membersMax",
  groupsPerLinkMax: "groupsPerLinkMax",
  subscriptionsPerGroupMax: "subscriptionsPerGroupMax",
  subscriptionCharactersMax: "subscriptionCharactersMax",
  lookupCountMax: "maxMsgsNumBatch",
  lookupUniqueCountMax: "defaultQueryMaxNum",
  lookupBytesMax: "lookupBytesMax",
  serverSideReset: "useServerSideResetOffset",
  ratesMax: "ratesMax",
  busyAfterMs: "osPageCacheBusyTimeOutMills",
  lockLifeMs: "lockMaxLiveTime",
  queueLocksMax: "queueLocksMax",
  keepFirstQueueEnds: "keepFirstQueueEnds",
  refuseDifferentSubscriptions: "refuseDifferentSubscriptions",
  propertyFilter: "enablePropertyFilter",
  refuseFilterTails: "refuseFilterTails",
  compiledFiltersMax: "compiledFiltersMax",
  timers: "timerWheelEnable",
  timerMaxSeconds: "timerMaxDelaySec",
  timerPrecisionMs: "timerPrecisionMs",
  timerRollSeconds: "timerRollWindowSlot",
  storeReplies: "storeReplyMessageEnable",
  transactionsEndOnce: "transactionsEndOnce",
  timersMax: "timersMax",
  timersPerSlotMax: "timerCongestNumEachSlot",
  recall: "recallMessageEnable",
  popRetryV2: "enableRetryTopicV2",
  leasesMax: "popCkMaxBufferSize",
  popDeadLetters: "popDeadLetterEnable",
  receiptsEnd: "popReceiptsEnd",
  tuningBlackList: "configBlackList",
  rejectTransactions: "rejectTransactionMessage",
  transactionTimeoutMs: "transactionTimeOut",
  transactionCheckMs: "transactionCheckInterval",
  transactionChecksMax: "transactionCheckMax",
};

const fieldOf: ReadonlyMap<string, string> = new Map(
  Object.entries(NAMES).map(([field, name]) => [name, field]),
);

/** The settings as the broker reads them. */
export function brokerSettings(settings: Settings): BrokerSettings {
  const pairs = Object.entries(NAMES).map(([field, name]) => [field, settings[name]]);
  return Object.fromEntries(pairs) as BrokerSettings;
}

/** Does a change of this setting reach the broker while it runs? */
export function isLive(name: string): boolean {
  return fieldOf.has(name);
}

/** Puts a changed value, which is of the setting's own kind, where the broker reads it. */
export function applyLive(live: BrokerSettings, name: string, value: unknown): void {
  const field = fieldOf.get(name);
  if (field !== undefined) Object.assign(live, { [field]: value });
}
