/**
 * PocketMQ inside your own program: a name server and a broker that RocketMQ's clients talk to, on
 * files or in memory, in real or virtual time.
 *
 * @example
 * ```ts
 * import { createBroker } from "@pocketmq/pocketmq";
 *
 * await using broker = await createBroker({ listen: {} });
 * console.log(`point RocketMQ's clients at ${broker.nameServerAddress}`);
 * ```
 * @module
 */
export { type BrokerOptions, createBroker, type EmbeddedBroker } from "./lib/server/embed.ts";
export type { Clock, Timer } from "./lib/port/clock.ts";
export { VirtualClock } from "./lib/port/clock_virtual.ts";
export type { Lines } from "./lib/port/lines.ts";
export { type LoggedLine, MemoryLines } from "./lib/port/lines_memory.ts";
export type { Connection, ConnectionHandler } from "./lib/port/tcp.ts";
export type { Host } from "./lib/model/host.ts";
