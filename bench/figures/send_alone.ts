import type { Figure } from "../figure.ts";
import { groupCommits, startBare } from "../programs.ts";
import { middleOf } from "../reading.ts";
import { rowOf, share } from "../row.ts";

/** Bytes of a record with 1 KB. */
const RECORD_BYTES = 1100;

export const sendAlone: Figure = {
  number: 5,
  name: "send, one connection, one open request",
  async *measure(lab) {
    const options = ["send", "-c", "1"];
    const flushed = { options, settings: ["flushDiskType=SYNC_FLUSH"] };
    // One open request is a way there and back between two cores: what echod reaches is all of it.
    const plain = await lab.compare({ options, bare: startBare });
    yield rowOf("send, 1 connection, ASYNC_FLUSH", plain, { goal: "≥ 2 × Apache" });
    const commits: number[] = [];
    for (let times = 0; times < lab.times; times++) {
      commits.push(await groupCommits(RECORD_BYTES, lab.seconds));
    }
    const sync = await lab.compare(flushed);
    const raw = middleOf(commits);
    yield {
      ...rowOf("send, 1 connection, SYNC_FLUSH", sync, { goal: "≥ 2 × Apache, ≥ 0.60 of gc" }),
      beside: `${share(sync.own.perSecond, raw)} of gc ${RECORD_BYTES} (${raw}/s)`,
    };
  },
};
