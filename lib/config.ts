import { DELAY_SETTINGS } from "./config/delay_settings.ts";
import { FILTER_SETTINGS } from "./config/filter_settings.ts";
import { FLOW_SETTINGS } from "./config/flow_settings.ts";
import { flag, oneOf, type Setting, setting, text, whole } from "./config/kinds.ts";
import { GROUP_SETTINGS } from "./config/group_settings.ts";
import { POP_SETTINGS } from "./config/pop_settings.ts";
import { QUERY_SETTINGS } from "./config/query_settings.ts";
import { REPLY_SETTINGS } from "./config/reply_settings.ts";
import { TRANSACTION_SETTINGS } from "./config/transaction_settings.ts";

/** What `pocketmq version` says; the same as in deno.json. */
export const VERSION = "0.1.0";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

const port = whole(0, 65_535);
const percent = whole(1, 100, "percent");
const permission = whole(0, 7, "permission bits (4 read, 2 write)");
const anyText = text("any text");
const name = text("1 to 255 letters, digits, _, - and .", /^[\w.-]{1,255}$/);
const address = text("HOST or HOST:PORT", /^([^\s:]+|\[[^\s\]]+\])?(:\d{1,5})?$/);
const count = (max = 2 ** 31 - 1) => whole(1, max);
const bytes = (min: number, max: number) => whole(min, max, "bytes");
const ms = (min = 1, max = 86_400_000) => whole(min, max, "milliseconds");

/**
 * Every setting, once: its name (RocketMQ's, where RocketMQ has it), how it is read, its default,
 * and one sentence. From the name follows the environment variable: `flushDiskType` is
 * POCKETMQ_FLUSH_DISK_TYPE.
 */
