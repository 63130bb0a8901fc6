import type { Log } from "../log/log.ts";
import type { BrokerSettings } from "./settings.ts";

/**
 * Guesses whether a record is still in the machine's memory, by its distance from the log's end, as
 * upstream does (`accessMessageInMemoryMaxRatio`): the system keeps what was written last.
 */
export class Memory {
  readonly #log: Pick<Log, "positionMax">;
  readonly #settings: Pick<BrokerSettings, "pullMemoryPercent">;
  readonly #machineBytes: number;

  constructor(parts: {
    readonly log: Pick<Log, "positionMax">;
    readonly settings: Pick<BrokerSettings, "pullMemoryPercent">;
    readonly machineBytes: number;
  }) {
    this.#log = parts.log;
    this.#settings = parts.settings;
    this.#machineBytes = parts.machineBytes;
  }

  /** From this position on, records count as in memory. */
  get from(): number {
    return this.#log.positionMax - this.#machineBytes * this.#settings.pullMemoryPercent / 100;
  }

  holds(position: number): boolean {
    return position >= this.from;
  }
}
