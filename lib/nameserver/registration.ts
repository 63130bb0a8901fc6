import type { DataVersion } from "../model/data_version.ts";
import type { Host } from "../model/host.ts";
import type { Topic } from "../model/topic.ts";

/** What a route says of one topic on one broker. */
export type TopicRoute = Pick<Topic, "name" | "readQueues" | "writeQueues" | "perm" | "sysFlag">;

/** Which broker speaks, or is spoken of. */
export interface BrokerKey {
  readonly clusterName: string;
  readonly brokerName: string;
  /** 0 is the master. */
  readonly brokerId: number;
  /** `ip:port` as the broker wrote it, answered exactly so. */
  readonly address: string;
}

/** A broker telling that it is there and what it has (103). */
export interface Registration extends BrokerKey {
  readonly haServerAddress?: string;
  readonly zoneName?: string;
  /** How long it may be silent; the name server's own limit where absent. */
  readonly timeoutMs?: number;
  /** undefined: a broker older than 5.0, which does not know the word. */
  readonly actingMaster?: boolean;
  readonly version: DataVersion;
  readonly topics: readonly TopicRoute[];
  /**
   * RocketMQ's `TopicQueueMappingInfo` by topic, kept and returned as it came: compact JSON text.
   */
  readonly mappings: ReadonlyMap<string, string>;
  readonly filterServers: readonly string[];
}

/** What a slave hears of its master; both absent for a master. */
export interface Registered {
  readonly haServerAddress?: string;
  readonly masterAddress?: string;
}

/** The connection that a registration came over, as far as it matters here. */
export interface RegisteringLink {
  /** Unique among all connections since start. */
  readonly id: number;
  /** The name server's end of it. */
  readonly local: Host;
  /** Runs once when the connection closes; at once where it has. */
  onClose(run: () => void): void;
}
