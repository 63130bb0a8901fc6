import type { Broker } from "../../broker/broker.ts";
import { Refusal } from "../../model/refusal.ts";
import { type Call, type Row, row } from "../row.ts";
import { flag, int, long, text } from "../shape.ts";

const queue = { group: text("consumerGroup"), topic: text("topic"), queueId: int("queueId") };

/** How far groups have consumed. */
export function progressRows({ progress }: Broker): Row[] {
  return [
    row(
      { code: 14, name: "QUERY_CONSUMER_OFFSET", access: "consume" },
      { ...queue, zeroIfNotFound: flag("setZeroIfNotFound", true) },
      (ask) => ({ header: { offset: progress.of(ask) } }),
    ),
    row(
      { code: 15, name: "UPDATE_CONSUMER_OFFSET", access: "consume" },
      { ...queue, offset: long("commitOffset") },
      async (commit, { oneWay }) => {
        const isTaken = oneWay ? progress.commit(commit) : await progress.commitDurably(commit);
        return isTaken ? {} : { remark: "Offset has been previously reset" };
      },
    ),
  ].map((plain) => plain.code === 15 ? { ...plain, answer: (call) => strict(plain, call) } : plain);
}

/** For what does not read of a commit upstream has a code of its own. */
function strict(commit: Row, call: Call): ReturnType<Row["answer"]> {
  try {
    return commit.answer(call);
  } catch (fault) {
    const isUnread = fault instanceof Refusal && fault.kind === "request-illegal";
    throw isUnread ? new Refusal("parameter-invalid", fault.message) : fault;
  }
}
