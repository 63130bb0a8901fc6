import { getProperty, Property, withProperty } from "../model/properties.ts";
import { Refusal } from "../model/refusal.ts";
import type { Clock } from "../port/clock.ts";
import type { Identity } from "./identity.ts";
import type { Accepted, Intake } from "./intake.ts";
import type { Link } from "./link.ts";
import type { ProducerLinks } from "./producer_links.ts";
import type { ReplySettings } from "./reply_settings.ts";
import type { Incoming, Placed, SendAsk } from "./send.ts";

/** What replies work with. */
export interface ReplyParts {
  readonly intake: Pick<Intake, "accept" | "destined">;
  readonly settings: ReplySettings;
  readonly producerLinks: ProducerLinks;
  readonly identity: Pick<Identity, "address">;
  readonly clock: Clock;
}

/** What became of a reply. */
export interface ReplyOutcome {
  /** Where it is stored; or its queue, where replies are not kept; or why it could not be. */
  readonly placed: Placed | { readonly unkept: number } | Refusal;
  /** Why the client that asked did not get it; undefined: it did. */
  readonly undelivered: string | undefined;
}

/**
 * Replies to requests that clients sent as messages: each goes to the client that asked, and into
 * the log for whoever wants to know of it later (`ReplyMessageProcessor` of 5.5.0).
 */
export class Replies {
  readonly #parts: ReplyParts;

  constructor(parts: ReplyParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the client has answered, or cannot. One that cannot be stored is delivered all
   * the same: somebody waits for it. @throws {Refusal} for its topic or queue, as a send
   */
  async take(incoming: Incoming, asked: SendAsk): Promise<ReplyOutcome> {
    if (!this.#parts.settings.storeReplies) {
      const unkept = await this.#parts.intake.destined(incoming, asked);
      return { placed: { unkept }, undelivered: await this.#deliver(incoming, asked) };
    }
    const accepted = await this.#accept(incoming, asked);
    const [placed, undelivered] = await Promise.all([
      this.#safe(accepted),
      this.#deliver(incoming, asked),
    ]);
    return { placed, undelivered };
  }

  async #accept(incoming: Incoming, asked: SendAsk): Promise<Accepted | Refusal> {
    try {
      return await this.#parts.intake.accept(incoming, asked);
    } catch (fault) {
      return whyNotStored(fault);
    }
  }

  /** The same, once it is safe. */
  async #safe(accepted: Accepted | Refusal): Promise<Accepted | Refusal> {
    if (accepted instanceof Refusal) return accepted;
    try {
      await accepted.settled;
      return accepted;
    } catch (fault) {
      const isLate = fault instanceof Refusal && fault.kind === "flush-timeout";
      return isLate ? accepted : whyNotStored(fault);
    }
  }

  /** Says why it could not be. */
  async #deliver(incoming: Incoming, asked: SendAsk): Promise<string | undefined> {
    const clientId = getProperty(incoming.properties, Property.replyToClient);
    if (clientId === undefined) {
      return `reply message properties[${Property.replyToClient}] is null: it says not to whom. ` +
        `Make replies from their requests (MessageUtil.createReplyMessage).`;
    }
    const shown = clientId.slice(0, 255);
    const link = this.#parts.producerLinks.find(clientId);
    if (link === undefined) {
      return `push reply message fail, channel of <${shown}> not found: no producer of that ` +
        `client id is connected to this broker. It may be gone, or have given up waiting.`;
    }
    try {
      await this.#push(link, incoming, asked);
      return undefined;
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault;
      return `push reply message to ${shown} fail: ${fault.message}`;
    }
  }

  #push(link: Link, incoming: Incoming, asked: SendAsk): Promise<void> {
    const { clock, identity } = this.#parts;
    const now = clock.now();
    const properties = withProperty(incoming.properties, Property.replyPushedMs, String(now));
    const { producerGroup, defaultTopic, defaultTopicQueues, unitMode, local } = asked;
    return link.deliverReply({
      message: { ...incoming, properties, storeHost: identity.address.hostFor(local) },
      ...{ producerGroup, defaultTopic, defaultTopicQueues, unitMode },
      storeTimestamp: now,
    });
  }
}

/**
 * What only the log, or the message's form, forbids is no reason to keep the reply from who waits
 * for it: those of the Go client have no body.
 */
function whyNotStored(fault: unknown): Refusal {
  if (fault instanceof Refusal && UNSTORED.has(fault.kind)) return fault;
  throw fault;
}

const UNSTORED: ReadonlySet<string> = new Set(["unavailable", "busy", "message-illegal"]);
