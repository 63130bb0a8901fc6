import { parseArgs } from "node:util";
import type { Figure } from "./figure.ts";
import { delay } from "./figures/delay.ts";
import { endToEnd } from "./figures/end_to_end.ts";
import { growth } from "./figures/growth.ts";
import { idle } from "./figures/idle.ts";
import { memory } from "./figures/memory.ts";
import { oldAndNew } from "./figures/old_and_new.ts";
import { pull } from "./figures/pull.ts";
import { sendAlone } from "./figures/send_alone.ts";
import { sendBatches } from "./figures/send_batches.ts";
import { sendOneEach } from "./figures/send_one_each.ts";
import { sendPipelined } from "./figures/send_pipelined.ts";
import { sendSyncFlush } from "./figures/send_sync_flush.ts";
import { start } from "./figures/start.ts";
import { tagFilter } from "./figures/tag_filter.ts";
import { delayTraffic } from "./figures/traffic_delay.ts";
import { orderTraffic } from "./figures/traffic_order.ts";
import { popTraffic } from "./figures/traffic_pop.ts";
import { sqlTraffic } from "./figures/traffic_sql.ts";
import { transactionTraffic } from "./figures/traffic_transaction.ts";
import { Lab } from "./lab.ts";
import { compile, olderProgram, removeLeftovers, stayOffServerCore } from "./programs.ts";
import { headOf, record, tableOf } from "./record.ts";
import type { Row } from "./row.ts";

const FIGURES: readonly Figure[] = [
  ...[sendOneEach, sendPipelined, sendBatches, sendSyncFlush, sendAlone, endToEnd],
  ...[pull, start, memory, growth, idle, tagFilter, delay],
  ...[orderTraffic, delayTraffic, transactionTraffic, popTraffic, sqlTraffic, oldAndNew],
];

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    peer: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    only: { type: "string" },
    seconds: { type: "string" },
    old: { type: "string" },
  },
});

if (values.record && values.only !== undefined) {
  throw new Error("--record writes the whole table: leave --only out.");
}

/** All, or those whose numbers are named: `1,4,7`. */
function chosen(): readonly Figure[] {
  const only = values.only?.split(",").map(Number);
  return only === undefined ? FIGURES : FIGURES.filter(({ number }) => only.includes(number));
}

/** One figure that fails leaves the others theirs. */
async function measured({ measure, name, number }: Figure, lab: Lab): Promise<Row[]> {
  const beganMs = performance.now();
  const rows: Row[] = [];
  const add = (row: Row) => {
    rows.push(row);
    console.log(tableOf([[number, [row]]]).split("\n").at(-1));
  };
  try {
    for await (const row of measure(lab)) add(row);
  } catch (fault) {
    console.error(fault);
    const said = fault instanceof Error ? fault.message.split("\n")[0] : String(fault);
    add({ run: name, ours: "failed", goal: said.replaceAll("|", "/").slice(0, 100) });
  }
  console.log(`figure ${number}, ${name}: ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
  return rows;
}

stayOffServerCore();
removeLeftovers();
compile();
const { quick, peer } = values;
const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
const old = values.old === undefined ? undefined : olderProgram(values.old);
const lab = new Lab({ quick, peer, seconds, old });
const beganMs = performance.now();
const how = `middle of ${lab.times} runs of ${lab.seconds} s${quick ? ", quick" : ""}`;
const head = headOf(how);
const rows: [number, Row[]][] = [];
try {
  await lab.pageCache.hold();
  for (const figure of chosen()) {
    rows.push([figure.number, await measured(figure, lab)]);
    // After each, so that a run which is broken off leaves what it has.
    if (values.record) record(`${head}\n\n${tableOf(rows)}`);
  }
} finally {
  lab.pageCache.release();
}
const minutes = (performance.now() - beganMs) / 60_000;
console.log(`\n${head}\n\n${tableOf(rows)}\n\nall in ${minutes.toFixed(1)} min`);
