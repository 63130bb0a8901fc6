import { DEFAULT_TOPIC, makeTopic, Perm, SCHEDULE_TOPIC, type Topic } from "../model/topic.ts";
import type { Identity } from "./identity.ts";
import type { BrokerSettings } from "./settings.ts";

const SYSTEM_PREFIX = "rmq_sys_";
/**
 * Topics that belong to every broker, whether they exist yet or not (`TopicValidator` of 5.5.0).
 */
const EVERYWHERE: readonly string[] = [
  DEFAULT_TOPIC,
  SCHEDULE_TOPIC,
  "BenchmarkTest",
  "RMQ_SYS_TRANS_HALF_TOPIC",
  "RMQ_SYS_TRACE_TOPIC",
  "RMQ_SYS_TRANS_OP_HALF_TOPIC",
  "TRANS_CHECK_MAX_TIME_TOPIC",
  "SELF_TEST_TOPIC",
  "OFFSET_MOVED_EVENT",
  "CHECKPOINT_TOPIC",
  "RMQ_SYS_ROCKSDB_TRANS_HALF_TOPIC",
  "RMQ_SYS_ROCKSDB_TRANS_OP_HALF_TOPIC",
];
/** Queues of the topic named after the cluster (the default of `TopicConfig`). */
const CLUSTER_QUEUES = 16;
const BENCHMARK_QUEUES = 1024;
/** One for each delay level. */
const SCHEDULE_QUEUES = 18;

/** The topics that a broker is born with (`TopicConfigManager.init` of 5.5.0), in its order. */
export function systemTopics(
  identity: Pick<Identity, "clusterName" | "brokerName">,
  settings: BrokerSettings,
): Topic[] {
  const { clusterName, brokerName } = identity;
  const named = (open: boolean) => Perm.inherit | (open ? Perm.read | Perm.write : 0);
  const all = Perm.inherit | Perm.read | Perm.write;
  return [
    makeTopic("SELF_TEST_TOPIC", 1),
    ...settings.autoCreateTopic
      ? [makeTopic(DEFAULT_TOPIC, settings.defaultTopicQueues, { perm: all })]
      : [],
    makeTopic("BenchmarkTest", BENCHMARK_QUEUES),
    makeTopic(clusterName, CLUSTER_QUEUES, { perm: named(settings.clusterTopic) }),
    makeTopic(brokerName, 1, { perm: named(settings.brokerTopic) }),
    makeTopic("OFFSET_MOVED_EVENT", 1),
    makeTopic(SCHEDULE_TOPIC, SCHEDULE_QUEUES),
    ...settings.traceTopic ? [makeTopic(settings.traceTopicName, 1)] : [],
    makeTopic(`${clusterName}_REPLY_TOPIC`, 1),
    makeTopic(`rmq_sys_REVIVE_LOG_${clusterName}`, settings.reviveQueues),
    makeTopic(`rmq_sys_SYNC_BROKER_MEMBER_${brokerName}`, 1, { perm: Perm.inherit }),
    makeTopic("RMQ_SYS_TRANS_HALF_TOPIC", 1),
    makeTopic("RMQ_SYS_TRANS_OP_HALF_TOPIC", 1),
    makeTopic("RMQ_SYS_ROCKSDB_TRANS_HALF_TOPIC", 1),
    makeTopic("RMQ_SYS_ROCKSDB_TRANS_OP_HALF_TOPIC", 1),
    makeTopic("rmq_sys_wheel_timer", 1),
  ];
}

/** Names of all system topics of this broker (code 305): those of every broker and its own. */
export function systemTopicNames(
  identity: Pick<Identity, "clusterName" | "brokerName">,
  settings: BrokerSettings,
): ReadonlySet<string> {
  return new Set([...EVERYWHERE, ...systemTopics(identity, settings).map((topic) => topic.name)]);
}

/** Has the name the prefix of the broker's own topics? */
export function hasSystemPrefix(name: string): boolean {
  return name.startsWith(SYSTEM_PREFIX);
}
