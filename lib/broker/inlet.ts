import type { Log } from "../log/log.ts";
import type { Message, Stored } from "../model/message.ts";
import type { Counters } from "./counters.ts";
import type { Detours } from "./detours.ts";
import { scanProperties } from "./stamp.ts";

/** What messages from within need. */
export interface InletParts {
  readonly log: Pick<Log, "append" | "settled">;
  readonly counters: Counters;
  readonly detours: Detours;
}

/**
 * The way into the log for messages that the broker itself writes: a failed message for its next
 * try, a delayed one whose time has come, a committed one. Nothing is validated or stamped; wishes
 * in the properties (a delay level) are heard as in a send, but none for a transaction: a
 * committed message still says `TRAN_MSG`.
 */
export class Inlet {
  readonly #parts: InletParts;

  constructor(parts: InletParts) {
    this.#parts = parts;
  }

  /** Stores it at once; `settled` waits for the disk. @throws {Refusal} as `Log.append` */
  put(message: Message): Stored {
    const { log, counters, detours } = this.#parts;
    const placed = detours.takeInner(message, scanProperties(message.properties));
    const stored = log.append(placed);
    counters.stored(placed.topic, 1, stored.size);
    return stored;
  }

  /** The same for a message whose time has come: it wishes for nothing any more. */
  deliver(message: Message): Stored {
    const { log, counters } = this.#parts;
    const stored = log.append(message);
    counters.stored(message.topic, 1, stored.size);
    return stored;
  }

  /** Resolves when what was put is as safe as a send's answer promises. */
  settled(stored: Stored): Promise<void> {
    return this.#parts.log.settled(stored.position + stored.size);
  }
}
