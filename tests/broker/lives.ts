import type { BrokerSettings } from "../../lib/broker/settings.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { MemorySqlite } from "../../lib/port/sqlite_memory.ts";
import { LifeClock } from "../sim/life_clock.ts";
import { makeWorld, within, type World, type WorldOptions } from "./world.ts";

/** A broker that can be killed, or lose its power, and started again on what is left. */
export class Lives {
  readonly time = new VirtualClock();
  readonly random: SeededRandom;
  readonly #settings: Partial<BrokerSettings>;
  readonly #options: WorldOptions;
  #disk: MemoryDisk;
  #sqlite: MemorySqlite;
  #clock: LifeClock;
  #world: World | undefined;

  constructor(seed: number, settings: Partial<BrokerSettings> = {}, options: WorldOptions = {}) {
    this.random = new SeededRandom(seed);
    this.#settings = settings;
    this.#options = options;
    this.#disk = new MemoryDisk({ clock: this.time, syncMs: options.syncMs });
    this.#sqlite = new MemorySqlite({ clock: this.time, commitMs: () => 10 });
    this.#clock = new LifeClock(this.time);
  }

  /** The life of now. */
  get world(): World {
    if (this.#world === undefined) throw new Error("it is dead");
    return this.#world;
  }

  async start(): Promise<World> {
    this.#clock = new LifeClock(this.time);
    const [time, disk, sqlite, clock] = [this.time, this.#disk, this.#sqlite, this.#clock];
    const options = { ...this.#options, ground: { time, disk, sqlite, clock } };
    return this.#world = await makeWorld(this.#settings, options);
  }

  /** The process dies; with the power gone, so does what was not synced. */
  die(how: "kill" | "power cut"): void {
    this.#clock.kill();
    this.#disk = how === "kill" ? this.#disk.kill() : this.#disk.powerCut(this.random);
    this.#sqlite = this.#sqlite.powerCut(this.random);
    this.#world = undefined;
  }

  /** An orderly stop. */
  async stop(): Promise<void> {
    const { broker, log, catalogue } = this.world;
    await within(this.world, 2000, broker.close());
    await within(this.world, 2000, log.close());
    await within(this.world, 2000, catalogue.close());
    this.die("kill");
  }
}
