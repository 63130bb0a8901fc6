import type { FilterSettings } from "./filter_settings.ts";
import type { FlowSettings } from "./flow_settings.ts";
import type { GroupSettings } from "./group_settings.ts";
import type { DelaySettings } from "./delay_settings.ts";
import type { PopSettings } from "./pop_settings.ts";
import type { ReplySettings } from "./reply_settings.ts";
import type { TransactionSettings } from "./transaction_settings.ts";

/**
 * What can be set about the verbs. One live object: `lib/config.ts` fills it, code 25 changes it,
 * and the parts read it anew each time. RocketMQ's property names stand in brackets.
 */
export interface BrokerSettings
  extends
    FilterSettings,
    DelaySettings,
    FlowSettings,
    GroupSettings,
    PopSettings,
    ReplySettings,
    TransactionSettings {
  /** Permission bits of the broker as a whole, 4 read and 2 write [brokerPermission: 6]. */
  brokerPermission: number;

  /** May a send create its topic? [autoCreateTopicEnable: true] */
  autoCreateTopic: boolean;
  /** May a consumer create its group? [autoCreateSubscriptionGroup: true] */
  autoCreateGroup: boolean;
  /** Queues of `TBW102`, so the most that an automatic topic gets [defaultTopicQueueNums: 8]. */
  defaultTopicQueues: number;
  /** Is the topic named after the cluster readable and writable? [clusterTopicEnable: true] */
  clusterTopic: boolean;
  /** Is the topic named after the broker readable and writable? [brokerTopicEnable: true] */
  brokerTopic: boolean;
  /** Is the trace topic made at start? [traceTopicEnable: false] */
  traceTopic: boolean;
  /** [msgTraceTopicName: RMQ_SYS_TRACE_TOPIC] */
  traceTopicName: string;
  /** Queues of the revive topic [reviveQueueNum: 8]. */
  reviveQueues: number;
  /** Are changes to system topics refused? [validateSystemTopicWhenUpdateTopic: true] */
  guardSystemTopics: boolean;
  /** May a topic declare the message type MIXED? [enableMixedMessageType: false] */
  mixedMessageType: boolean;
  /** Topics that may come into being by themselves, in all [ours, topicsMax: 100000]. */
  topicsMax: number;
  /** Groups that may come into being by themselves, in all [ours, groupsMax: 100000]. */
  groupsMax: number;
  /** Queues of groups whose progress is kept, in all [ours, progressMax: 1000000]. */
  progressMax: number;
  /** Queues that a topic may have [ours, topicQueuesMax: 65536]. */
  topicQueuesMax: number;

  /** Body bytes of a message or a batch [maxMessageSize: 4194304]. */
  messageBytesMax: number;
  /** Messages of a batch [ours, batchMessagesMax: 65536]. */
  batchMessagesMax: number;

  /**
   * Bytes and messages that one pull gives from memory [maxTransferBytesOnMessageInMemory: 262144].
   */
  pullMemoryBytesMax: number;
  /** [maxTransferCountOnMessageInMemory: 32] */
  pullMemoryCountMax: number;
  /** Bytes and messages that one pull gives from disk [maxTransferBytesOnMessageInDisk: 65536]. */
  pullDiskBytesMax: number;
  /** [maxTransferCountOnMessageInDisk: 8] */
  pullDiskCountMax: number;
  /**
   * Percent of RAM behind the log's end that count as in memory [accessMessageInMemoryMaxRatio:
   * 40].
   */
  pullMemoryPercent: number;
  /** Bytes of queue entries that a filtered pull looks at [maxFilterMessageSize: 160000]. */
  pullScanBytesMax: number;
  /** Is code 361 answered? [litePullMessageEnable: true] */
  litePull: boolean;
  /** May pulls wait for messages? [longPollingEnable: true] */
  longPolling: boolean;
  /** How long they wait where long polling is off, ms [shortPollingTimeMills: 1000]. */
  shortPollingMs: number;
  /** The longest wait, ms; clients give up after 30 s [ours, pullHoldMaxMs: 25000]. */
  pullHoldMaxMs: number;
  /** Waiting pulls in all [ours, pullWaitersMax: 200000]. */
  pullWaitersMax: number;
  /** Waiting pulls of one connection [ours, pullWaitersPerLinkMax: 20000]. */
  pullWaitersPerLinkMax: number;

  /**
   * Are consumers told when their group's members change? [notifyConsumerIdsChangedEnable: true]
   */
  notifyMembersChanged: boolean;
  /** A client silent for so long is gone, ms [channelExpiredTimeout: 120000]. */
  clientExpiryMs: number;
  /** Memberships, a client in a group, in all [ours, membersMax: 100000]. */
  membersMax: number;
  /** Groups that one connection may name [ours, groupsPerLinkMax: 1000]. */
  groupsPerLinkMax: number;
  /** Topics that a group may subscribe to [ours, subscriptionsPerGroupMax: 1000]. */
  subscriptionsPerGroupMax: number;
  /**
   * Characters of one subscription, expression and tags [ours, subscriptionCharactersMax: 65536].
   */
  subscriptionCharactersMax: number;

  /** Messages that a look-up by key gives [maxMsgsNumBatch: 64]. */
  lookupCountMax: number;
  /** Messages that a look-up by unique key gives [defaultQueryMaxNum: 32]. */
  lookupUniqueCountMax: number;
  /**
   * Bytes that a look-up gives; Java clients take frames of 16 MiB [ours, lookupBytesMax:
   * 15728640].
   */
  lookupBytesMax: number;
  /**
   * Does the broker itself send a group elsewhere, or its clients? [useServerSideResetOffset: true]
   */
  serverSideReset: boolean;
  /** Topics and groups whose rates are counted, each [ours, ratesMax: 100000]. */
  ratesMax: number;

  /** Names that code 25 does not change, `;` between them [configBlackList]. */
  tuningBlackList: string;
}
