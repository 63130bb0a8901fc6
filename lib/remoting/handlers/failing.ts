import { Refusal } from "../../model/refusal.ts";
import type { Row } from "../row.ts";

/** The row, where upstream has only its code 1 for a header that does not read. */
export function failing(row: Row): Row {
  return {
    ...row,
    answer: (call) => {
      try {
        return row.answer(call);
      } catch (fault) {
        if (fault instanceof Refusal && fault.kind === "parameter-invalid") {
          throw new Refusal("failed", fault.message);
        }
        throw fault;
      }
    },
  };
}
