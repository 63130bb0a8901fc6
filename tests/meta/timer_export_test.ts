import assert from "node:assert/strict";
import { test } from "node:test";
import type { Catalogue } from "../../lib/meta/catalogue.ts";
import { readTimerCheck } from "../../lib/meta/timer_check.ts";
import type { TimerRow } from "../../lib/meta/timer_table.ts";
import { Machine } from "./machine.ts";

const LOG = "/data/timerlog/00000000000000000000";
const NOW = 1_767_225_600_500;
const SECOND = NOW - 500;

/** A unit of upstream's timer log. */
interface Unit {
  readonly at: number;
  readonly before: number;
  readonly magic: number;
  readonly wake: number;
  readonly position: number;
  readonly size: number;
}

function units(machine: Machine, path = LOG): Unit[] {
  const file = machine.disk.open(path, "read");
  assert.equal(file.size(), 100 << 20);
  const view = new DataView(new ArrayBuffer(52));
  const found: Unit[] = [];
  for (let at = 0;; at += 52) {
    file.read(new Uint8Array(view.buffer), at);
    if (view.getInt32(0) !== 52) break;
    const long = (from: number) => Number(view.getBigInt64(from));
    const wake = long(16) + view.getInt32(24);
    const rest = { position: long(28), size: view.getInt32(36) };
    found.push({ at, before: long(4), magic: view.getInt32(12), wake, ...rest });
  }
  file.close();
  return found;
}

function row(wake: number, position: number, kind = 1): TimerRow {
  return { wake, kind, position, size: 100 };
}

/** A catalogue whose table has these rows. */
async function filled(machine: Machine, puts: readonly TimerRow[]): Promise<Catalogue> {
  const catalogue = await machine.open();
  const { timers, delays } = catalogue;
  await machine.until(timers.load());
  const place = { fed: 9, position: 10_000 };
  await machine.until(delays.move(new Map(), timers.writes({ puts, gone: [], place })));
  timers.settle(place);
  return catalogue;
}

test("What waits is a unit of RocketMQ's log, those of one second in a chain", async () => {
  const machine = new Machine();
  const day = 86_400_000;
  const { timerExport } = await filled(machine, [
    row(SECOND - 3_000, 100),
    row(SECOND + 5_001, 200, 0),
    row(SECOND + 5_900, 300),
    row(SECOND + 6_000, 400),
    row(SECOND + 6_001, 500, 2),
    row(SECOND + 8 * day, 600),
  ]);
  const last = { position: 700, size: 70 };
  await machine.until(timerExport.write({ now: NOW, last }));
  const wakes = units(machine).map(({ wake, ...rest }) => ({ after: wake - SECOND, ...rest }));
  assert.deepEqual(wakes, [
    { after: -3_000, at: 0, before: -1, magic: 1, position: 100, size: 100 },
    { after: 5_000, at: 52, before: -1, magic: 5, position: 200, size: 100 },
    { after: 5_899, at: 104, before: 52, magic: 1, position: 300, size: 100 },
    { after: 5_999, at: 156, before: 104, magic: 1, position: 400, size: 100 },
    { after: 6_000, at: 208, before: -1, magic: 3, position: 500, size: 100 },
    { after: 2 * day + 500, at: 260, before: -1, magic: 3, position: 600, size: 100 },
    { after: -4_000, at: 312, before: -1, magic: 1, position: 700, size: 70 },
  ]);
  const check = readTimerCheck(machine.disk, "/data");
  assert.deepEqual(check, { deliveredTo: SECOND - 3_000, takenUpTo: 9 });
});

test("The next start knows its own; what another broker left behind is gone", async () => {
  const machine = new Machine();
  const catalogue = await filled(machine, []);
  machine.disk.makeDirectory("/data/timerlog");
  for (const path of ["/data/timerwheel", "/data/timerwheel.7", LOG]) machine.write(path, "old");
  await machine.until(catalogue.timerExport.write({ now: NOW, last: undefined }));
  assert.deepEqual(readTimerCheck(machine.disk, "/data"), { deliveredTo: SECOND, takenUpTo: 9 });
  const names = machine.disk.list("/data").map(({ name }) => name);
  assert.ok(!names.some((name) => name.startsWith("timer")), names.join());
  await machine.until(catalogue.close());
  const { timers } = await machine.open();
  await machine.until(timers.load());
  assert.deepEqual(timers.place, { fed: 9, position: 10_000 });
});

test("An export that is cut short makes the other broker read from the beginning", async () => {
  const machine = new Machine();
  const { timers, timerExport } = await filled(machine, [row(SECOND + 5_001, 200)]);
  await machine.until(timerExport.write({ now: NOW, last: undefined }));
  const page = timers.page.bind(timers);
  let asked = 0;
  timers.page = (...ask) => asked++ === 0 ? page(...ask) : Promise.reject(new Error("cut"));
  const cut = machine.until(timerExport.write({ now: NOW + 9_000, last: undefined }));
  await assert.rejects(cut, /cut/);
  assert.deepEqual(readTimerCheck(machine.disk, "/data"), { deliveredTo: SECOND, takenUpTo: 9 });
  const file = machine.disk.open("/data/config/timercheck", "read");
  const view = new DataView(new ArrayBuffer(32));
  assert.equal(file.read(new Uint8Array(view.buffer), 0), 32);
  assert.deepEqual([view.getBigInt64(16), view.getBigInt64(24)], [9n, 0n]);
  file.close();
});
