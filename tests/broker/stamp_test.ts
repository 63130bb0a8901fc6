import assert from "node:assert/strict";
import { test } from "node:test";
import {
  brokerProperties,
  scanProperties,
  undelayed,
  withUniqueKey,
} from "../../lib/broker/stamp.ts";
import { formatProperties, parseProperties } from "../../lib/model/properties.ts";
import { isRefusal } from "./refusals.ts";

function text(properties: Record<string, string>): string {
  return formatProperties(new Map(Object.entries(properties)));
}

test("A message's own properties stay as they came, in their order", () => {
  const given = text({ UNIQ_KEY: "K1", TAGS: "TagA", KEYS: "a b", REAL: "x", TRACES: "1" });
  const scan = scanProperties(given);
  assert.equal(scan.kept, given);
  assert.equal(scan.uniqueKey, "K1");
  assert.equal(scan.wait, true);
  assert.deepEqual([scan.wish, scan.isInnerBatch], [undefined, false]);
});

test("What the broker sets itself is taken out", () => {
  const given = text({
    POP_CK: "1 2 3",
    UNIQ_KEY: "K1",
    MSG_REGION: "elsewhere",
    WAIT: "true",
    TRACE_ON: "false",
    TAGS: "t",
    CLUSTER: "other",
  });
  assert.equal(scanProperties(given).kept, text({ UNIQ_KEY: "K1", WAIT: "true", TAGS: "t" }));
});

test("WAIT=false is kept and obeyed", () => {
  const scan = scanProperties(text({ WAIT: "false", TAGS: "t" }));
  assert.equal(scan.wait, false);
  assert.equal(scan.kept, text({ WAIT: "false", TAGS: "t" }));
});

test("A text without its last mark, as 4.9 clients send it, gets one", () => {
  const scan = scanProperties("TAGS\u0001t\u0002UNIQ_KEY\u0001K9");
  assert.equal(scan.uniqueKey, "K9");
  assert.equal(scan.kept, text({ TAGS: "t", UNIQ_KEY: "K9" }));
  assert.equal(scanProperties("").kept, "");
});

test("An empty unique key counts as none", () => {
  const scan = scanProperties(text({ UNIQ_KEY: "", TAGS: "t" }));
  assert.equal(scan.uniqueKey, undefined);
  const made = withUniqueKey(scan.kept, "NEW");
  assert.deepEqual([...parseProperties(made)], [["TAGS", "t"], ["UNIQ_KEY", "NEW"]]);
});

test("Delays, timers, transactions and inner batches are seen, and only they", () => {
  const cases: [Record<string, string>, string | undefined][] = [
    [{ DELAY: "3" }, "delay"],
    [{ DELAY: "0" }, undefined],
    [{ DELAY: "-1" }, undefined],
    [{ TIMER_DELIVER_MS: "9" }, "timer"],
    [{ TIMER_DELAY_SEC: "9" }, "timer"],
    [{ TIMER_DELAY_MS: "9" }, "timer"],
    [{ TRAN_MSG: "true" }, "transaction"],
    [{ TRAN_MSG: "TRUE" }, "transaction"],
    [{ TRAN_MSG: "false" }, undefined],
    [{ INNER_NUM: "2" }, "batch"],
    [{ DELAYED: "3", XDELAY: "3", TAGS: "DELAY" }, undefined],
  ];
  for (const [properties, wanted] of cases) {
    const { wish, isInnerBatch } = scanProperties(text(properties));
    assert.equal(isInnerBatch ? "batch" : wish, wanted, JSON.stringify(properties));
  }
  assert.throws(
    () => scanProperties(text({ DELAY: "soon" })),
    isRefusal("message-illegal", /soon/),
  );
});

test("A dead letter is not delayed again", () => {
  const scan = undelayed(scanProperties(text({ DELAY: "5", TAGS: "t" })));
  assert.equal(scan.kept, text({ TAGS: "t", DELAY: "-1" }));
});

test("The broker's own properties are region, trace switch and cluster", () => {
  const own = brokerProperties({ region: "R", traceOn: true, clusterName: "C" });
  assert.equal(own, text({ MSG_REGION: "R", TRACE_ON: "true", CLUSTER: "C" }));
});
