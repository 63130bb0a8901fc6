import { UNIT_OFFSETS_MAX } from "../log/unit.ts";
import type { Message } from "../model/message.ts";
import { Refusal } from "../model/refusal.ts";
import { checkInnerPart } from "./send_rules.ts";
import { type Scan, scanProperties } from "./stamp.ts";

/** A batch that becomes one record. */
export interface Whole {
  readonly message: Message;
  readonly scan: Scan;
  /** Messages in it. */
  readonly count: number;
  /** Monotonic ms. */
  readonly startedAt: number;
}

/** May these be stored as one record? @throws {Refusal} `message-illegal` */
export function checkTogether(parts: readonly { readonly properties: string }[]): void {
  if (parts.length > UNIT_OFFSETS_MAX) {
    throw new Refusal(
      "message-illegal",
      `The batch holds ${parts.length} messages, but one record takes ${UNIT_OFFSETS_MAX} ` +
        `offsets at the most, and its topic is of type BatchCQ. Send several batches.`,
    );
  }
  for (const part of parts) checkInnerPart(scanProperties(part.properties));
}
