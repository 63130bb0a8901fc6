import type { Identity } from "../../broker/identity.ts";
import { Refusal } from "../../model/refusal.ts";
import { refusalAnswer } from "../faults.ts";
import type { Answer, Row } from "../row.ts";

/** What every answer to a send names: Java's client relies on it. */
export interface Brand {
  readonly MSG_REGION: string;
  readonly TRACE_ON: boolean;
}

export function brandOf(identity: Pick<Identity, "region" | "traceOn">): Brand {
  return { MSG_REGION: identity.region, TRACE_ON: identity.traceOn };
}

/** The row, whose refusals carry the brand, those of a header that does not read too. */
export function branded(row: Row, brand: Brand): Row {
  return {
    ...row,
    answer: (call) => {
      try {
        return row.answer(call);
      } catch (error) {
        return refused(error, brand);
      }
    },
  };
}

/** The answer that tells a refusal; what is none goes on being thrown. */
export function refused(error: unknown, brand: Brand): Answer {
  if (error instanceof Refusal) return { ...refusalAnswer(error), header: { ...brand } };
  throw error;
}
