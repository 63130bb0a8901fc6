import assert from "node:assert/strict";
import { test } from "node:test";
import { monthStart, UniqueIds } from "../../lib/broker/unique_ids.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { SeededRandom } from "../../lib/port/random_seeded.ts";

test("An id has address, process, chance, ms of the month and a count", () => {
  const clock = new VirtualClock(Date.UTC(2026, 6, 3, 0, 0, 1));
  const ids = new UniqueIds({ clock, random: new SeededRandom(1), processId: 0x12345 });
  const ip = new Uint8Array([10, 0, 0, 1]);
  const first = ids.next(ip);
  assert.match(first, /^0A0000012345[0-9A-F]{8}0A4CBBE80001$/);
  assert.equal(ids.next(ip).slice(-4), "0002");
  assert.equal(ids.next(new Uint8Array(16)).length, 56);
  const other = new UniqueIds({ clock, random: new SeededRandom(2), processId: 0x12345 });
  assert.notEqual(other.next(ip), first);
});

test("The count wraps without growing the id", () => {
  const clock = new VirtualClock();
  const ids = new UniqueIds({ clock, random: new SeededRandom(1), processId: 1 });
  const ip = new Uint8Array([127, 0, 0, 1]);
  const seen = new Set<string>();
  for (let at = 0; at < 65_536; at++) seen.add(ids.next(ip));
  assert.equal(seen.size, 65_536);
  assert.equal(ids.next(ip).length, 32);
});

test("The first of the month agrees with the calendar for two hundred years", () => {
  for (let year = 1970; year < 2170; year++) {
    for (let month = 0; month < 12; month++) {
      const start = Date.UTC(year, month, 1);
      assert.equal(monthStart(start), start);
      assert.equal(monthStart(start - 1), Date.UTC(year, month - 1, 1));
      assert.equal(monthStart(start + 27.9 * 86_400_000), start);
    }
  }
});
