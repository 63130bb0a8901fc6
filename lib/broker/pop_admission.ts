import { Refusal } from "../model/refusal.ts";
import { Perm } from "../model/topic.ts";
import { type AdmissionParts, filterOf, illegalQueue } from "./admission.ts";
import { isTagType } from "./filters.ts";
import type { PopAsk, PopFilter, PopPlace } from "./pop_ask.ts";
import { topicOf } from "./topic_of.ts";

/** What admission of pops asks. */
export type PopAdmissionParts = Omit<AdmissionParts, "consumers">;

const MESSAGES_MAX = 32;
/** The longest time that a message is invisible: beyond, clocks make no sense any more. */
const INVISIBLE_MAX_MS = 10 * 366 * 86_400_000;

/** Whether messages may be popped, in the order of `PopMessageProcessor`. */
export class PopAdmission {
  readonly #parts: PopAdmissionParts;

  constructor(parts: PopAdmissionParts) {
    this.#parts = parts;
  }

  /** What the pop takes. @throws {Refusal} with what stands in the way. */
  admit(ask: PopAsk): PopFilter {
    const { maxMessages, invisibleMs, expression, expressionType } = ask;
    this.#checkBroker();
    if (maxMessages < 1 || maxMessages > MESSAGES_MAX) {
      throw new Refusal(
        "parameter-invalid",
        `the broker pop message's num is ${maxMessages}: it is greater than ${MESSAGES_MAX} or ` +
          `less than 1. Ask for 1 to ${MESSAGES_MAX}.`,
      );
    }
    checkInvisible(invisibleMs);
    if (!this.#parts.settings.timers) {
      throw new Refusal(
        "failed",
        "the broker pop message is forbidden because timerWheelEnable is false. Set it to true.",
      );
    }
    this.#checkPlace(ask);
    if (expression === "") return { tags: undefined, sql: undefined };
    if (isTagType(expressionType)) return { tags: filterOf(expression), sql: undefined };
    if (expressionType !== "SQL92") throw unknownType(expressionType);
    const sql = this.#parts.filters.of(expressionType, expression);
    return { tags: sql.codes, sql };
  }

  /** The same for a question whether there is anything. @throws {Refusal} */
  admitQuestion(place: PopPlace): void {
    this.#checkBroker();
    this.#checkPlace(place);
  }

  #checkBroker(): void {
    if (this.#parts.access.isReadable) return;
    throw new Refusal(
      "no-permission",
      "the broker pop message is forbidden: brokerPermission does not allow reading.",
    );
  }

  #checkPlace({ topic: name, queueId, group: groupName }: PopPlace): void {
    const topic = topicOf(this.#parts.topicTable, name);
    if ((topic.perm & Perm.read) === 0) {
      throw new Refusal("no-permission", `the topic[${name}] peeking message is forbidden`);
    }
    if (queueId >= topic.readQueues) {
      throw illegalQueue(topic, queueId);
    }
    const group = this.#parts.groups.get(groupName);
    if (group.consumeEnable) return;
    throw new Refusal("no-permission", `subscription group no permission, ${groupName}`);
  }
}

function unknownType(type: string): Refusal {
  return new Refusal(
    "subscription-invalid",
    `parse the consumer's subscription failed: messages are not filtered by ${
      type.slice(0, 40)
    }. ` +
      "Filter by TAG or SQL92.",
  );
}

/** @throws {Refusal} `parameter-invalid` */
export function checkInvisible(ms: number): void {
  if (ms >= 0 && ms <= INVISIBLE_MAX_MS) return;
  throw new Refusal(
    "parameter-invalid",
    `A message cannot be invisible for ${ms} ms: at least 0, at most ${INVISIBLE_MAX_MS} (ten ` +
      `years).`,
  );
}
