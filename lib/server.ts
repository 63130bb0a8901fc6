import { type BrokerParts, createBroker, type OwnedBroker } from "./broker/broker.ts";
import type { Identity } from "./broker/identity.ts";
import { Jobs } from "./broker/jobs.ts";
import type { Settings } from "./config.ts";
import type { Configuration } from "./config/read.ts";
import { type Roles, rolesOf } from "./config/roles.ts";
import { tunables } from "./config/tunables.ts";
import { Log } from "./log/log.ts";
import type { Catalogue } from "./meta/catalogue.ts";
import { isBatched } from "./model/topic.ts";
import { assert } from "./model/assert.ts";
import { delayLevelsMs } from "./model/delay_levels.ts";
import { isLoopback, parseHost } from "./model/host.ts";
import { OwnAddress } from "./model/own_address.ts";
import { Perm } from "./model/topic.ts";
import { NameServer } from "./nameserver/name_server.ts";
import type { OwnBroker } from "./nameserver/own_broker.ts";
import { NameServerSettings } from "./nameserver/settings.ts";
import type { Job } from "./port/job.ts";
import { Caller } from "./remoting/caller.ts";
import { brokerRows } from "./remoting/handlers/broker_rows.ts";
import { nameServerRows } from "./remoting/handlers/name_server_rows.ts";
import { RemotingListener } from "./remoting/listener.ts";
import { ClusterQueues, queuesOf } from "./remoting/cluster_queues.ts";
import { Registrar, whyOutOfReach } from "./remoting/registrar.ts";
import type { Row } from "./remoting/row.ts";
import { applyLive, brokerSettings, isLive } from "./server/broker_settings.ts";
import { takeDirectory } from "./server/directory.ts";
import {
  logOptions,
  nameServerLimits,
  nameServerSettings,
  remotingLimits,
} from "./server/options.ts";
import { overMemory, type Ports } from "./server/ports.ts";
import { sentencesOf } from "./server/sentences.ts";
import { StartError } from "./server/start_error.ts";

/** The ports that a server listens on; a role that it does not have is missing. */
export interface Listening {
  readonly nameServer?: number;
  readonly broker?: number;
}

/**
 * A name server, a broker, or both: made from the bottom up, stopped from the top down.
 */
export class Server {
  readonly #ports: Ports;
  readonly #jobs: Jobs;
  /** Request code to row, of all roles: each port answers all of them. */
  readonly #rows = new Map<number, Row>();
  /** What to do at the stop, last first. */
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #fatal: ((why: string) => void)[] = [];
  #settings: Settings;
  #roles: Roles;
  #log: Log | undefined;
  #listening: Listening = {};
  /** The queues of a topic on all brokers, as far as a name server is asked. */
  #clusterQueues: NonNullable<BrokerParts["clusterQueues"]> = () => undefined;
  #stopped: Promise<void> | undefined;

  /**
   * Starts what the configuration asks for. On failure all that was opened is closed again.
   * @throws {StartError} and `ConfigError`
   */
  static async start(configuration: Configuration, ports: Ports): Promise<Server> {
    const { settings } = configuration;
    const used = settings.memory ? overMemory(ports, settings.memoryBytesMax) : ports;
    const server = new Server(settings, used);
    try {
      await server.#start(configuration);
    } catch (fault) {
      await server.stop().catch(() => {});
      throw fault;
    }
    return server;
  }

  private constructor(settings: Settings, ports: Ports) {
    this.#settings = settings;
    this.#ports = ports;
    this.#roles = rolesOf(settings, ports.machine.isOwn);
    this.#jobs = new Jobs(ports.lines);
  }

  get listening(): Listening {
    return this.#listening;
  }

  /** What a user should know after the start: addresses, what the data directory held, hints. */
  get sentences(): string[] {
    return sentencesOf({
      settings: this.#settings,
      roles: this.#roles,
      listening: this.#listening,
      recovery: this.#log?.recovery,
    });
  }

  /** Hears why the server cannot go on; whoever hears it stops it. */
  onFatal(listener: (why: string) => void): void {
    this.#fatal.push(listener);
  }

