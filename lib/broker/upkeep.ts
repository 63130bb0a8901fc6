import type { Log } from "../log/log.ts";
import type { Lines } from "../port/lines.ts";

/** What housekeeping works with. */
export interface UpkeepParts {
  readonly log: Pick<Log, "tidyUp" | "topicsOnDisk" | "removeTopic" | "doomed">;
  readonly newTopics: { has(name: string): boolean };
  readonly lines: Lines;
}

/** Housekeeping that tools may ask for. */
export class Upkeep {
  readonly #parts: UpkeepParts;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** At the start: ends the removals that an earlier run had begun. */
  finishRemovals(): void {
    const { log, newTopics, lines } = this.#parts;
    for (const topic of log.doomed.announced) {
      if (newTopics.has(topic)) {
        log.doomed.withdraw(topic);
        continue;
      }
      log.removeTopic(topic);
      lines.info(`Removed the queues of the topic ${topic}, which was deleted before the stop.`);
    }
  }

  /** Segments that are older than `fileReservedTime`, at any hour. */
  removeExpiredSegments(): void {
    this.#parts.log.tidyUp("segments");
  }

  /** Queue entries and keys of messages that are gone. */
  removeExpiredEntries(): void {
    this.#parts.log.tidyUp("views");
  }

  /** Queues of topics that are no longer known. */
  removeUnusedTopics(): void {
    const { log, newTopics, lines } = this.#parts;
    const unused = log.topicsOnDisk().filter((topic) => !newTopics.has(topic));
    for (const topic of unused) log.removeTopic(topic);
    if (unused.length === 0) return;
    const shown = unused.slice(0, 10).join(", ") + (unused.length > 10 ? ", …" : "");
    lines.info(`Removed the queues of ${unused.length} topics that are unknown: ${shown}.`);
  }
}
