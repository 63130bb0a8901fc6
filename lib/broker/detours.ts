import type { Message } from "../model/message.ts";
import { Refusal } from "../model/refusal.ts";
import type { Scan, Wish } from "./stamp.ts";

/**
 * Where a message goes instead of its own topic until its time has come: the same message under an
 * internal topic, with what leads back in its properties. Throws a `Refusal` where it may not go.
 */
export type Detour = (message: Message, scan: Scan) => Message;

/** The detours that this broker knows, by what a message's properties wish for. */
export class Detours {
  readonly #byWish = new Map<Wish, Detour>();

  set(wish: Wish, detour: Detour): void {
    this.#byWish.set(wish, detour);
  }

  /**
   * The message as it is stored. What a client failed to consume and sends again for a later try is
   * no transaction, even where it was one (`SendMessageProcessor`).
   * @throws {Refusal} `message-illegal` for a wish without detour.
   */
  take(message: Message, scan: Scan): Message {
    const { wish, later } = scan;
    const isTriedAgain = later === "delay" && message.reconsumeTimes > 0;
    return this.#lead(message, scan, isTriedAgain ? later : wish);
  }

  /** The same for a message from within, which is no transaction, though it may have been one. */
  takeInner(message: Message, scan: Scan): Message {
    return this.#lead(message, scan, scan.later);
  }

  #lead(message: Message, scan: Scan, wish: Wish | undefined): Message {
    if (wish === undefined) return message;
    const detour = this.#byWish.get(wish);
    if (detour === undefined) throw new Refusal("message-illegal", NOT_YET[wish] ?? wish);
    return detour(message, scan);
  }
}

const NOT_YET: { readonly [wish in Wish]?: string } = {
  delay: "This broker cannot delay messages yet, so a message with a delay level (DELAY) was not " +
    "stored. Send it without one.",
  timer: "This broker cannot delay messages yet, so a message with a delivery time (TIMER_…) was " +
    "not stored. Send it without one.",
};