  /** Stops in order: what was acknowledged is on disk then. May be called again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  async #start(configuration: Configuration): Promise<void> {
    const catalogue = await this.#openCatalogue();
    this.#settings = configuration.withStored(catalogue.settings.all());
    this.#roles = rolesOf(this.#settings, this.#ports.machine.isOwn);
    this.#checkReach();
    const address = await this.#ownAddress();
    const broker = this.#roles.broker ? await this.#openBroker(catalogue, address) : undefined;
    const own = broker && ownBroker(broker, catalogue);
    if (this.#roles.nameServer) this.#openNameServer(catalogue, own);
    this.#closers.push(() => Promise.resolve(this.#jobs.stop()));
    await this.#listen(address);
    // Stopped before the listener, which waits for requests under way: pulls that wait are some.
    if (broker !== undefined) this.#closers.push(() => broker.close());
    if (own !== undefined) this.#register(own, catalogue);
    this.#jobs.start(this.#ports.clock);
  }

  async #openCatalogue(): Promise<Catalogue> {
    const catalogue = await takeDirectory(this.#settings.storePathRootDir, this.#ports);
    this.#closers.push(() => catalogue.close());
    this.#add(catalogue.jobs());
    return catalogue;
  }

  async #ownAddress(): Promise<OwnAddress> {
    const { brokerIP1, listenPort } = this.#settings;
    const address = new OwnAddress({ advertised: brokerIP1, brokerPort: listenPort });
    const { machine, lines } = this.#ports;
    if (address.name === undefined) return address;
    await machine.lookUp(address.name).then((ip) => address.standsFor(ip), (fault) => {
      const why = fault instanceof Error ? fault.message : String(fault);
      lines.warn(`${why}. Message ids tell the address that each sender used instead.`);
    });
    return address;
  }

  async #openBroker(catalogue: Catalogue, address: OwnAddress): Promise<OwnedBroker> {
    const log = await Log.open({
      ...logOptions(this.#settings, this.#ports),
      isBatched: (topic) => isBatched(catalogue.topics.get(topic)),
    });
    this.#log = log;
    this.#closers.push(() => log.close(), () => catalogue.flush());
    if (log.recovery.how !== "orderly") {
      catalogue.progress.clamp((topic, queueId) => log.queue(topic, queueId).offsetMax);
    }
    catalogue.progress.beforeWrite(() => log.durable());
    const broker = createBroker({ ...this.#brokerParts(address), log, catalogue });
    await broker.start();
    this.#add([...log.jobs(), ...broker.jobs()]);
    this.#addRows(brokerRows(broker));
    return broker;
  }

  #brokerParts(address: OwnAddress) {
    const { clock, random, lines, machine } = this.#ports;
    const settings = this.#settings;
    const live = brokerSettings(settings);
    const identity: Identity = {
      clusterName: settings.brokerClusterName,
      brokerName: settings.brokerName,
      brokerId: settings.brokerId,
      address,
      region: settings.regionId,
      traceOn: settings.traceOn,
      startedMs: clock.now(),
    };
    return {
      ...{ clock, random, lines, identity, settings: live },
      tunables: tunables(settings, isLive, (name, value) => applyLive(live, name, value)),
      machineBytes: machine.memoryBytes,
      processId: machine.processId,
      delayLevelsMs: delayLevelsMs(settings.messageDelayLevel),
      logKeptMs: settings.fileReservedTime * 3_600_000,
      logDirectory: `${settings.storePathRootDir}/commitlog`,
      wake: (job: string) => this.#jobs.wake(job),
      clusterQueues: (topic: string) => this.#clusterQueues(topic),
    };
  }

  #openNameServer(catalogue: Catalogue, own: OwnBroker | undefined): void {
    const nameServer = new NameServer({
      ...{ clock: this.#ports.clock, lines: this.#ports.lines, kv: catalogue.kv, own },
      limits: nameServerLimits(this.#settings),
      settings: new NameServerSettings({
        store: catalogue.settings,
        initial: nameServerSettings(this.#settings),
      }),
    });
    this.#clusterQueues = (topic) => queuesOf(topic, nameServer.queues(topic));
    this.#add(nameServer.jobs());
    this.#addRows(nameServerRows(nameServer));
  }

  async #listen(address: OwnAddress): Promise<void> {
    const { tcp, clock, lines } = this.#ports;
    const limits = remotingLimits(this.#settings);
    const listener = new RemotingListener({ tcp, clock, lines, rows: this.#rows, limits });
    this.#closers.push(() => listener.close());
    this.#add(listener.jobs());
    const { namesrvListenPort, listenPort, bindAddress } = this.#settings;
    const listen = async (port: number) => {
      const { port: used } = await listener.listen(bindAddress, port).catch(refuseAddress);
      return used;
    };
    const isOne = namesrvListenPort === listenPort && listenPort !== 0;
    const nameServer = this.#roles.nameServer ? await listen(namesrvListenPort) : undefined;
    const broker = this.#roles.broker && !(isOne && nameServer !== undefined)
      ? await listen(listenPort)
      : undefined;
    this.#listening = {
      nameServer,
      broker: broker ?? (this.#roles.broker ? nameServer : undefined),
    };
    if (this.#listening.broker !== undefined) address.listensOn(this.#listening.broker);
  }

  #register(own: OwnBroker, catalogue: Catalogue): void {
    const { registerWith } = this.#roles;
    if (registerWith.length === 0) return;
    const { tcp, clock, lines } = this.#ports;
    const timeoutMs = this.#settings.registerBrokerTimeoutMills;
    const registrar = new Registrar(registerWith, {
      ...{ clock, lines, own, timeoutMs },
      periodMs: this.#settings.registerNameServerPeriod,
      connect: (server) => Caller.connect({ tcp, clock, ...server, timeoutMs }),
      localOnly: this.#localOnly,
      fatal: (why) => this.#fatal.forEach((hear) => hear(why)),
    });
    const clusterQueues = new ClusterQueues({
      clock,
      ask: (topic) => registrar.route(topic),
      wake: (job) => this.#jobs.wake(job),
      topicsMax: this.#settings.topicsMax,
    });
    const here = this.#clusterQueues;
    this.#clusterQueues = (topic) => clusterQueues.of(topic) ?? here(topic);
    this.#jobs.add(clusterQueues);
    catalogue.topics.onChange(() => registrar.changed());
    this.#closers.push(() => registrar.stop());
    this.#add(registrar.jobs());
  }

  /** The address that only this machine reaches, if it listens there and advertises no other. */
  get #localOnly(): string | undefined {
    const { bindAddress, brokerIP1 } = this.#settings;
    const host = parseHost(bindAddress, 0);
    const isLocal = bindAddress === "localhost" || (host !== undefined && isLoopback(host));
    return isLocal && brokerIP1 === "" ? bindAddress : undefined;
  }

  #checkReach(): void {
    const bound = this.#localOnly;
    const why = bound && whyOutOfReach(this.#roles.registerWith, bound);
    if (why) throw new StartError("usage", why);
  }

  #add(jobs: readonly Job[]): void {
    for (const job of jobs) this.#jobs.add(job);
  }

  #addRows(rows: readonly Row[]): void {
    for (const row of rows) {
      assert(!this.#rows.has(row.code), `two rows answer ${row.code}`);
      this.#rows.set(row.code, row);
    }
  }

  async #close(): Promise<void> {
    const faults: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      await close().catch((fault) => faults.push(fault));
    }
    this.#jobs.stop();
    if (faults.length > 0) throw faults[0];
  }
}

/** The broker as its own name server and other name servers see it. */
function ownBroker(broker: OwnedBroker, { topics }: Catalogue): OwnBroker {
  const { clusterName, brokerName, brokerId, address } = broker.identity;
  return {
    ...{ clusterName, brokerName, brokerId, address },
    topics: () => topics.all(),
    topic: (name) => topics.get(name),
    version: () => topics.version,
    permission: () => permission(broker),
    ordered: (names) => broker.topics.markOrdered(names),
  };
}

function permission({ access }: OwnedBroker): number {
  return (access.isReadable ? Perm.read : 0) | (access.isWritable ? Perm.write : 0);
}

function refuseAddress(fault: unknown): never {
  const why = fault instanceof Error ? fault.message : String(fault);
  const cure = "Choose others with --host, --port and --broker-port.";
  throw new StartError("address", `${why}. ${cure}`);
}
