import { givenInSet, settle } from "../../lib/config/read.ts";
import { crc32 } from "../../lib/port/checksum.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import type { Lines } from "../../lib/port/lines.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { MemorySqlite } from "../../lib/port/sqlite_memory.ts";
import { MemoryTcp } from "../../lib/port/tcp_memory.ts";
import type { Ports } from "../../lib/server/ports.ts";
import { Server } from "../../lib/server.ts";
import { LifeClock } from "./life_clock.ts";
import { WireClient } from "./wire_client.ts";

const BROKER = "10.0.0.1";
const PORT = 10911;

/** How a world is made. */
export interface WorldOptions {
  readonly spoil?: Spoil;
  /** Hears every event and every log line, for looking into a seed. */
  readonly trace?: (line: string) => void;
  /** `key=value` beside the usual ones. */
  readonly settings?: readonly string[];
}

/** Spoils a port on purpose, to show that the checkers see it. */
export type Spoil = (ports: Ports) => Ports;

interface Life {
  readonly server: Server;
  readonly clock: LifeClock;
  readonly tcp: MemoryTcp;
}

/**
 * One machine with a broker on it, its network and its clients' side, all of chance and time
 * seeded.
 */
export class World {
  readonly clock = new VirtualClock();
  readonly lines: Lines;
  readonly random: SeededRandom;
  readonly network: MemoryTcp;
  readonly #spoil: Spoil;
  readonly #trace: ((line: string) => void) | undefined;
  readonly #settings: readonly string[];
  disk: MemoryDisk;
  #sqlite: MemorySqlite;
  #life: Life | undefined;
  #digest = 0;

  constructor(seed: number, options: WorldOptions = {}) {
    this.random = new SeededRandom(seed);
    const { clock, random } = this;
    this.#spoil = options.spoil ?? ((ports) => ports);
    this.#trace = options.trace;
    this.lines = this.#tracedLines();
    this.disk = new MemoryDisk({ clock, random, syncMs: () => 1 + random.below(4) });
    this.#sqlite = new MemorySqlite({ clock, commitMs: () => 5 + random.below(10) });
    this.network = new MemoryTcp({ clock, random, delayMs: () => random.below(3) });
    this.#settings = [
      "flushDiskType=SYNC_FLUSH",
      "mappedFileSizeCommitLog=65536",
      "mappedFileSizeConsumeQueue=400",
      "maxHashSlotNum=64",
      "maxIndexNum=128",
      "maxMessageSize=4096",
      "tailBytes=65536",
      "openFilesMax=64",
      "storePathRootDir=/data",
      "bindAddress=0.0.0.0",
      ...options.settings ?? [],
    ];
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  /** A number that any other course of events would have made another. */
  get digest(): string {
    return (this.#digest >>> 0).toString(16).padStart(8, "0");
  }

  /** Takes note of an event. */
  note(event: string): void {
    const line = new TextEncoder().encode(`${this.clock.monotonic()} ${event}\n`);
    this.#digest = crc32(line, this.#digest);
    this.#trace?.(`${this.clock.monotonic()} ${event}`);
  }

  /** Lets time go by until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const watched = promise.finally(() => isSettled = true);
    watched.catch(() => {});
    for (let ms = 0; !isSettled; ms++) {
      if (ms > 120_000) throw new Error("nothing happened for two minutes");
      await this.clock.advance(1);
    }
    return watched;
  }

  /** Starts the broker on what the disk holds. */
  async start(): Promise<void> {
    const clock = new LifeClock(this.clock);
    const tcp = this.network.at(BROKER);
    const ports = this.#spoil({
      ...{ clock, tcp, disk: this.disk, openSqlite: this.#sqlite.open },
      ...{ random: this.random, lines: this.lines },
      machine: {
        memoryBytes: 1 << 30,
        processId: 1,
        isOwn: () => false,
        isAlive: () => false,
        lookUp: () => Promise.reject(new Error("there are no names here")),
        lockHolder: () => undefined,
      },
    });
    const configuration = settle(givenInSet(this.#settings));
    const server = await this.until(Server.start(configuration, ports));
    this.#life = { server, clock, tcp };
    this.note("started");
  }

  /** The process dies; with the power gone, so does what was not synced. */
  die(how: "kill" | "power cut"): void {
    this.note(how);
    this.#life?.clock.kill();
    this.#life?.tcp.kill(how === "kill" ? "reset" : "silently");
    this.disk = how === "kill" ? this.disk.kill() : this.disk.powerCut(this.random);
    this.#sqlite = this.#sqlite.powerCut(this.random);
    this.#life = undefined;
  }

  /** An orderly stop. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    await this.until(life.server.stop());
    this.die("kill");
  }

  /** A client, or undefined where no connection is to be had now. */
  async connect(): Promise<WireClient | undefined> {
    const address = { host: BROKER, port: PORT, timeoutMs: 1000 };
    const connection = await this.network.connect(address).catch(() => undefined);
    return connection && new WireClient(connection);
  }

  #tracedLines(): Lines {
    const at = (level: string) => (text: string) => this.#trace?.(`  ${level} ${text}`);
    return { info: at("INFO"), warn: at("WARN"), error: at("ERROR") };
  }
}
