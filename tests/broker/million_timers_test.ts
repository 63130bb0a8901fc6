import assert from "node:assert/strict";
import { test } from "node:test";
import { TIMER_TOPIC } from "../../lib/broker/timer_times.ts";
import { Timers } from "../../lib/broker/timers.ts";
import { Committer } from "../../lib/meta/committer.ts";
import { TimerTable } from "../../lib/meta/timer_table.ts";
import { formatProperties } from "../../lib/model/properties.ts";
import { encodeRecord, setLong } from "../../lib/model/record.ts";
import { crc32 } from "../../lib/port/checksum.ts";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { MemorySqlite } from "../../lib/port/sqlite_memory.ts";
import { brokerSettings } from "./broker_settings.ts";
import { host } from "./fake_link.ts";
import { incoming } from "./world.ts";

/** A million takes half a minute and no more memory; figure 13 of `bench/` has them. */
const COUNT = 100_000;
const RECORD_BYTES = 512;
/** Timed messages in memory at the most: those read ahead, and those that wait for a save. */
const IN_MEMORY_MOST = 60_000;

/** A log that holds nothing but so many timed messages, made when they are read. */
class TimedLog {
  readonly #record = new Uint8Array(RECORD_BYTES);
  readonly #view = new DataView(this.#record.buffer);
  readonly #dueOf: (at: number) => number;
  readonly #outAt: number;
  readonly #size: number;

  constructor(dueOf: (at: number) => number) {
    this.#dueOf = dueOf;
    const wishes = { TIMER_DELIVER_MS: "1", REAL_TOPIC: "T", REAL_QID: "0" };
    const properties = formatProperties(
      new Map(Object.entries({ ...wishes, TIMER_OUT_MS: "9".repeat(13) })),
    );
    const message = { ...incoming(TIMER_TOPIC, { properties }), storeHost: host("1.2.3.4", 1) };
    const target = { bytes: this.#record, view: this.#view, at: 0 };
    const stamp = { position: 0, offset: 0, storeTimestamp: 0 };
    this.#size = encodeRecord(target, message, stamp, crc32);
    this.#outAt = new TextDecoder("latin1").decode(this.#record).indexOf("9".repeat(13));
  }

  readonly positionMax = COUNT * RECORD_BYTES;

  queue() {
    const size = this.#size;
    return {
      offsetMin: 0,
      offsetMax: COUNT,
      scan(from: number, most: number, visit: (...entry: number[]) => boolean) {
        const end = Math.min(COUNT, from + most);
        for (let at = from; at < end; at++) visit(at, at * RECORD_BYTES, size, 0);
      },
    };
  }

  read(position: number): Uint8Array {
    const out = String(this.#dueOf(position / RECORD_BYTES) - 1);
    for (let at = 0; at < 13; at++) this.#record[this.#outAt + at] = out.charCodeAt(at);
    setLong(this.#view, 28, position);
    return this.#record.subarray(0, this.#size);
  }
}

test("More timed messages than memory keeps wait in the table, and come in time", async () => {
  const clock = new VirtualClock();
  const sqlite = await new MemorySqlite({ clock }).open("/catalogue.db");
  const timerTable = new TimerTable(sqlite, new Committer(sqlite), () => undefined);
  const settle = async <T>(promise: Promise<T>) => {
    await clock.settle();
    return await promise;
  };
  await settle(timerTable.load());
  const now = clock.now();
  const dueOf = (at: number) => now + 3_600_000 + (at * 7_919) % COUNT;
  let [delivered, lastDue] = [0, 0];
  const timers = new Timers({
    log: new TimedLog(dueOf) as never,
    ...{ clock, timerTable, lines: new MemoryLines(), settings: brokerSettings() },
    inlet: {
      deliver: ({ preparedPosition }) => {
        const due = dueOf((preparedPosition - 1) / RECORD_BYTES);
        assert.ok(due >= lastDue && due <= clock.now(), "in order of time, and none early");
        lastDue = due;
        delivered++;
        return { position: 0, size: 0, offset: 0, storeTimestamp: 0 };
      },
    },
    logKeptMs: 72 * 3_600_000,
    wake: () => {},
  });
  const turn = async () => {
    timers.run(clock.monotonic());
    assert.ok(timers.inMemory <= IN_MEMORY_MOST, `${timers.inMemory} in memory`);
    await settle(timers.idle());
    if (!timers.isPressed) return;
    const changes = timers.changes();
    await settle(sqlite.commit(timerTable.writes(changes)));
    timers.saved(changes);
  };
  timers.open({ fed: 0, foundFrom: 0, waiting: new Map() });
  for (let at = 0; at < COUNT / 900; at++) await turn();
  assert.equal(delivered, 0);
  clock.stepWall(3_600_000 + COUNT);
  for (let at = 0; at < COUNT / 400 && delivered < COUNT; at++) await turn();
  assert.equal(delivered, COUNT);
});
