import assert from "node:assert/strict";
import { test } from "node:test";
import type { FlushMode, Log } from "../../lib/log/log.ts";
import { Refusal } from "../../lib/model/refusal.ts";
import { type DiskFault, failAt } from "../../lib/port/disk_faults.ts";
import { MemoryDisk } from "../../lib/port/disk_memory.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";
import { Ledger } from "./ledger.ts";
import { numbered, Rig } from "./rig.ts";

interface Outcome {
  readonly faults: string[];
  readonly operations: number;
}

/**
 * Runs a workload whose `at`th disk operation fails, then cuts the power and looks what is left.
 */
async function run(
  flush: FlushMode,
  fault: { readonly at: number; readonly how: DiskFault; readonly mode: "once" | "on" },
): Promise<Outcome> {
  const rig = new Rig({ flush });
  const random = new SeededRandom(fault.at);
  rig.disk = new MemoryDisk({ clock: rig.clock, random });
  rig.disk.faults = failAt(fault.at, fault.how, fault.mode);
  const ledger = new Ledger();
  const faults: string[] = [];
  try {
    const log = await rig.open();
    await use(rig, log, ledger);
    faults.push(...readsAfter(log, ledger));
    await rig.turned(log.close());
  } catch (error) {
    if (!(error instanceof Error) || error.message === "") faults.push(`thrown: ${error}`);
  }
  const { operations } = rig.disk;
  rig.disk.faults = undefined;
  rig.disk = flush === "SYNC_FLUSH" ? rig.disk.powerCut(random) : rig.disk.kill();
  const log = await rig.open();
  faults.push(...ledger.faults(log));
  await rig.turned(log.close());
  return { faults, operations };
}

async function use(rig: Rig, log: Log, ledger: Ledger): Promise<void> {
  const jobs = log.jobs();
  for (let round = 0; round < 8; round++) {
    for (let at = 0; at < 4; at++) send(log, ledger, round * 4 + at);
    await rig.clock.settle();
    if (round % 3 === 2) { for (const job of jobs) job.run(rig.clock.monotonic()); }
    await rig.clock.advance(round === 5 ? 11_000 : 1);
  }
}

function send(log: Log, ledger: Ledger, number: number): void {
  const message = numbered(number);
  try {
    const stored = log.append(message);
    const body = new TextDecoder().decode(message.body);
    const id = ledger.noteSent(message.topic, message.queueId, { stored, body });
    log.settled(stored.position + stored.size).then(() => ledger.noteAcked(id), () => {});
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/** While the log lives on, or after it failed, what was acknowledged is still read. */
function readsAfter(log: Log, ledger: Ledger): string[] {
  if (log.failure === undefined) return [];
  const isNamed = /commit log|queue or index|segment|mark/.test(log.failure);
  return isNamed ? [] : [`failure without a reason: ${log.failure} ${ledger.acked}`];
}

const kinds: readonly DiskFault[] = ["EIO", "ENOSPC", "EINTR", "EMFILE", { short: 7 }];

interface Loop {
  readonly flush: FlushMode;
  readonly mode: "once" | "on";
  readonly how: DiskFault;
}

function* loops(): Generator<Loop> {
  for (const flush of ["SYNC_FLUSH", "ASYNC_FLUSH"] as const) {
    for (const mode of ["once", "on"] as const) {
      for (const how of kinds) yield { flush, mode, how };
    }
  }
}

for (const { flush, mode, how } of loops()) {
  const name = typeof how === "string" ? how : "a short one";
  test(`any operation ends in ${name}, ${mode}: no false answer, ${flush}`, async () => {
    const faults: string[] = [];
    const most = (await run(flush, { at: 1e9, how, mode })).operations;
    for (let at = 1; at <= most; at++) {
      const found = (await run(flush, { at, how, mode })).faults;
      for (const text of found) faults.push(`at ${at}: ${text}`);
    }
    assert.deepEqual(faults.slice(0, 10), []);
  });
}
