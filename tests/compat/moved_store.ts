import { startApache } from "./apache.ts";
import { startPocketmq } from "./pocketmq.ts";
import type { Target, TargetOptions } from "./target.ts";
import { Wire } from "./wire.ts";
import type { World } from "./world.ts";

/** A data directory that one broker after the other works in. */
export class MovedStore {
  readonly #world: World;
  readonly #name: string;
  readonly #settings: TargetOptions["settings"];
  #target: Target | undefined;
  #wire: Wire | undefined;

  constructor(world: World, name: string, settings: TargetOptions["settings"] = {}) {
    this.#world = world;
    this.#name = name;
    this.#settings = settings;
  }

  async open(kind: Target["kind"]): Promise<void> {
    const { apache } = this.#world.installed;
    const directory = this.#target?.directory;
    const name = `${this.#name}-${kind}`;
    const options = { name, directory, settings: this.#settings, classPath: apache };
    this.#target = await (kind === "apache" ? startApache(options) : startPocketmq(options));
    this.#wire = await Wire.connect(this.#target.brokerPort);
  }

  async stop(): Promise<void> {
    this.#wire?.close();
    await this.#target?.stop();
  }

  /** The data directory. */
  get directory(): string {
    if (this.#target === undefined) throw new Error("no broker was open");
    return this.#target.directory;
  }

  get wire(): Wire {
    if (this.#wire === undefined) throw new Error("no broker is open");
    return this.#wire;
  }
}
