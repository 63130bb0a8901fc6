import { Refusal, type RefusalKind } from "../../lib/model/refusal.ts";

/** Is it a refusal of this kind, whose sentence fits? For `assert.throws` and `assert.rejects`. */
export function isRefusal(kind: RefusalKind, sentence = /./): (fault: unknown) => boolean {
  return (fault) => {
    if (!(fault instanceof Refusal)) throw fault;
    if (fault.kind === kind && sentence.test(fault.message)) return true;
    throw new Error(`expected ${kind} ${sentence}, got ${fault.kind}: ${fault.message}`);
  };
}
