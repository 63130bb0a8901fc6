import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyValues } from "../../lib/nameserver/key_values.ts";
import { MapStore } from "./fakes.ts";

function table() {
  return new KeyValues(new MapStore(), { entries: 2, valueBytes: 10 });
}

test("entries are put, got, listed and removed by namespace", async () => {
  const values = table();
  await values.put("A", "k", "1");
  await values.put("B", "k", "2");
  assert.equal(values.get("A", "k"), "1");
  assert.deepEqual([...values.ofNamespace("B")], [["k", "2"]]);
  await values.remove("A", "k");
  assert.equal(values.get("A", "k"), undefined);
  assert.equal(values.ofNamespace("A").size, 0);
});

test("a full table takes no new entry, but a new value", async () => {
  const values = table();
  await values.put("A", "k", "1");
  await values.put("A", "l", "1");
  await assert.rejects(values.put("A", "m", "1"), {
    kind: "busy",
    message: /keeps 2 entries, at most 2 \(namesrvKvEntries\)/,
  });
  await values.put("A", "l", "2");
  assert.equal(values.get("A", "l"), "2");
});

test("puts that are under way count too", async () => {
  const values = table();
  const puts = ["k", "l", "m"].map((key) => values.put("A", key, "1"));
  const ended = await Promise.allSettled(puts);
  assert.deepEqual(ended.map((one) => one.status), ["fulfilled", "fulfilled", "rejected"]);
  await values.remove("A", "k");
  await values.put("A", "m", "1");
});

test("names and values have a length", async () => {
  const values = table();
  const invalid = { kind: "parameter-invalid" };
  await assert.rejects(values.put("", "k", "1"), { ...invalid, message: /namespace is empty/ });
  await assert.rejects(values.put("A", "k".repeat(256), "1"), { ...invalid, message: /256/ });
  await assert.rejects(values.put("A", "k", "x".repeat(11)), {
    ...invalid,
    message: /has 11 characters, at most 10 are taken/,
  });
});
