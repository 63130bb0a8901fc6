import { Ledger } from "./ledger.ts";
import { killPlay } from "./lives.ts";
import type { StoredRecord } from "./record.ts";
import { type Group, holds, type Play, plays, same } from "./scenario.ts";
import { SENDS } from "./send_load.ts";
import type { World } from "./world.ts";

function record(body: string, offset: number): StoredRecord {
  const bytes = new Uint8Array(0);
  return { topic: "T", queueId: 0, offset, position: 0, body, properties: new Map(), bytes };
}

/** A ledger that saw a, b and c acknowledged and d open at a kill, and is then shown a queue. */
function judged(bodies: string[]): string {
  const ledger = new Ledger(1);
  for (const [offset, id] of ["a", "b", "c"].entries()) {
    ledger.sent(id);
    ledger.acknowledge(id, 0, offset);
  }
  ledger.sent("d");
  ledger.found(0, 0, ["a", "b", "c"].map(record));
  ledger.settle();
  ledger.found(0, 0, bodies.map(record));
  return ledger.violations.map((line) => line.split(":")[0]).join(" ");
}

/** Kills with a ledger outside; and what the ledger says to a broker that loses or invents. */
export function ledgerGroup(world: World): Group {
  const all = new Map<string, Play>([
    ["finds-what-is-planted", () => {
      same("a store in order", "", judged(["a", "b", "c"]));
      same("a loss at the end", "lost", judged(["a", "b"]));
      same("a message that nobody sent", "phantom", judged(["a", "b", "c", "z"]));
      same("one that was gone", "phantom", judged(["a", "b", "c", "d"]));
      holds(judged(["a", "c", "b"]).includes("changed"), "an exchange is not seen");
      holds(judged(["a", "b", "c", "a"]).includes("twice"), "a repetition is not seen");
      return Promise.resolve();
    }],
    ["kill-nine", killPlay(world, SENDS)],
  ]);
  return plays("ledger", all);
}