export const SETTINGS = {
  // The process.
  role: setting(oneOf("", "all", "namesrv", "broker"), "", {
    flag: "role",
    isFixed: true,
    about: "all, namesrv or broker; empty: all, unless namesrvAddr is elsewhere.",
  }),
  bindAddress: setting(text("a host name or address", /^\S+$/), "127.0.0.1", {
    flag: "host",
    about: "Address to listen on; 0.0.0.0 for every network.",
  }),
  namesrvListenPort: setting(port, 9876, {
    flag: "port",
    about: "Port of the name server; 0 takes a free one.",
  }),
  listenPort: setting(port, 10911, {
    flag: "broker-port",
    about: "Port of the broker; 0 takes a free one; may be the name server's.",
  }),
  brokerIP1: setting(address, "", {
    flag: "advertise",
    about: "Where clients reach it, HOST or HOST:PORT; empty: where they asked.",
  }),
  storePathRootDir: setting(text("a directory", /^\S.*$/), "pocketmq-data", {
    flag: "data",
    isFixed: true,
    about: "Directory that holds everything.",
  }),
  memory: setting(flag, false, {
    flag: "memory",
    isFixed: true,
    about: "Keep everything in memory; nothing outlives the process.",
  }),
  memoryBytesMax: setting(bytes(16 * MIB, 1024 * GIB), 256 * MIB, {
    about: "With memory: how many bytes of messages are kept; the oldest go.",
  }),

  // Who the broker is.
  brokerClusterName: setting(name, "DefaultCluster", { about: "Name of the cluster." }),
  brokerName: setting(name, "broker-a", { about: "Name of the broker." }),
  brokerId: setting(whole(0, 2 ** 31), 0, {
    about: "0, the master; slaves are not real yet.",
  }),
  regionId: setting(name, "DefaultRegion", { about: "Region that every send is answered with." }),
  traceOn: setting(flag, true, { about: "Are clients told that they may trace?" }),
  namesrvAddr: setting(anyText, "", {
    about: "Name servers to register with, HOST:PORT between ';'; one here is the one in process.",
  }),
  registerNameServerPeriod: setting(ms(10_000, 60_000), 30_000, {
    about: "How often the broker registers with other name servers.",
  }),
  registerBrokerTimeoutMills: setting(ms(), 24_000, {
    about: "How long a registration may take.",
  }),

  // The log.
  mappedFileSizeCommitLog: setting(bytes(64 * KIB, 2 * GIB - 1), GIB, {
    about: "Size of one file of the log; memory takes less.",
  }),
  mappedFileSizeConsumeQueue: setting(bytes(20, 2 * GIB - 1), 6_000_000, {
    about: "Size of one file of a queue, rounded up to entries of 20 bytes.",
  }),
  messageIndexEnable: setting(flag, true, { about: "Can messages be found by their keys?" }),
  maxHashSlotNum: setting(count(400_000_000), 5_000_000, { about: "Slots of one key index file." }),
  maxIndexNum: setting(whole(2, 80_000_000, "entries"), 20_000_000, {
    about: "Entries of one key index file.",
  }),
  flushDiskType: setting(oneOf("ASYNC_FLUSH", "SYNC_FLUSH"), "ASYNC_FLUSH", {
    about: "SYNC_FLUSH answers a send when the disk has it, ASYNC_FLUSH when the system has it.",
  }),
  flushIntervalCommitLog: setting(ms(1, 60_000), 500, {
    about: "ASYNC_FLUSH: how often what was written is made durable.",
  }),
  syncFlushTimeout: setting(ms(), 5_000, {
    about:
      "SYNC_FLUSH: how long a send waits for the disk before it is answered FLUSH_DISK_TIMEOUT.",
  }),
  openFilesMax: setting(whole(16, 1_000_000, "files"), 2_000, {
    about: "Files of the log and its queues that are open at one time.",
  }),
  tailBytes: setting(bytes(64 * KIB, GIB), 16 * MIB, {
    about: "Bytes at the end of the log that are kept in memory for reading.",
  }),
  pendingViewBytesMax: setting(bytes(MIB, GIB), 64 * MIB, {
    about: "Entries of queues and keys that may wait in memory for the disk.",
  }),
  deleteWhen: setting(text("hours of the day between ';'", /^\d{1,2}(;\d{1,2})*;?$/), "04", {
    about: "Hours in which files older than fileReservedTime go.",
  }),
  fileReservedTime: setting(whole(1, 1_000_000, "hours"), 72, {
    about: "How long messages are kept.",
  }),
  cleanResourceInterval: setting(ms(100), 10_000, {
    about: "How often it is looked whether files can go.",
  }),
  diskMaxUsedSpaceRatio: setting(percent, 75, {
    about: "Above so much of the disk used, the oldest files go at any hour.",
  }),
  diskSpaceCleanForciblyRatio: setting(whole(30, 85, "percent"), 85, {
    about: "Above so much, they go even if they are young.",
  }),
  diskSpaceWarningLevelRatio: setting(whole(35, 90, "percent"), 90, {
    about: "Above so much, sends are refused.",
  }),

  // Topics and groups.
  brokerPermission: setting(permission, 6, { about: "What the whole broker lets happen." }),
  autoCreateTopicEnable: setting(flag, true, { about: "May a send create its topic?" }),
  autoCreateSubscriptionGroup: setting(flag, true, { about: "May a consumer create its group?" }),
  defaultTopicQueueNums: setting(count(1024), 8, {
    about: "Queues of TBW102: the most that a topic gets which a send creates.",
  }),
  clusterTopicEnable: setting(flag, true, {
    about: "May the topic named after the cluster be read and written?",
  }),
  brokerTopicEnable: setting(flag, true, {
    about: "May the topic named after the broker be read and written?",
  }),
  traceTopicEnable: setting(flag, false, { about: "Is the trace topic made at start?" }),
  msgTraceTopicName: setting(name, "RMQ_SYS_TRACE_TOPIC", { about: "Name of the trace topic." }),
  reviveQueueNum: setting(count(1024), 8, { about: "Queues of the revive topic." }),
  validateSystemTopicWhenUpdateTopic: setting(flag, true, {
    about: "Are changes to system topics refused?",
  }),
  enableMixedMessageType: setting(flag, false, { about: "May a topic be of type MIXED?" }),
  topicsMax: setting(count(), 100_000, { about: "Topics that come into being by themselves." }),
  groupsMax: setting(count(), 100_000, { about: "Groups that come into being by themselves." }),
  progressMax: setting(count(), 1_000_000, { about: "Queues of groups whose progress is kept." }),
  topicQueuesMax: setting(count(65_536), 65_536, { about: "Queues that a topic may have." }),

  // Sends, pulls, look-ups.
  maxMessageSize: setting(bytes(1, 16 * MIB), 4 * MIB, {
    about: "Body bytes of a message or a batch.",
  }),
  batchMessagesMax: setting(count(), 65_536, { about: "Messages of a batch." }),
  maxTransferBytesOnMessageInMemory: setting(bytes(1, 15 * MIB), 256 * KIB, {
    about: "Bytes that one pull gives of young messages.",
  }),
  maxTransferCountOnMessageInMemory: setting(count(100_000), 32, {
    about: "Young messages that one pull gives.",
  }),
  maxTransferBytesOnMessageInDisk: setting(bytes(1, 15 * MIB), 64 * KIB, {
    about: "Bytes that one pull gives of old messages.",
  }),
  maxTransferCountOnMessageInDisk: setting(count(100_000), 8, {
    about: "Old messages that one pull gives.",
  }),
  accessMessageInMemoryMaxRatio: setting(whole(0, 100, "percent"), 40, {
    about: "Messages this near the end of the log, in percent of the memory, are young.",
  }),
  maxFilterMessageSize: setting(bytes(20, 100 * MIB), 160_000, {
    about: "Bytes of queue entries that a filtered pull looks at, 20 each; upstream 16000.",
  }),
  litePullMessageEnable: setting(flag, true, { about: "Is code 361 answered?" }),
  longPollingEnable: setting(flag, true, { about: "May pulls wait for messages?" }),
  shortPollingTimeMills: setting(ms(), 1_000, {
    about: "How long pulls wait where longPollingEnable is false.",
  }),
  pullHoldMaxMs: setting(ms(), 25_000, { about: "How long a pull waits at the most." }),
  pullWaitersMax: setting(count(), 200_000, { about: "Pulls that wait at one time." }),
  pullWaitersPerLinkMax: setting(count(), 20_000, {
    about: "Pulls of one connection that wait at one time.",
  }),
  maxMsgsNumBatch: setting(count(1024), 64, { about: "Messages that a look-up by key gives." }),
  defaultQueryMaxNum: setting(count(1024), 32, {
    about: "Messages that a look-up by unique key gives.",
  }),
  lookupBytesMax: setting(bytes(64 * KIB, 15 * MIB), 15 * MIB, {
    about: "Bytes that a look-up gives.",
  }),
  ratesMax: setting(count(), 100_000, { about: "Topics and groups whose rates are counted." }),

  // Clients.
  notifyConsumerIdsChangedEnable: setting(flag, true, {
    about: "Are consumers told when members of their group come and go?",
  }),
  channelExpiredTimeout: setting(ms(1_000), 120_000, {
    about: "A client silent for so long is gone.",
  }),
  membersMax: setting(count(), 100_000, { about: "Clients, each counted once for each group." }),
  groupsPerLinkMax: setting(count(), 1_000, { about: "Groups that one connection may name." }),
  subscriptionsPerGroupMax: setting(count(), 1_000, {
    about: "Topics that a group may subscribe to.",
  }),
  subscriptionCharactersMax: setting(count(16 * MIB), 65_536, {
    about: "Characters of one subscription.",
  }),
  configBlackList: setting(anyText, "configBlackList;brokerConfigPath", {
    isFixed: true,
    about: "Settings that mqadmin updateBrokerConfig does not change, between ';'.",
  }),

  // Connections, of each listening port.
  connectionsMax: setting(count(1_000_000), 18_000, { about: "Connections at one time." }),
  serverChannelMaxIdleTimeSeconds: setting(whole(1, 86_400, "seconds"), 120, {
    about: "A connection on which nothing goes either way for so long is closed.",
  }),
  frameMaxBytes: setting(bytes(64 * KIB, GIB), 16 * MIB, { about: "Size of a request." }),
  headerMaxBytes: setting(bytes(KIB, 16 * MIB), 256 * KIB, { about: "Size of its header." }),
  frameDeadlineMs: setting(ms(), 10_000, {
    about: "How long a request may take to come; a second more for each 64 KiB.",
  }),
  openPerConnectionMax: setting(count(), 20_000, {
    about: "Requests of one connection that are not answered yet.",
  }),
  openMax: setting(count(), 200_000, { about: "Requests of all that are not answered yet." }),
  openBytesPerConnectionMax: setting(bytes(MIB, GIB), 32 * MIB, {
    about: "Their bytes; a connection that has more is not read for a while.",
  }),
  openBytesMax: setting(bytes(MIB, 64 * GIB), 256 * MIB, { about: "Their bytes, of all." }),
  unsentPauseBytes: setting(bytes(KIB, GIB), MIB, {
    about: "A peer that leaves so many bytes of answers untaken is not read.",
  }),
  unsentMaxBytes: setting(bytes(KIB, GIB), 64 * MIB, {
    about: "A peer that leaves so many bytes of answers untaken is closed.",
  }),
  waitingBytesMax: setting(bytes(MIB, 64 * GIB), 256 * MIB, {
    about:
      "Bytes of requests under way and of answers not taken, of all; then the slowest is closed.",
  }),
  closeTimeoutMs: setting(ms(0, 60_000), 3_000, {
    about: "How long a stop waits for requests under way.",
  }),

  ...QUERY_SETTINGS,
  ...GROUP_SETTINGS,
  ...FILTER_SETTINGS,
  ...DELAY_SETTINGS,
  ...FLOW_SETTINGS,
  ...POP_SETTINGS,
  ...REPLY_SETTINGS,
  ...TRANSACTION_SETTINGS,

  // The name server.
  orderMessageEnable: setting(flag, false, { about: "Do routes tell the order of queues?" }),
  returnOrderTopicConfigToBroker: setting(flag, true, {
    about: "Does a broker that registers get all order configurations?",
  }),
  deleteTopicWithBrokerRegistration: setting(flag, false, {
    about: "Does a registration remove the broker's topics that it does not name?",
  }),
  enableAllTopicList: setting(flag, true, { about: "May all topics be listed?" }),
  enableTopicList: setting(flag, true, { about: "May the topics of a cluster be listed?" }),
  scanNotActiveBrokerInterval: setting(ms(100, 3_600_000), 5_000, {
    about: "How often silent brokers are looked for.",
  }),
  namesrvBrokers: setting(count(), 1_000, { about: "Brokers that may register." }),
  namesrvTopics: setting(count(), 1_000_000, { about: "Topics of all registered brokers." }),
  namesrvKvEntries: setting(count(), 10_000, { about: "Entries of the key-value table." }),
  namesrvKvValueBytes: setting(count(16 * MIB), 65_536, { about: "Characters of one value." }),
} as const satisfies { readonly [key: string]: Setting<unknown> };

/** The name of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** The value of every setting. */
export type Settings = {
  readonly [K in SettingName]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;
};
