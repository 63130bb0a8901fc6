import { ConfigError } from "../config/given.ts";
import { settle } from "../config/read.ts";
import type { Clock } from "../port/clock.ts";
import type { Lines } from "../port/lines.ts";
import { MemoryLines } from "../port/lines_memory.ts";
import type { Connection, Tcp } from "../port/tcp.ts";
import { MemoryTcp } from "../port/tcp_memory.ts";
import { Server } from "../server.ts";
import { type Ports, realPorts } from "./ports.ts";

/** How a broker inside your program is to be. Everything may be left out. */
export interface BrokerOptions {
  /** Data directory, in RocketMQ's own format. Left out: everything is in memory. */
  readonly directory?: string;
  /**
   * Listens on real ports: on `host` (127.0.0.1), the name server on `nameServerPort` and the
   * broker on `brokerPort`, each a free one where left out. Without `listen` no port is opened:
   * connections are made inside the program with {@linkcode EmbeddedBroker.connect}.
   */
  readonly listen?: {
    readonly host?: string;
    readonly nameServerPort?: number;
    readonly brokerPort?: number;
  };
  /**
   * More settings by their names, RocketMQ's where it has them: `flushDiskType`, `brokerName`, ….
   */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Time; a `VirtualClock` lets a test run a week in a second. Left out: the machine's. */
  readonly clock?: Clock;
  /** Where log lines go. Left out: nowhere. */
  readonly lines?: Lines;
}

/** A name server and a broker that run inside your program until they are stopped. */
export interface EmbeddedBroker extends AsyncDisposable {
  /**
   * Where clients find the name server, `HOST:PORT`. Without real ports only `connect` knows it.
   */
  readonly nameServerAddress: string;
  /** Where clients find the broker, `HOST:PORT`. */
  readonly brokerAddress: string;
  /** Connects to one of the two addresses: bytes of RocketMQ's remoting protocol, both ways. */
  connect(address: string): Promise<Connection>;
  /** Stops in order: what was acknowledged is in the data directory then. May be called again. */
  stop(): Promise<void>;
}

const CONNECT_MS = 10_000;

/**
 * Starts a name server and a broker inside this program.
 *
 * @example
 * ```ts
 * import { createBroker } from "@pocketmq/pocketmq";
 *
 * await using broker = await createBroker({ listen: {} });
 * console.log(`point RocketMQ's clients at ${broker.nameServerAddress}`);
 * ```
 * @throws {Error} with a sentence: an unknown setting, a value that does not parse, a data
 * directory that another process holds, a port that is taken.
 */
export async function createBroker(options: BrokerOptions = {}): Promise<EmbeddedBroker> {
  const ports = portsFor(options);
  const host = options.listen?.host ?? "127.0.0.1";
  const configuration = settle(given({
    ...options.settings,
    bindAddress: host,
    namesrvListenPort: options.listen?.nameServerPort ?? 0,
    listenPort: options.listen?.brokerPort ?? 0,
    memory: options.directory === undefined,
    ...(options.directory === undefined ? {} : { storePathRootDir: options.directory }),
  }));
  if (configuration.warning !== undefined) throw new ConfigError(configuration.warning);
  const server = await Server.start(configuration, ports);
  return embedded(server, ports.tcp, host);
}

function given(settings: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(settings).map(([key, value]) => {
    return { key, value: String(value), where: "settings" };
  });
}

function portsFor({ clock, lines, listen }: BrokerOptions): Ports {
  const real = realPorts();
  const time = clock ?? real.clock;
  return {
    ...real,
    clock: time,
    lines: lines ?? new MemoryLines(),
    tcp: listen === undefined ? new MemoryTcp({ clock: time, random: real.random }) : real.tcp,
  };
}

function embedded(server: Server, tcp: Tcp, host: string): EmbeddedBroker {
  const { nameServer, broker } = server.listening;
  return {
    nameServerAddress: nameServer === undefined ? "" : `${host}:${nameServer}`,
    brokerAddress: broker === undefined ? "" : `${host}:${broker}`,
    connect(address) {
      const at = address.lastIndexOf(":");
      const to = { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
      return tcp.connect({ ...to, timeoutMs: CONNECT_MS });
    },
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
