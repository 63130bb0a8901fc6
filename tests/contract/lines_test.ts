import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../lib/port/clock_virtual.ts";
import { MemoryLines } from "../../lib/port/lines_memory.ts";
import { RealLines } from "../../lib/port/lines_real.ts";

test("RealLines: one line each with time and level, whatever the text holds", (t) => {
  const out = t.mock.method(console, "log", () => {});
  const err = t.mock.method(console, "error", () => {});
  const lines = new RealLines(new VirtualClock(0));
  lines.info("group a\r\nb\u001b[31m is new");
  lines.warn("careful");
  lines.error("broken");
  assert.deepEqual(out.mock.calls.map((call) => call.arguments), [
    ["1970-01-01T00:00:00.000Z INFO group a\\u000d\\u000ab\\u001b[31m is new"],
  ]);
  assert.deepEqual(err.mock.calls.map((call) => call.arguments), [
    ["1970-01-01T00:00:00.000Z WARN careful"],
    ["1970-01-01T00:00:00.000Z ERROR broken"],
  ]);
});

test("MemoryLines: keeps the newest lines, by level", () => {
  const lines = new MemoryLines(3);
  lines.info("one");
  lines.warn("two");
  lines.error("three");
  assert.deepEqual(lines.logged("warn"), [{ level: "warn", text: "two" }]);
  assert.ok(lines.has("hre"));
  for (let at = 0; at < 10; at++) lines.info(`more ${at}`);
  assert.deepEqual(lines.logged().map((line) => line.text), ["more 7", "more 8", "more 9"]);
  assert.ok(!lines.has("three"));
  lines.clear();
  assert.deepEqual(lines.logged(), []);
});
