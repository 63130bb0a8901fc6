import { startApacheBroker, startApacheNameServer } from "./apache.ts";
import { startPocketmq } from "./pocketmq.ts";
import type { Target, TargetOptions } from "./target.ts";
import type { World } from "./world.ts";

/** The names of a cluster's brokers. */
export const BROKERS = ["broker-a", "broker-b", "broker-c"] as const;

/** A name server and three brokers, each a process of its own. */
export interface Cluster {
  readonly server: Target;
  readonly brokers: Target[];
}

/** Starts a cluster of what is tried; every broker has these settings. */
export async function startCluster(
  world: World,
  name: string,
  settings: TargetOptions["settings"] = {},
): Promise<Cluster> {
  const classPath = world.installed.apache;
  const isApache = world.tried === "apache";
  const server = isApache
    ? await startApacheNameServer({ name, classPath })
    : await startPocketmq({ name: `${name}-namesrv`, role: "namesrv" });
  const { nameServerPort } = server;
  const brokers: Target[] = [];
  for (const brokerName of BROKERS) {
    const options = {
      ...{ name: `${name}-${brokerName}`, nameServerPort },
      settings: { ...settings, brokerName },
    };
    brokers.push(
      isApache
        ? await startApacheBroker({ ...options, classPath })
        : await startPocketmq({ ...options, role: "broker" }),
    );
  }
  return { server, brokers };
}

/** kill -9 for all of it. */
export async function killCluster({ server, brokers }: Cluster): Promise<void> {
  for (const one of [...brokers, server]) await one.kill();
}
