import type { Broker } from "../../broker/broker.ts";
import { parseOffsetId } from "../../model/ids.ts";
import { Refusal } from "../../model/refusal.ts";
import { type Answer, type Row, row } from "../row.ts";
import { flag, int, long, text } from "../shape.ts";

/** What `commitOrRollback` says (`MessageSysFlag`); 0: not known yet. */
const OUTCOMES: ReadonlyMap<number, "commit" | "rollback"> = new Map([
  [8, "commit"],
  [12, "rollback"],
]);

/** How transactions end. */
export function transactionRows({ transactions }: Broker): Row[] {
  return [
    row(
      { code: 37, name: "END_TRANSACTION", access: "produce" },
      {
        producerGroup: text("producerGroup"),
        offset: long("tranStateTableOffset"),
        position: long("commitLogOffset"),
        commitOrRollback: int("commitOrRollback"),
        wasAsked: flag("fromTransactionCheck", false),
      },
      ({ commitOrRollback, ...end }) => {
        if (commitOrRollback === 0) return undefined;
        const outcome = OUTCOMES.get(commitOrRollback);
        if (outcome === undefined) {
          const wrong = `commitOrRollback field wrong: it is ${commitOrRollback}; expected 8 ` +
            `(commit), 12 (roll back) or 0 (not known yet).`;
          throw new Refusal("failed", wrong);
        }
        return { after: transactions.end({ ...end, outcome }), otherwise: endedLate };
      },
    ),
    row(
      { code: 323, name: "RESUME_CHECK_HALF_MESSAGE", access: "change" },
      { id: text("msgId") },
      async ({ id }) => {
        const place = parseOffsetId(id);
        if (place === undefined) {
          throw new Refusal("failed", `The id ${JSON.stringify(id.slice(0, 80))} is no offset id.`);
        }
        await transactions.resume(place.position);
        return {};
      },
    ),
  ];
}

/** A slow disk leaves the transaction ended, as upstream. */
function endedLate(fault: unknown): Answer {
  if (fault instanceof Refusal && fault.kind === "flush-timeout") return {};
  throw fault;
}
