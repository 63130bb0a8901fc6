import type { TopicRoute } from "./registration.ts";

/** One broker name with the addresses of its members by id. */
export interface BrokerView {
  readonly clusterName: string;
  readonly brokerName: string;
  readonly addresses: ReadonlyMap<number, string>;
  readonly actingMaster: boolean;
  readonly zoneName: string | undefined;
}

/** Where a topic is: the queues on each broker, and the brokers. Both sorted by broker name. */
export interface Route {
  readonly queues: readonly { readonly brokerName: string; readonly topic: TopicRoute }[];
  readonly brokers: readonly BrokerView[];
  /** By broker address; only brokers that named some. */
  readonly filterServers: ReadonlyMap<string, readonly string[]>;
  /** By broker name, as JSON text; empty but for static topics. */
  readonly mappings: ReadonlyMap<string, string>;
  /** `broker-a:8;broker-b:8` for a topic with an order configuration. */
  readonly orderConfiguration: string | undefined;
}

/** All brokers, and which broker names each cluster has. */
export interface ClusterView {
  readonly brokers: readonly BrokerView[];
  readonly clusters: ReadonlyMap<string, readonly string[]>;
}
