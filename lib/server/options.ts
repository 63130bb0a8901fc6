import type { Settings } from "../config.ts";
import type { LogOptions } from "../log/log.ts";
import { delayLevelsMs } from "../model/delay_levels.ts";
import type { NameServerLimits } from "../nameserver/name_server.ts";
import type { RemotingLimits } from "../remoting/limits.ts";
import type { Ports } from "./ports.ts";

const ENTRY_BYTES = 20;
/** Upstream's mapperFileSizeBatchConsumeQueue, which no configuration of it is known to change. */
const BATCH_FILE_ENTRIES = 300_000;
/** With memory: the log takes so many files at the most, and the key index is small. */
const MEMORY_FILES = 8;
const MEMORY_INDEX_SLOTS = 1 << 16;
/** With memory: free room for views and for what comes between two looks at it, percent. */
const MEMORY_RETENTION = { diskMaxUsedPercent: 60, diskForcePercent: 60, diskWarnPercent: 95 };
const MEMORY_CHECK_MS = 50;

/** The settings as the log reads them. */
export function logOptions(settings: Settings, ports: Ports): LogOptions {
  const inMemory = settings.memory;
  const segmentBytes = settings.mappedFileSizeCommitLog;
  return {
    disk: ports.disk,
    clock: ports.clock,
    lines: ports.lines,
    directory: settings.storePathRootDir,
    brokerIdentity: [settings.brokerClusterName, settings.brokerName, settings.brokerId].join("#"),
    segmentBytes: inMemory ? memorySegmentBytes(settings) : segmentBytes,
    queueFileEntries: Math.ceil(settings.mappedFileSizeConsumeQueue / ENTRY_BYTES),
    batchFileEntries: inMemory ? undefined : BATCH_FILE_ENTRIES,
    indexSlots: inMemory ? MEMORY_INDEX_SLOTS : settings.maxHashSlotNum,
    indexEntries: inMemory ? 4 * MEMORY_INDEX_SLOTS : settings.maxIndexNum,
    indexEnabled: settings.messageIndexEnable,
    flush: settings.flushDiskType,
    flushIntervalMs: settings.flushIntervalCommitLog,
    syncFlushTimeoutMs: settings.syncFlushTimeout,
    openFilesMax: settings.openFilesMax,
    tailBytes: settings.tailBytes,
    pendingViewBytesMax: settings.pendingViewBytesMax,
    delayLevelsMs: delayLevelsMs(settings.messageDelayLevel),
    retention: {
      hours: settings.fileReservedTime,
      deleteWhen: settings.deleteWhen,
      diskMaxUsedPercent: settings.diskMaxUsedSpaceRatio,
      diskForcePercent: settings.diskSpaceCleanForciblyRatio,
      diskWarnPercent: settings.diskSpaceWarningLevelRatio,
      checkIntervalMs: inMemory ? MEMORY_CHECK_MS : settings.cleanResourceInterval,
      ...(inMemory ? MEMORY_RETENTION : {}),
    },
    processId: ports.machine.processId,
  };
}

/** A file of the log in memory: small enough that one going leaves most messages. */
function memorySegmentBytes(settings: Settings): number {
  const needed = settings.maxMessageSize + (1 << 20);
  return Math.max(needed, Math.floor(settings.memoryBytesMax / MEMORY_FILES));
}

/** The settings as a listener reads them. */
export function remotingLimits(settings: Settings): RemotingLimits {
  return { ...settings, idleMs: settings.serverChannelMaxIdleTimeSeconds * 1000 };
}

/** The settings as the name server reads them. */
export function nameServerLimits(settings: Settings): NameServerLimits {
  return {
    brokers: settings.namesrvBrokers,
    topics: settings.namesrvTopics,
    kvEntries: settings.namesrvKvEntries,
    kvValueBytes: settings.namesrvKvValueBytes,
  };
}

/** Those of the name server's own settings that its tools change. */
export function nameServerSettings(settings: Settings): ReadonlyMap<string, string> {
  const { orderMessageEnable, returnOrderTopicConfigToBroker, scanNotActiveBrokerInterval } =
    settings;
  const { deleteTopicWithBrokerRegistration, enableAllTopicList, enableTopicList } = settings;
  const own = {
    orderMessageEnable,
    returnOrderTopicConfigToBroker,
    deleteTopicWithBrokerRegistration,
    enableAllTopicList,
    enableTopicList,
    scanNotActiveBrokerInterval,
  };
  return new Map(Object.entries(own).map(([name, value]) => [name, String(value)]));
}
