import { Refusal } from "../model/refusal.ts";
import type { Sqlite, SqlWrite } from "../port/sqlite.ts";

interface Waiting {
  readonly writes: readonly SqlWrite[];
  resolve(): void;
  reject(why: Refusal): void;
}

/**
 * Brings writes into the database in the order they were asked for. What gathers while one
 * transaction runs goes into the next one together, so a thousand topics made at once take two.
 */
export class Committer {
  readonly #sqlite: Sqlite;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(sqlite: Sqlite) {
    this.#sqlite = sqlite;
  }

  /**
   * Resolves when the writes would survive a power cut.
   * @throws {Refusal} `unavailable` with the reason; nothing of it is written then.
   */
  commit(writes: readonly SqlWrite[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ writes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#sqlite.commit(batch.flatMap(({ writes }) => writes));
        for (const one of batch) one.resolve();
      } catch (fault) {
        const why = fault instanceof Error ? fault.message : String(fault);
        for (const one of batch) one.reject(new Refusal("unavailable", sentence(why)));
      }
    }
    this.#running = undefined;
  }
}

function sentence(why: string): string {
  return `The broker's catalogue cannot be written: ${why}. Look at the disk, then start again.`;
}
