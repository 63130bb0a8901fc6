import type { Memory } from "./memory.ts";
import type { BrokerSettings } from "./settings.ts";

/** What one pull may bring at the most, from memory and from the disk (`transferMsgBy…`). */
export class PullLimits {
  readonly #memory: Memory;
  readonly #settings: BrokerSettings;

  constructor(parts: { readonly memory: Memory; readonly settings: BrokerSettings }) {
    this.#memory = parts.memory;
    this.#settings = parts.settings;
  }

  /** Is a record at `position` one too many, behind `count` others, with `bytes` in all? */
  isOver(position: number, count: number, bytes: number): boolean {
    const { pullMemoryBytesMax, pullMemoryCountMax, pullDiskBytesMax, pullDiskCountMax } =
      this.#settings;
    return position >= this.#memory.from
      ? bytes > pullMemoryBytesMax || count >= pullMemoryCountMax
      : bytes > pullDiskBytesMax || count >= pullDiskCountMax;
  }
}
